"""Elementwise operations: one thread for each element, from operands of any shapes that can be broadcast together.

A scalar function is lifted by a text with the loops that these operands need. Axes along which all operands step alike
become one, and an operand does not take part in an axis along which it repeats itself; for x of shape (m, n) and y of
shape (n,) it is

    def kernel(z, x0, x1, count, n_j):
        for n in range(cuda.grid(1), count, cuda.gridsize(1)):
            j = n % n_j
            z[n] = function(x0[n], x1[j])

Neighbouring threads take neighbouring elements, so a warp reads its 32 floats in one transaction of 128 bytes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple

import numpy
from numba import cuda

from minigrad_kernels import scalar
from minigrad_kernels.cuda import whole
from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.intrinsics import nearest_integer
from minigrad_kernels.cuda.launch import Kernel, blocks_for, device, map_threads
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


def apply(function: Callable, out: Array, operands: list[Any], compute: numpy.dtype, numbers: tuple = ()) -> None:
    """out = function(*operands, *numbers), element by element; arrays are broadcast to the shape of `out`."""
    if not out.size:
        return
    layouts = [x.layout for x in operands if type(x) is Array]
    lengths, (strides, *steps) = collapse(out.shape, [out.layout, *layouts])
    taken = iter(zip(layouts, steps, strict=True))
    handles, patterns = [], []
    for x in operands:
        if type(x) is not Array:
            handles.append(x)
            patterns.append(None)
            continue
        layout, step = next(taken)
        array, pattern = _as_loops(x, layout, step, lengths)
        handles.append(array)
        patterns.append((pattern, None if x.dtype == compute else compute.name))
    target, pattern = _as_loops(out, out.layout, strides, lengths)
    run = _kernel(function, len(lengths), pattern, tuple(patterns), len(numbers))
    threads = map_threads()
    run[blocks_for(out.size, threads), threads](target, *handles, *numbers, out.size, *lengths[1:])


def collapse(shape: tuple[int, ...], layouts: list[numpy.ndarray]) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """As few loops as possible over `shape`: their lengths, and for each layout its stride in bytes along each.

    Neighbouring axes become one where every layout steps from the end of the inner one to the next of the outer.
    """
    spread = [(0,) * (len(shape) - x.ndim) + x.strides for x in layouts]
    ones = [(1,) * (len(shape) - x.ndim) + x.shape for x in layouts]
    lengths: list[int] = []
    steps: list[list[int]] = []
    for axis, n in enumerate(shape):
        if n == 1:
            continue
        step = [0 if o[axis] == 1 else s[axis] for s, o in zip(spread, ones, strict=True)]
        if lengths and all(before == now * n for before, now in zip(steps[-1], step, strict=True)):
            lengths[-1] *= n
            steps[-1] = step
        else:
            lengths.append(n)
            steps.append(step)
    return tuple(lengths), [tuple(step[i] for step in steps) for i in range(len(layouts))]


def _as_loops(
    x: Array, layout: numpy.ndarray, steps: tuple[int, ...], lengths: tuple[int, ...]
) -> tuple[Array, tuple[int, ...] | str]:
    """The array with an axis for each loop along which it varies; and these loops, or "whole" where it goes along with
    the count of elements."""
    varies = tuple(i for i, step in enumerate(steps) if step)
    shape = tuple(lengths[i] for i in varies)
    if layout.flags.c_contiguous and len(varies) == len(lengths):
        flat = layout.reshape(-1)
        return (x if flat.shape == x.shape else x.view(flat)), "whole"
    strides = tuple(steps[i] for i in varies)
    loops = numpy.lib.stride_tricks.as_strided(layout, shape or (1,), strides or (layout.itemsize,))
    return x.view(loops), varies


_LETTERS = "ijklmnop"


@lru_cache(maxsize=4096)
def _kernel(function: Callable, axes: int, target: Any, patterns: tuple, numbers: int) -> Kernel:
    """The kernel for these loops: `target` and `patterns` say how each array is indexed, None stands for a number."""
    text = kernel_text(axes, target, patterns, numbers)
    names: dict[str, Any] = {"cuda": cuda, "function": function, "numpy": numpy}
    exec(compile(text, "<minigrad: elementwise>", "exec"), names)
    return Kernel(names["kernel"], (), ())


def kernel_text(axes: int, target: Any, patterns: tuple, numbers: int = 0) -> str:
    """The text of the kernel that lifts `function` over so many axes."""
    letters = _LETTERS[:axes]
    names = [f"x{n}" for n in range(len(patterns))]
    extra = [f"a{n}" for n in range(numbers)]
    used = {axis for p in (target, *(p[0] for p in patterns if p)) if p != "whole" for axis in p}
    lines = []
    rest = "n"
    for axis in reversed(range(1, axes)):
        if axis in used:
            lines.append(f"{letters[axis]} = {rest} % n_{letters[axis]}")
        if any(other < axis for other in used):
            lines.append(f"rest{axis} = {rest} // n_{letters[axis]}")
            rest = f"rest{axis}"
    if 0 in used:
        lines.append(f"{letters[0]} = {rest}")

    def element(name: str, pattern: Any) -> str:
        return f"{name}[n]" if pattern == "whole" else f"{name}[{', '.join(letters[a] for a in pattern) or 0}]"

    values = []
    for name, pattern in zip(names, patterns, strict=True):
        if pattern is None:
            values.append(name)
            continue
        text, wanted = element(name, pattern[0]), pattern[1]
        values.append(text if wanted is None else f"({text} != 0)" if wanted == "bool" else f"numpy.{wanted}({text})")
    lengths = [f"n_{letter}" for letter in letters[1:]]
    return "\n".join(
        [
            f"def kernel({', '.join(['z', *names, *extra, 'count', *lengths])}):",
            "    for n in range(cuda.grid(1), count, cuda.gridsize(1)):",
            *(f"        {line}" for line in lines),
            f"        {element('z', target)} = function({', '.join([*values, *extra])})",
            "",
        ]
    )


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
