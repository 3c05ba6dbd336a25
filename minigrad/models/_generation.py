"""Sequences that a model writes itself: from scores to the next token, and that token back in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from minigrad.creation import tensor
from minigrad.errors import DTypeError, ShapeError
from minigrad.nn import Module
from minigrad.nn.utils import evaluating
from minigrad.random import Generator, default_generator
from minigrad.tape import no_grad
from minigrad.tensor import Tensor


def choose(scores: Any, temperature: float, top_k: int | None, generator: Generator | None) -> numpy.ndarray:
    r"""For each row of scores (logits) one token, drawn with the probabilities :math:`\mathrm{softmax}(s / T)`.

    A temperature T below 1 prefers what is likely, and at 0, its limit, the likeliest is taken and nothing is drawn. With
    `top_k` only the k highest scores take part. The draw turns the distribution around: of the sums
    :math:`p_0, p_0 + p_1, \dots` it takes the first above a number that is uniform in 0 to 1.

    Shapes: (N, V) to (N,).
    """
    scores = numpy.array(scores, numpy.float64)
    if temperature == 0:
        return scores.argmax(-1)
    scores /= temperature
    if top_k is not None and top_k < scores.shape[-1]:
        least = numpy.partition(scores, -top_k)[:, -top_k, None]
        scores[scores < least] = -numpy.inf
    heights = numpy.exp(scores - scores.max(-1, keepdims=True)).cumsum(-1)
    stream = (generator or default_generator()).stream
    return (heights <= stream.random((len(scores), 1)) * heights[:, -1:]).sum(-1)


def extend(
    model: Module,
    score: Callable[[Tensor, Tensor], Any],
    tokens: Any,
    count: int,
    temperature: float,
    top_k: int | None,
    generator: Generator | None,
) -> Tensor:
    """`tokens` and `count` more, in evaluation mode and without gradients, on the model's device.

    `score` is given all tokens so far and those of them that are new, both (N, …), and gives the scores (N, V) of the next.
    """
    _check(model, temperature, top_k)
    place = next((p.device for p in model.parameters()), None)
    given = numpy.asarray(tokens.cpu() if isinstance(tokens, Tensor) else tokens)
    if given.ndim not in (1, 2) or not given.size or given.dtype.kind not in "iu":
        raise ShapeError(
            f"{type(model).__name__}: there is nothing to go on from.",
            got=f"shape {given.shape}, {given.dtype}",
            expected="integers, (L,) or (N, L), at least one of them",
            hint="tokens=[0] to begin with the token 0",
        )
    everything = new = numpy.atleast_2d(given).astype(numpy.int64)
    with evaluating(model), no_grad():
        for _ in range(count):
            scores = score(tensor(everything, device=place), tensor(new, device=place))
            new = choose(scores.cpu().numpy(), temperature, top_k, generator)[:, None]
            everything = numpy.concatenate([everything, new], axis=1)
    return tensor(everything.reshape(*given.shape[:-1], -1), device=place)


def _check(model: Module, temperature: float, top_k: int | None) -> None:
    if not temperature >= 0 or (top_k is not None and top_k < 1):
        raise DTypeError(
            f"{type(model).__name__}: nothing can be drawn with these options.",
            got=f"temperature={temperature}, top_k={top_k}",
            expected="a temperature of at least 0, and top_k=None or at least 1",
            hint="temperature=0 for the likeliest token each time",
        )
