"""What a batch is: inputs and target, and how many examples they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy

from minigrad.creation import as_tensor
from minigrad.errors import DTypeError
from minigrad.tensor import Tensor

TARGET = "target"


def parts(batch: Any, device: Any = None) -> tuple[Any, Any]:
    """The inputs and the target of a batch: a pair; of more, the last is the target; of a dictionary, "target" is.

    Arrays become tensors, which share their memory; with a device, tensors are carried there.
    Errors: DTypeError for what is neither.
    """
    if isinstance(batch, (tuple, list)) and len(batch) >= 2:
        *inputs, y = batch
        x = inputs[0] if len(inputs) == 1 else tuple(inputs)
    elif isinstance(batch, Mapping) and TARGET in batch and len(batch) > 1:
        x, y = {name: value for name, value in batch.items() if name != TARGET}, batch[TARGET]
    else:
        got = f"a dictionary of {', '.join(map(repr, batch))}" if isinstance(batch, Mapping) else type(batch).__name__
        raise DTypeError(
            "fit: a batch is inputs and a target.",
            got=got if not isinstance(batch, (tuple, list)) else f"a {got} of {len(batch)}",
            expected=f"(x, y), (x1, x2, …, y), or a dictionary with {TARGET!r}",
            hint="(x, x) where the input is the target, as for an autoencoder",
        )
    return tensors(x, device), tensors(y, device)


def tensors(x: Any, device: Any = None) -> Any:
    """The same with tensors in the place of arrays, on the device if one is named."""
    if isinstance(x, Tensor):
        return x if device is None else x.to(device=device)
    if isinstance(x, (numpy.ndarray, numpy.generic)):
        return as_tensor(x, device=device)
    if isinstance(x, Mapping):
        return {name: tensors(value, device) for name, value in x.items()}
    if device is not None and hasattr(x, "to"):  # such as a packed sequence
        return x.to(device=device)
    return tuple(tensors(value, device) for value in x) if type(x) in (tuple, list) else x


def predict(model: Any, x: Any) -> Any:
    """The model's answer: several inputs by position, those of a dictionary by keyword."""
    if isinstance(x, Tensor):
        return model(x)
    if isinstance(x, dict):
        return model(**x)
    return model(*x) if type(x) is tuple else model(x)  # a named tuple, such as a packed sequence, is one input


def size(x: Any) -> int:
    """How many examples: the length of the first tensor; 1 where there is none."""
    while isinstance(x, (dict, tuple, list)) and x:
        x = next(iter(x.values() if isinstance(x, dict) else x))
    shape = getattr(x, "shape", None)
    return shape[0] if shape else 1


def is_mean(loss_function: Any) -> bool:
    """Whether its result is the mean over a batch; otherwise it is the sum."""
    return getattr(loss_function, "reduction", "mean") != "sum"


def grouped(batches: Iterable[Any], count: int) -> Iterator[list[Any]]:
    """So many at a time; at the end as many as are left."""
    iterator = iter(batches)
    while group := list(islice(iterator, count)):
        yield group


def detached(prediction: Any) -> Any:
    """The same without its history."""
    if isinstance(prediction, (tuple, list)):
        return type(prediction)(map(detached, prediction))
    return prediction.detach() if hasattr(prediction, "detach") else prediction
