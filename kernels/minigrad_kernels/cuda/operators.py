"""Python's operators on arrays of the device, and what else of NumPy's arrays gradient rules are written with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minigrad_kernels.cuda.array import Array
from minigrad_kernels.cuda.elementwise import elementwise
from minigrad_kernels.cuda.indexing import getitem
from minigrad_kernels.cuda.matmul import matmul
from minigrad_kernels.cuda.reduce import TABLE as REDUCTIONS
from minigrad_kernels.cuda.transfer import to_numpy
from minigrad_kernels.cuda.views import reshape

_BINARY = {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "floordiv": "floor_divide", "mod": "remainder", "pow": "pow",
    "and": "logical_and", "or": "logical_or", "xor": "logical_xor",
}  # fmt: skip
_COMPARED = ("eq", "ne", "lt", "le", "gt", "ge")
_UNARY = {"neg": "neg", "abs": "abs", "invert": "logical_not"}


def _operator(name: str) -> Callable[[Array, Any], Array]:
    return lambda x, y: elementwise(name, x, y)


def _reflected(name: str) -> Callable[[Array, Any], Array]:
    return lambda x, y: elementwise(name, y, x)


def _unary(name: str) -> Callable[[Array], Array]:
    return lambda x: elementwise(name, x)


for _python, _name in _BINARY.items():
    setattr(Array, f"__{_python}__", _operator(_name))
    setattr(Array, f"__r{_python}__", _reflected(_name))
for _name in _COMPARED:
    setattr(Array, f"__{_name}__", _operator(_name))
for _python, _name in _UNARY.items():
    setattr(Array, f"__{_python}__", _unary(_name))
Array.__matmul__ = lambda x, y: matmul(x, y)  # type: ignore[attr-defined]
Array.__getitem__ = lambda x, index: getitem(x, index=index)  # type: ignore[attr-defined]
Array.any = lambda x: bool(to_numpy(REDUCTIONS["any"](x)))  # type: ignore[attr-defined]  # waits for the GPU
Array.reshape = lambda x, shape: reshape(x, shape=shape)  # type: ignore[attr-defined]
Array.T = property(lambda x: x.view(x.layout.T))  # type: ignore[attr-defined]
Array.mT = property(lambda x: x.view(x.layout.mT))  # type: ignore[attr-defined]
Array.__hash__ = object.__hash__  # type: ignore[method-assign]  # by identity, as `==` compares elements
