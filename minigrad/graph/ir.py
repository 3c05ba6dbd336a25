"""The declarative half: a `Graph` of `Symbol`s, declared first and run later.

An operation on symbols computes nothing. It infers the shape and dtype of its result and adds a node to the graph.
The graph is data: it can be looked at, extended (`gradients` adds more nodes) and run (`run`).
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy

from minigrad import dtypes
from minigrad.conversion import new_array
from minigrad.device import cpu
from minigrad.errors import DTypeError, GraphError
from minigrad.graph.special import PART, Special
from minigrad.op import INTERPRETERS, Op, with_common_dtype
from minigrad.operand import Operand
from minigrad.tensor import Tensor


class Graph:
    """Symbols in the order of their declaration: an input stands always before its user.

    Attributes: symbols; control, symbols that must have run before whatever is declared from now on.

    Example::

        graph = Graph()
        x = graph.placeholder("x", (2, 3))
        y = (x * x).sum()
        graph.run(y, {x: numpy.ones((2, 3), "float32")})
    """

    def __init__(self) -> None:
        self.symbols: list[Symbol] = []
        self.control: tuple[Symbol, ...] = ()
        self._taken: dict[str, int] = {}

    def placeholder(self, name: str, shape: tuple[int, ...], dtype: Any = dtypes.default_float) -> Symbol:
        """A value that is given when the graph is run."""
        return self._add(name, None, (), {}, tuple(shape), dtypes.as_dtype(dtype), "placeholder")

    def variable(self, name: str, shape: tuple[int, ...], dtype: Any = dtypes.default_float) -> Symbol:
        """State: given when the graph is run, like a placeholder, but by whoever holds it, not by who asks."""
        return self._add(name, None, (), {}, tuple(shape), dtypes.as_dtype(dtype), "variable")

    def constant(self, value: Any, *, dtype: Any = None, name: str = "constant") -> Symbol:
        """A value known now: a number, nested lists, an array or a tensor (its values only)."""
        array = value.numpy().copy() if isinstance(value, Tensor) and dtype is None else new_array(value, dtype, cpu)
        symbol = self._add(name, None, (), {}, array.shape, array.dtype, "constant")
        symbol.value = array
        return symbol

    def special(
        self,
        op: Special,
        inputs: tuple[Any, ...],
        parameters: dict[str, Any] | None = None,
        shape: tuple[int, ...] = (),
        dtype: Any = dtypes.default_float,
        *,
        name: str | None = None,
        after: tuple[Symbol, ...] = (),
    ) -> Symbol:
        """A node of a kind that only graphs have. Of one with several results, `part` gives each.

        Args:
            shape, dtype: of its value. after: what must have run before it, beside its inputs.
        """
        inputs = tuple(_operand(self, op, x) for x in inputs)
        made = self._add(name or op.name, op, inputs, parameters or {}, tuple(shape), dtypes.as_dtype(dtype))
        made.after += tuple(_operand(self, op, x) for x in after)
        return made

    def part(self, symbol: Symbol, n: int, shape: tuple[int, ...], dtype: Any, *, name: str | None = None) -> Symbol:
        """The result number `n` of a node that gives several."""
        return self.special(PART, (symbol,), {"n": n}, shape, dtype, name=name or f"{symbol.name}_{n}")

    def run(self, fetches: Any, feeds: dict[Symbol, Any] | None = None) -> Any:
        """The values of the fetched symbols as arrays; see `minigrad.graph.executor.run`."""
        from minigrad.graph.executor import run

        return run(self, fetches, feeds or {})

    def _add(
        self,
        name: str,
        op: Op | Special | None,
        inputs: tuple,
        parameters: dict,
        shape: tuple,
        dtype: numpy.dtype,
        kind: str = "op",
    ) -> Symbol:
        symbol = Symbol()
        symbol.graph, symbol.place, symbol.op, symbol.kind = self, len(self.symbols), op, kind
        symbol.after = self.control
        symbol.inputs, symbol.parameters, symbol.shape, symbol.dtype = inputs, parameters, shape, dtype
        symbol.value = None
        count = self._taken[name] = self._taken.get(name, -1) + 1
        symbol.name = f"{name}_{count}" if count else name
        self.symbols.append(symbol)
        return symbol

    def __len__(self) -> int:
        return len(self.symbols)

    def __repr__(self) -> str:
        return f"<graph of {len(self)} symbols>"


class Symbol(Operand):
    """A value of a declared graph: known by its shape and dtype, computed when the graph is run.

    Attributes: graph; place (in `graph.symbols`); name; shape; dtype; kind ("placeholder", "constant", "variable" or
    "op"); op (an `Op` or a `Special`; None for the other kinds); inputs (symbols, Python numbers, None); parameters;
    after (symbols that must have run before, though it takes nothing of them); value (a constant's array, else None).
    """

    __slots__ = ("after", "dtype", "graph", "inputs", "kind", "name", "op", "parameters", "place", "shape", "value")
    after: tuple[Symbol, ...]
    dtype: numpy.dtype
    graph: Graph
    inputs: tuple[Any, ...]
    kind: str
    name: str
    op: Any
    parameters: dict[str, Any]
    place: int
    shape: tuple[int, ...]
    value: Any

    def __repr__(self) -> str:
        return f"<{self.name} {self.shape} {self.dtype}>"

    def __len__(self) -> int:
        if not self.shape:
            raise GraphError(
                f"The symbol {self.name!r} is a single number, which has no length.",
                got="shape ()",
                expected="at least one dimension",
                hint="symbol.shape, which is known before the graph runs",
            )
        return self.shape[0]

    def __bool__(self) -> NoReturn:
        self._no_value("be true or false", "minigrad.where(condition, x, y), which is part of the graph")

    def __float__(self) -> NoReturn:
        self._no_value("be a Python number", "graph.run(symbol, feeds)")

    def __int__(self) -> NoReturn:
        self._no_value("be a Python number", "graph.run(symbol, feeds)")

    def __index__(self) -> NoReturn:
        self._no_value(
            "be an index", "minigrad.index_select(x, 0, symbol), or minigrad.gather, which are part of the graph"
        )

    def __iter__(self) -> NoReturn:
        self._no_value("be iterated over", "symbol[i] for each i in range(symbol.shape[0])")

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        self._no_value("be an array", "graph.run(symbol, feeds)")

    __array_ufunc__ = None  # an array beside a symbol leaves the operator to the symbol

    def _no_value(self, wanted: str, hint: str) -> NoReturn:
        raise GraphError(
            f"The symbol {self.name!r} has no value yet, so it cannot {wanted}.",
            got=f"{self!r}, declared but not run",
            expected="a value, which exists only while the graph runs",
            hint=hint,
        )


def declare(op: Op, args: tuple, parameters: dict) -> Symbol:
    """The interpreter for symbols: infer shape and dtype, and add a node to the graph.

    Errors: ShapeError and DTypeError as at a run, but at the line of the declaration; GraphError for two graphs.
    """
    graph = next(x.graph for x in args if isinstance(x, Symbol))
    inputs = with_common_dtype(op, tuple(_operand(graph, op, x) for x in args))
    spec = op.infer(inputs, parameters)
    return graph._add(op.name, op, inputs, parameters, spec.shape, spec.dtype)


def _operand(graph: Graph, op: Op | Special, x: Any) -> Any:
    if isinstance(x, Symbol):
        if x.graph is not graph:
            raise GraphError(
                f"{op.name}: the symbols are of different graphs.",
                got=f"{x!r} of another graph",
                expected="symbols of one graph",
                hint="declare both in one Graph()",
            )
        return x
    if type(x) in (bool, int, float) or (x is None and (isinstance(op, Special) or op.required < op.arity)):
        return x
    if isinstance(x, numpy.generic):
        return x.item()
    if isinstance(x, (numpy.ndarray, Tensor, list)):
        return graph.constant(x)
    raise DTypeError(
        f"{op.name}: cannot take this beside a symbol.",
        got=type(x).__name__,
        expected="a symbol, a tensor, an array or a number",
        hint="graph.constant(x)",
    )


INTERPRETERS[Symbol] = declare
