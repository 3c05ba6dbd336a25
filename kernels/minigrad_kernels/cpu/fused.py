"""Regions compiled for the CPU: from the generator's text to a function on arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from types import ModuleType
from typing import Any

import numpy

from minigrad_kernels.fuse import PLAIN, NotFusible, Region, collapse, source
from minigrad_kernels.pool import empty

# Beyond 2^45 their scalar functions give NaN: their own loops look at the array first, and ask NumPy if they must.
_LIMITED = frozenset(("sin", "cos", "tan"))


class Fused:
    """A region as a function of contiguous arrays: `fused(arrays, numbers)` returns the list of outputs.

    The kernel is compiled, or loaded from the disk, when it is first called.

    Attributes:
        source: the text of the kernel.
        takes: the shape in which it takes each input: the same elements with an axis for each loop; () for a number.
        gives: for each output its shape, its dtype, and the shape in which the kernel takes it.

    Errors: NotFusible.
    """

    def __init__(self, region: Region):
        collapsed, lengths = collapse(region)
        self.region, self.source = region, self._written(collapsed, lengths)
        steps = {step.name: step for step in region.steps}
        varies = {value.name: value.shape for value in (*collapsed.inputs, *collapsed.steps)}

        def loops(name: str) -> tuple[int, ...]:
            return tuple(n for n, one in zip(lengths, varies[name], strict=True) if one)

        self.takes = [loops(x.name) for x in region.inputs]
        self.gives = [
            (steps[name].shape, numpy.dtype(bool if steps[name].boolean else region.dtype), loops(name) or (1,))
            for name in region.outputs
        ]
        self._kernel: Callable | None = None

    def _written(self, collapsed: Region, lengths: tuple[int, ...]) -> str:
        return _text(collapsed)

    def compiled(self) -> Callable:
        """The kernel itself, for who has arrays of just these shapes: `f(*inputs, *numbers, *outputs)`."""
        if self._kernel is None:
            self._kernel = _compiled(self.source)
        return self._kernel

    def __call__(self, arrays: Sequence[Any], numbers: Sequence[float] = ()) -> list[Any]:
        inputs = [
            fit(x, x_in.shape).reshape(shape) if shape else x.item(0)
            for x, x_in, shape in zip(arrays, self.region.inputs, self.takes, strict=True)
        ]
        outputs = [empty(shape, dtype) for shape, dtype, _ in self.gives]
        self.compiled()(
            *inputs, *numbers, *[z.reshape(loops) for z, (_, _, loops) in zip(outputs, self.gives, strict=True)]
        )
        return outputs


def varying_shape(x: Any) -> tuple[int, ...]:
    """The shape of an array, with 1 for an axis along which it repeats itself by a stride of 0."""
    if x.flags.c_contiguous:
        return x.shape
    return tuple(1 if stride == 0 else n for n, stride in zip(x.shape, x.strides, strict=True))


def fit(x: Any, shape: tuple[int, ...]) -> Any:
    """The array without its repetitions, so that its shape (padded in front) is `shape`, and with memory in order."""
    if x.size != math.prod(shape):
        shape = shape[len(shape) - x.ndim :]
        x = x[tuple(slice(0, 1) if n == 1 else slice(None) for n in shape)]
    return x if x.flags.carray else numpy.array(x, order="C")


@lru_cache(maxsize=1024)
def _text(region: Region) -> str:
    return source(region, scalar_functions())


@cache
def scalar_functions() -> dict[str, str]:
    """For each operation with a scalar function of its name: the module that function stands in."""
    try:
        from minigrad_kernels import scalar
    except ImportError:
        raise NotFusible("Numba is not installed") from None
    return {
        name: function.py_func.__module__ for name, function in scalar.FUNCTIONS.items() if function.__name__ == name
    }


def find_scalar(name: str, parameters: dict[str, Any]) -> tuple[str, tuple[float, ...]] | None:
    """For a call of an operation: the name of its scalar function and the numbers that follow the inputs, or None."""
    functions = scalar_functions()
    from minigrad_kernels.scalar import find

    found = find(name, parameters) if name not in _LIMITED else None
    return found if found is not None and (found[0] in functions or found[0] in PLAIN) else None


@cache
def _compiled(text: str) -> Callable:
    from minigrad_kernels.cpu.compile import compile_loop
    from minigrad_kernels.cpu.generated import load

    module: ModuleType = load("fused", text)
    return compile_loop(module.kernel, "fused", numpy.dtype("float32"), apart=True)
