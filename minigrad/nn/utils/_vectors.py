"""All parameters of a model as one long vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from minigrad import ops
from minigrad.errors import ShapeError
from minigrad.tape import no_grad
from minigrad.tensor import Tensor


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The parameters, each laid out in a row, one after another; gradients pass through."""
    return ops.cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Copy the parts of a vector into the parameters, in their order.

    Errors: ShapeError if it has not as many numbers as they have, with nothing copied.
    """
    found = list(parameters)
    count = sum(p.numel() for p in found)
    if vec.shape != (count,):
        raise ShapeError(
            "vector_to_parameters: the vector is not these parameters laid out in a row.",
            got=f"shape {tuple(vec.shape)}",
            expected=f"shape {(count,)}",
            hint="parameters_to_vector(model.parameters()) of the same model",
        )
    with no_grad():
        start = 0
        for p in found:
            p.copy_(vec[start : start + p.numel()].reshape(p.shape))  # type: ignore[attr-defined]
            start += p.numel()
