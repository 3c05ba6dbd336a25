"""Gradients that are too long are shortened: between `loss.backward()` and `optimizer.step()`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minigrad import ops
from minigrad.creation import zeros
from minigrad.errors import AnomalyError
from minigrad.tape import no_grad
from minigrad.tensor import Tensor


def get_total_norm(
    tensors: Tensor | Iterable[Tensor], norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """The norm of all tensors together, as if they were one long vector: the norm of their norms.

    Errors: AnomalyError for an infinite one or NaN, if `error_if_nonfinite`.
    """
    found = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if not found:
        return zeros(())
    norm_type = float(norm_type)
    total = ops.norm(ops.stack([ops.norm(x, p=norm_type) for x in found]), p=norm_type)
    if error_if_nonfinite and not float(total) < float("inf"):
        raise AnomalyError(
            "clip_grad_norm_: the gradients have no finite norm, so nothing can be clipped by it.",
            got=f"{float(total)}",
            expected="a number",
            hint="with minigrad.detect_anomaly(): finds the operation; error_if_nonfinite=False goes on",
        )
    return total


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    r"""Scale all gradients together so that their norm is at most `max_norm`; returns the norm that they had.

    All are multiplied by :math:`\min(1, m / (\lVert g \rVert + 10^{-6}))`: the direction of the step stays.

    Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks" (2013), algorithm 1.
    """
    gradients = _gradients(parameters)
    with no_grad():
        total = get_total_norm(gradients, norm_type, error_if_nonfinite)
        scale: Any = ops.clamp(float(max_norm) / (total + 1e-6), max=1.0)
        for g in gradients:
            g.mul_(scale.to(g.dtype))  # type: ignore[attr-defined]
    return total


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Cut each number of each gradient off at `-clip_value` and `clip_value`: the direction may change."""
    with no_grad():
        for g in _gradients(parameters):
            g.copy_(ops.clamp(g, min=-float(clip_value), max=float(clip_value)))  # type: ignore[attr-defined]


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    found = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in found if p.grad is not None]
