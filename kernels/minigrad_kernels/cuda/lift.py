"""Lifting: a function of numbers becomes a kernel that applies it to every element, one thread for each.

The operands may have any shapes that can be broadcast together, and any strides. The kernel is a text with the loops that
they need: axes along which all operands step alike become one, and an operand does not take part in an axis along which it
repeats itself. For x0 of shape (m, n) and x1 of shape (n,) it is

    def kernel(z, x0, x1, count, n_j):
        for n in range(cuda.grid(1), count, cuda.gridsize(1)):
            j = n % n_j
            z[n] = function(x0[n], x1[j])

Neighbouring threads take neighbouring elements, so a warp reads its 32 floats in one transaction of 128 bytes. Where all
arrays are float32 and lie in order, a thread takes four neighbours at once (`vectors`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy
from numba import cuda

from minigrad_kernels.cuda.array import Array
from minigrad_kernels.cuda.launch import Kernel, blocks_for, map_threads
from minigrad_kernels.cuda.vectors import load4, store4


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
    threads = map_threads()
    if _in_fours([target, *handles], [pattern, *(p for p in patterns if p)], compute):
        run = _kernel_of_fours(function, tuple(p is not None for p in patterns), len(numbers))
        run[blocks_for(-(-out.size // 4), threads), threads](target, *handles, *numbers, out.size)
    else:
        run = _kernel(function, len(lengths), pattern, tuple(patterns), len(numbers))
        run[blocks_for(out.size, threads), threads](target, *handles, *numbers, out.size, *lengths[1:])


def _in_fours(arrays: list[Any], patterns: list[Any], compute: numpy.dtype) -> bool:
    """Whether all arrays are float32, in the order of their elements, and begin where four of them may be read at once."""
    return (
        compute == numpy.float32
        and all(p in ("whole", ("whole", None)) for p in patterns)
        and all(x.dtype == compute and not x.address % 16 for x in arrays if type(x) is Array)
    )


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
    return _loaded(kernel_text(axes, target, patterns, numbers), function)


@lru_cache(maxsize=4096)
def _kernel_of_fours(function: Callable, arrays: tuple[bool, ...], numbers: int) -> Kernel:
    return _loaded(text_of_fours(arrays, numbers), function)


def text_of_fours(arrays: tuple[bool, ...], numbers: int = 0) -> str:
    """The text of the kernel whose threads take four neighbouring elements each; what is left over, one each."""
    names = [f"x{n}" for n in range(len(arrays))]
    extra = [f"a{n}" for n in range(numbers)]

    def call(values: list[str]) -> str:
        return f"function({', '.join([*values, *extra])})"

    loads = [
        f"        {', '.join(f'{x}_{i}' for i in range(4))} = load4({x}, n)" for x, array in zip(names, arrays) if array
    ]
    fours = [call([f"{x}_{i}" if array else x for x, array in zip(names, arrays)]) for i in range(4)]
    single = call([f"{x}[n]" if array else x for x, array in zip(names, arrays)])
    return "\n".join(
        [
            f"def kernel({', '.join(['z', *names, *extra, 'count'])}):",
            "    for n in range(4 * cuda.grid(1), count - 3, 4 * cuda.gridsize(1)):",
            *loads,
            f"        store4(z, n, {', '.join(fours)})",
            "    n = count - count % 4 + cuda.grid(1)",
            "    if n < count:",
            f"        z[n] = {single}",
            "",
        ]
    )


def _loaded(text: str, function: Callable) -> Kernel:
    """The kernel of a text in which `function` is the function that it lifts."""
    names: dict[str, Any] = {"cuda": cuda, "function": function, "numpy": numpy, "load4": load4, "store4": store4}
    exec(compile(text, "<minigrad: elementwise>", "exec"), names)
    made = Kernel(names["kernel"], (), ())
    name = getattr(function, "__name__", "").lstrip("_")
    made.__name__ = name if name.isidentifier() else "kernel"  # listeners tell of `relu`, not of one kernel among many
    return made


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
