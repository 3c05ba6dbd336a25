"""What many layers say the same way: an axis, a factor lined up with an axis, a gradient by the rule of an operation."""

from __future__ import annotations

import math
from types import FunctionType
from typing import Any

import numpy

from minigrad.caffe.blob import Blob
from minigrad.caffe.layer import Layer
from minigrad.op import OPS


def gradient(name: str, place: int, g: Any, z: Any, *inputs: Any, **parameters: Any) -> numpy.ndarray:
    """The gradient of one input of an operation, by its rule, called with arrays: `x`, `z` and `g` in, numbers out."""
    part = OPS[name].rule(g, z, *inputs, **parameters)[place]  # type: ignore[misc]
    return part() if isinstance(part, FunctionType) else part


def canonical(layer: Layer, axis: int, blob: Blob, name: str = "axis") -> int:
    """An axis counted from the front. Errors: CaffeError if the blob has no such axis."""
    ndim = len(blob.shape)
    if not -ndim <= axis < ndim:
        raise layer.error(
            f"is given an axis that its bottom does not have, {name}: {axis}.",
            got=f"a bottom of shape {blob.shape}",
            expected=f"{-ndim} to {ndim - 1}",
            hint="1 is the axis of the channels; negative axes count from the end",
        )
    return axis % ndim


def count(shape: tuple[int, ...], start: int = 0, end: int | None = None) -> int:
    """The product of the sizes from one axis up to another."""
    return math.prod(shape[start:end])


def along(factor: numpy.ndarray, axis: int, ndim: int) -> numpy.ndarray:
    """A factor whose first axis lies along `axis` of something with `ndim` axes, so that they broadcast."""
    return factor.reshape(*factor.shape, *(1,) * (ndim - axis - factor.ndim))


def summed(values: numpy.ndarray, axis: int, ndim: int) -> numpy.ndarray:
    """The sum over all axes but `ndim` ones from `axis` on: the gradient of a factor that was put along them."""
    return values.sum(axis=(*range(axis), *range(axis + ndim, values.ndim)))
