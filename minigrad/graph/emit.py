"""The lines of a plan: for each symbol the text that computes its value, and the names in that text."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable
from math import prod
from typing import Any

import numpy

from minigrad.graph.fused import Fused
from minigrad.graph.ir import Symbol
from minigrad.graph.lowering import kernel, ufunc, way
from minigrad.graph.special import PART, Assembled, Special


class Names:
    """Everything that a plan's text names: arrays that are there before a run, and values of the run.

    Attributes:
        space: what the text can see. fixed: the arrays among it, by symbol, which stay the same in each run.
    """

    def __init__(self) -> None:
        self.space: dict[str, Any] = {}
        self.fixed: dict[Symbol, Any] = {}
        self._of: dict[Any, str] = {}
        self._things: dict[tuple[str, int], str] = {}
        self._taken: set[str] = {"run", "watch", *dir(builtins), *keyword.kwlist}

    def reserve(self, *names: str) -> None:
        """Names that the text itself gives to something."""
        self._taken.update(names)

    def given(self, symbol: Symbol) -> None:
        """An array that each run is given."""
        if symbol not in self._of:
            self._of[symbol] = self._free(symbol.name)

    def buffer(self, symbol: Symbol, n: int, array: Any) -> None:
        """The memory of a result: an array, or None if each run makes one."""
        name = self._of[symbol, n] = self._free(f"{symbol.name}_{n}" if n else symbol.name)
        if n == 0:
            self._of[symbol] = name
        if array is not None:
            self.space[name] = array
            self.fixed[symbol if n == 0 else (symbol, n)] = array  # type: ignore[index]

    def fix(self, symbol: Symbol, array: Any) -> None:
        """A value that is known before any run."""
        name = self._of[symbol] = self._free(symbol.name)
        self.space[name], self.fixed[symbol] = array, array

    def same(self, symbol: Symbol, piece: tuple[Symbol, int]) -> None:
        """A symbol that is a piece of memory that has a name already."""
        self._of[symbol] = self._of[piece]
        key: Any = piece if piece[1] else piece[0]
        if key in self.fixed:
            self.fixed[symbol] = self.fixed[key]

    def of(self, symbol: Symbol) -> str:
        """The name of a symbol's value."""
        if symbol not in self._of:
            self._of[symbol] = self._free(symbol.name)
        return self._of[symbol]

    def piece(self, symbol: Symbol, n: int) -> str:
        return self._of[symbol, n]

    def is_local(self, symbol: Symbol) -> bool:
        """Whether the value is one of this run."""
        return symbol in self._of and self._of[symbol] not in self.space

    def argument(self, x: Any) -> str:
        """An input as it is written: a value's name, or a number."""
        if isinstance(x, Symbol):
            return self.of(x)
        return repr(x) if x is None or type(x) in (bool, int) else self.literal(x)

    def literal(self, value: Any) -> str:
        """A parameter as it is written: what `repr` says truly, else a name for it."""
        if type(value) is float and value == value and abs(value) != float("inf"):
            return repr(value)
        if value is None or value is Ellipsis or type(value) in (bool, int, str):
            return repr(value)
        if type(value) is tuple:
            parts = [self.literal(part) for part in value]
            return f"({', '.join(parts)}{',' * (len(parts) == 1)})"
        if type(value) is slice:
            return f"slice({', '.join(map(self.literal, (value.start, value.stop, value.step)))})"
        return self.thing("parameter", value)

    def dtype(self, dtype: numpy.dtype) -> str:
        return self.thing(dtype.name, dtype)

    def thing(self, name: str, value: Any) -> str:
        """A function or another object that the text uses, under this name or one like it."""
        key = name, id(value)
        if key not in self._things:
            self._things[key] = self._free(name)
            self.space[self._things[key]] = value
        return self._things[key]

    def compiled(self, text: str, **more: Any) -> Callable[..., Any]:
        """The function `run` that the text defines."""
        space = {"__name__": "minigrad.graph.plan", **self.space, **more}  # warnings go by the name
        exec(compile(text, "<plan>", "exec"), space)
        return space["run"]

    def _free(self, wanted: str) -> str:
        name = re.sub(r"\W", "_", wanted)
        name = name if name and not name[0].isdigit() else f"_{name}"
        found, n = name, 0
        while found in self._taken:
            n += 1
            found = f"{name}_{n}"
        self._taken.add(found)
        return found


def emit(names: Names, symbol: Symbol) -> list[str]:
    """The lines that compute a symbol; none if its value is known already."""
    found = way(symbol)
    if found == "constant":
        names.fix(symbol, symbol.value)
        return []
    if symbol.op is PART and isinstance(symbol.inputs[0].op, Fused):
        names.same(symbol, (symbol.inputs[0], symbol.parameters["n"]))
        return []
    if found == "view":
        return _view(names, symbol)
    if found == "into":
        return _into(names, symbol)
    return [f"{names.of(symbol)} = {_call(names, symbol)}"]


def _call(names: Names, symbol: Symbol) -> str:
    """The kernel that brings its own memory."""
    inputs = [names.argument(x) for x in symbol.inputs]
    parameters = [f"{n}={names.literal(value)}" for n, value in symbol.parameters.items()]
    return f"{names.thing(f'kernel_{symbol.op.name}', kernel(symbol))}({', '.join(inputs + parameters)})"


def _view(names: Names, symbol: Symbol) -> list[str]:
    """A view of memory that stays the same stays the same."""
    x = symbol.inputs[0]
    if isinstance(symbol.op, Special):
        return [f"{names.of(symbol)} = {names.of(x)}[{symbol.parameters['n']}]"]
    if x in names.fixed:
        array = kernel(symbol)(names.fixed[x], **symbol.parameters)
        if x.kind == "constant" or numpy.may_share_memory(array, names.fixed[x]) or array.size == 0:
            names.fix(symbol, array)
            return []
    name, parameters = symbol.op.name, symbol.parameters
    short = {
        "reshape": lambda: f"{names.of(x)}.reshape({symbol.shape})",
        "permute": lambda: f"{names.of(x)}.transpose({tuple(parameters['dims'])})",
        "getitem": lambda: f"{names.of(x)}[{names.literal(parameters['index'])}]",
    }.get(name)
    return [f"{names.of(symbol)} = {short() if short is not None and x.shape else _call(names, symbol)}"]


def _into(names: Names, symbol: Symbol) -> list[str]:
    out = names.of(symbol)
    if isinstance(symbol.op, Fused):
        return [_fused(names, symbol, symbol.op)]
    if isinstance(symbol.op, Assembled):
        return _assembled(names, symbol, symbol.op, out)
    if symbol.op.name == "matmul":
        return _matmul(names, symbol, out)
    if symbol.op.name == "linear":
        return _linear(names, symbol, out)
    function = ufunc(symbol)
    arguments = [names.argument(x) for x in symbol.inputs]
    return [f"{names.thing(f'numpy_{symbol.op.name}', function)}({', '.join(arguments)}, out={out})"]


def _fused(names: Names, symbol: Symbol, op: Fused) -> str:
    """A generated kernel, with inputs and results in the shapes of its loops."""
    arguments = [_looped(names, x, shape) for x, shape in zip(symbol.inputs, op.takes, strict=True)]
    arguments += [names.literal(number) for number in op.numbers]
    for n, (loops, (shape, _)) in enumerate(zip(op.gives, op.results, strict=True)):
        name = names.piece(symbol, n)
        if loops != shape:
            array = names.space.get(name)
            name = f"{name}.reshape({loops})" if array is None else names.thing(f"{name}_flat", array.reshape(loops))
        arguments.append(name)
    return f"{names.thing(op.name, op.compiled())}({', '.join(arguments)})"


def _assembled(names: Names, symbol: Symbol, op: Assembled, out: str) -> list[str]:
    """Each part to its place: a view of the result, where that has a memory of its own."""
    lines = [] if op.whole else [f"{out}.fill(0)"]
    for x, index in zip(symbol.inputs, op.indices, strict=True):
        place = f"{out}[{names.literal(index)}]"
        if symbol in names.fixed and isinstance(view := names.fixed[symbol][index], numpy.ndarray):
            place = f"{names.thing(f'{out}_part', view)}[...]"
        lines.append(f"{place} = {names.argument(x)}")
    return lines


def _looped(names: Names, x: Symbol, shape: tuple[int, ...]) -> str:
    """An input of a kernel: elements in order, with an axis for each loop; a single number as such."""
    name = names.of(x)
    if not shape:
        return f"{name}.item()"
    if x in names.fixed and names.fixed[x].flags.c_contiguous:
        return name if x.shape == shape else names.thing(f"{name}_flat", names.fixed[x].reshape(shape))
    if way(x) not in ("input", "into") and not (x.op is PART and isinstance(x.inputs[0].op, Fused)):
        return f"{names.thing('in_order', _in_order)}({name}, {shape})"
    return name if x.shape == shape else f"{name}.reshape({shape})"


def _in_order(x: Any, shape: tuple[int, ...]) -> Any:
    """The elements in order in memory, in this shape."""
    return (x if x.flags.carray else numpy.array(x, order="C")).reshape(shape)


def _matmul(names: Names, symbol: Symbol, out: str) -> list[str]:
    """Products of two matrices by `dot`, which is one call of BLAS; all rows of a batch in one matrix."""
    x, y = symbol.inputs
    if len(y.shape) > 2:
        return [f"{names.thing('matmul', numpy.matmul)}({names.of(x)}, {names.of(y)}, {out})"]
    rows, result = _rows(names, symbol, x, out)
    return [f"{names.thing('dot', numpy.dot)}({rows}, {names.of(y)}, {result})"]


def _linear(names: Names, symbol: Symbol, out: str) -> list[str]:
    """x w^T into the result, and the bias onto it."""
    x, w, *bias = symbol.inputs
    rows, result = _rows(names, symbol, x, out)
    if w in names.fixed:
        transposed = names.thing(f"{names.of(w)}_T", names.fixed[w].T)
    else:
        transposed = f"{names.of(w)}.T"
    lines = [f"{names.thing('dot', numpy.dot)}({rows}, {transposed}, {result})"]
    if bias and bias[0] is not None:
        lines.append(f"{names.thing('numpy_add', numpy.add)}({out}, {names.argument(bias[0])}, out={out})")
    return lines


def _rows(names: Names, symbol: Symbol, x: Symbol, out: str) -> tuple[str, str]:
    """The left factor and the result with all rows in one matrix."""
    if len(x.shape) == 2:
        return names.of(x), out
    below = (prod(x.shape[:-1]), x.shape[-1])
    above = (below[0], symbol.shape[-1])
    rows = f"{names.of(x)}.reshape({below})"
    if x in names.fixed and names.fixed[x].flags.c_contiguous:
        rows = names.thing(f"{names.of(x)}_rows", names.fixed[x].reshape(below))
    if symbol in names.fixed:
        return rows, names.thing(f"{out}_rows", names.fixed[symbol].reshape(above))
    return rows, f"{out}.reshape({above})"
