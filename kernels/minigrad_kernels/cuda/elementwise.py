"""Elementwise operations: which function of numbers an operation lifts, and in which dtype it computes.

The dtypes are those that the reference gives; the kernels are written by `lift`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import numpy

from minigrad_kernels import scalar
from minigrad_kernels.cuda import whole
from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.intrinsics import nearest_integer
from minigrad_kernels.cuda.launch import device
from minigrad_kernels.cuda.lift import apply
from minigrad_kernels.cuda.scalars import scalar_function
from minigrad_kernels.numpy import TABLE as REFERENCE
from minigrad_kernels.numpy import elementwise as numpy_elementwise

_NUMBERS = (bool, int, float, numpy.generic)


class Formula(NamedTuple):
    """What is computed for an element, in which dtype, and the dtype of the result."""

    function: Callable
    compute: numpy.dtype
    result: numpy.dtype
    numbers: tuple[float, ...]


def elementwise(name: str, *args: Any, out: Array | None = None, **parameters: Any) -> Array:
    """The operation `name` on arrays and numbers; `out` is where to write, else a new array."""
    arrays = [x for x in args if type(x) is Array]
    shape = arrays[0].shape
    if any(x.shape != shape for x in arrays[1:]):
        shape = numpy.broadcast_shapes(*(x.shape for x in arrays))
    formula = _formula(name, tuple(_kind(name, x) for x in args), tuple(parameters.items()))
    if out is None:
        out = empty(shape, formula.result)
    operands = [x if type(x) is Array else _number(x, formula.compute) for x in args]
    apply(formula.function, out, operands, formula.compute, formula.numbers)
    return out


def _kind(name: str, x: Any) -> Any:
    """What decides about dtypes: an array's dtype; a number's type."""
    if type(x) is Array:
        return x.dtype
    if isinstance(x, _NUMBERS):
        return type(x)
    raise TypeError(f"{name}: cannot take {type(x).__name__} beside an array on the device 'cuda'")


def _number(x: Any, dtype: numpy.dtype) -> Any:
    return dtype.type(x)


@cache
def _formula(name: str, kinds: tuple, parameters: tuple) -> Formula:
    """The dtypes are those that the reference gives: it is asked, with arrays of no elements."""
    samples = [numpy.empty(0, k) if isinstance(k, numpy.dtype) else k(1) for k in kinds]
    result = numpy.asarray(REFERENCE[name](*samples, **dict(parameters))).dtype
    compute = numpy.result_type(*samples[1 if name == "where" else 0 :])
    if result.kind == "f":
        compute = result
    elif name.startswith("is") and compute.kind != "f":
        compute = numpy.dtype("float64")
    elif name.startswith("logical"):
        compute = numpy.dtype(bool)
    given = _defaults(name) | dict(parameters)
    if name == "cast":
        return Formula(_cast_to(result), kinds[0], result, ())
    if compute.kind != "f" and name in whole.FUNCTIONS:
        return Formula(whole.FUNCTIONS[name], compute, result, whole.numbers(name, given, compute))
    if name == "round" and given["decimals"]:
        power = compute.type(10.0 ** abs(given["decimals"]))
        return Formula(_to_decimals if given["decimals"] > 0 else _to_tens, compute, result, (power,))
    found = ("remainder", ()) if name == "remainder" else ("floor_divide", ()) if name == "floor_divide" else None
    function, numbers = found or scalar.find(name, given) or (name, ())
    return Formula(scalar_function(function), compute, result, tuple(compute.type(a) for a in numbers))


@cache
def _defaults(name: str) -> dict[str, Any]:
    """The parameters of an operation and their defaults, in its own order, as the reference has them."""
    if isinstance(REFERENCE[name], numpy.ufunc):
        return {}
    parameters = inspect.signature(REFERENCE[name]).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


@cache
def _cast_to(dtype: numpy.dtype) -> Callable:
    text = "lambda x: x != 0" if dtype.kind == "b" else f"lambda x: numpy.{dtype.name}(x)"
    return device(eval(text, {"numpy": numpy}))


@device
def _to_decimals(x, power):
    return nearest_integer(x * power) / power


@device
def _to_tens(x, power):
    return nearest_integer(x / power) * power


def contiguous(x: Array) -> Array:
    """The array itself if its elements lie in the order in which they are counted, else a copy of which that is true."""
    return x if x.is_contiguous else elementwise("clone", x)


def write(target: Array, value: Any) -> Array:
    """Overwrite the elements of `target` by those of `value` (an array or a number), cast and broadcast."""
    if type(value) is Array and value.block is target.block:
        value = elementwise("clone", value)  # it may overlap: no thread may read what another has written
    if type(value) is Array:
        apply(_cast_to(target.dtype), target, [value], value.dtype)
    else:
        apply(scalar_function("clone"), target, [target.dtype.type(value)], target.dtype)
    return target


TABLE = {name: partial(elementwise, name) for name in numpy_elementwise.TABLE}
