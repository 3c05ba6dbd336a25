"""The reader's kernel as it is traced: the same code, with noting versions of what it calls."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy

from minigrad_widgets.tracing.arrays import Session, TracedArray
from minigrad_widgets.tracing.elements import Counted

MAKERS = ("empty", "zeros", "ones", "full", "empty_like", "zeros_like", "ones_like", "full_like")


def plain(kernel: Any) -> types.FunctionType:
    """The Python function of a kernel: of one compiled by Numba the one that it was compiled from.

    Errors: TypeError for what has none.
    """
    function = getattr(kernel, "py_func", kernel)
    if not isinstance(function, types.FunctionType):
        raise TypeError(
            "trace: this is not a function written in Python, so there are no loops to follow.\n"
            f"  got:      {type(kernel).__name__}\n"
            "  expected: a function of yours, plain or under @njit\n"
            "  try:      def kernel(x, z): for i in range(len(x)): z[i] = …"
        )
    return function


class Rebuilder:
    """Makes functions anew: NumPy, math and the helpers beside them are replaced by ones that note."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.made: dict[int, Any] = {}

    def function(self, function: types.FunctionType) -> types.FunctionType:
        """The same function in a world of noting ones."""
        if id(function) in self.made:
            return self.made[id(function)]
        names: dict[str, Any] = dict(function.__globals__)
        cells = None if function.__closure__ is None else tuple(types.CellType() for _ in function.__closure__)
        made = types.FunctionType(function.__code__, names, function.__name__, function.__defaults__, cells)
        made.__kwdefaults__ = function.__kwdefaults__
        self.made[id(function)] = made
        for name in _names(function.__code__):
            if name in names:
                names[name] = self.replaced(names[name], function)
        for cell, old in zip(cells or (), function.__closure__ or ()):
            cell.cell_contents = self.replaced(old.cell_contents, function)
        return made

    def replaced(self, value: Any, user: types.FunctionType) -> Any:
        """What a function sees in place of `value`."""
        if id(value) in self.made:
            return self.made[id(value)]
        helper = getattr(value, "py_func", value)
        if isinstance(helper, types.FunctionType) and helper.__module__ == user.__module__:
            return self.function(helper)
        return self.noting(value)

    def noting(self, value: Any) -> Any:
        """A module whose functions note; a function of numbers that does."""
        if isinstance(value, types.ModuleType):
            return _Module(value, self)
        name = getattr(value, "__name__", "")
        if name in MAKERS and getattr(numpy, name) is value:
            return self._maker(value)
        of_math = isinstance(value, types.BuiltinFunctionType) and value.__module__ == "math"
        if of_math or isinstance(value, numpy.ufunc) or hasattr(value, "py_func"):
            return Counted(value, name)
        return value

    def _maker(self, function: Callable[..., Any]) -> Callable[..., TracedArray]:
        def make(shape: Any, *more: Any, **keywords: Any) -> TracedArray:
            like = shape.values if isinstance(shape, TracedArray) else shape
            return self.session.make(numpy.asarray(function(like, *more, **keywords)))

        return make


class _Module:
    """A module, NumPy or math above all, with noting functions."""

    def __init__(self, module: types.ModuleType, rebuilder: Rebuilder) -> None:
        self._module, self._rebuilder = module, rebuilder

    def __getattr__(self, name: str) -> Any:
        return self._rebuilder.noting(getattr(self._module, name))


def _names(code: types.CodeType) -> set[str]:
    """The global names that a function uses, inner functions and comprehensions included."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= _names(constant)
    return found
