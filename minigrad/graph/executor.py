"""Running a graph: the symbols that a fetch depends on, each once, in the order of their declaration."""

from __future__ import annotations

from typing import Any

from minigrad.conversion import new_array
from minigrad.device import cpu
from minigrad.errors import GraphError, ShapeError
from minigrad.graph.ir import Graph, Symbol
from minigrad.graph.special import Special
from minigrad.op import run as run_kernel
from minigrad.tensor import Tensor


def run(graph: Graph, fetches: Any, feeds: dict[Symbol, Any]) -> Any:
    """The values of `fetches` (a symbol, or a list, tuple or dictionary of them) as arrays, in the same structure.

    Args:
        feeds: values for placeholders and variables; any other symbol may be fed too, and is then not computed.

    Errors: GraphError for a placeholder or variable that is needed and not fed, or a symbol of another graph; ShapeError
    for a fed value of another shape.
    """
    values: dict[Symbol, Any] = {symbol: _fed(graph, symbol, value) for symbol, value in feeds.items()}
    wanted = _flat(fetches)
    for symbol in wanted:
        _check_graph(graph, symbol)
    for symbol in needed(wanted, values):
        if symbol.kind in ("placeholder", "variable"):
            raise GraphError(
                f"The {symbol.kind} {symbol.name!r} is needed and was not fed.",
                got=f"feeds for {', '.join(s.name for s in feeds) or 'nothing'}",
                expected=f"a value of shape {symbol.shape}, {symbol.dtype}",
                hint=f"graph.run(fetches, {{{symbol.name}: value}})",
            )
        values[symbol] = compute(symbol, values)
    return _structured(fetches, values)


def compute(symbol: Symbol, values: dict[Symbol, Any]) -> Any:
    """The value of one symbol from those of its inputs."""
    if symbol.op is None:
        return symbol.value
    arrays = tuple(values[x] if isinstance(x, Symbol) else x for x in symbol.inputs)
    if isinstance(symbol.op, Special):
        return symbol.op.compute(*arrays, **symbol.parameters)
    return run_kernel(symbol.op, arrays, symbol.parameters)


def needed(fetches: list[Symbol], known: Any = ()) -> list[Symbol]:
    """The symbols that the fetches depend on and that are not known, in the order of their declaration.

    What must run before a needed symbol (`after`) is needed too.
    """
    found: set[Symbol] = set()
    stack = [s for s in fetches if s not in known]
    while stack:
        symbol = stack.pop()
        if symbol not in found:
            found.add(symbol)
            stack += [x for x in (*symbol.inputs, *symbol.after) if isinstance(x, Symbol) and x not in known]
    return sorted(found, key=lambda symbol: symbol.place)


def _check_graph(graph: Graph, symbol: Any) -> None:
    if not isinstance(symbol, Symbol) or symbol.graph is not graph:
        raise GraphError(
            "run: this is not a symbol of the graph.",
            got=repr(symbol),
            expected="symbols of this graph",
            hint="run it with symbol.graph.run(…)",
        )


def _fed(graph: Graph, symbol: Symbol, value: Any) -> Any:
    _check_graph(graph, symbol)
    array = (
        value.numpy().astype(symbol.dtype, copy=False)
        if isinstance(value, Tensor)
        else new_array(value, symbol.dtype, cpu)
    )
    if array.shape != symbol.shape:
        raise ShapeError(
            f"The value fed for {symbol.name!r} does not have its shape.",
            got=str(array.shape),
            expected=str(symbol.shape),
            hint="value.reshape(…), or a placeholder of that shape",
        )
    return array


def _flat(fetches: Any) -> list[Any]:
    if isinstance(fetches, dict):
        fetches = list(fetches.values())
    if isinstance(fetches, (list, tuple)):
        return [s for part in fetches for s in _flat(part)]
    return [fetches]


def _structured(fetches: Any, values: dict[Symbol, Any]) -> Any:
    if isinstance(fetches, dict):
        return {name: _structured(part, values) for name, part in fetches.items()}
    if isinstance(fetches, (list, tuple)):
        parts = [_structured(part, values) for part in fetches]
        return type(fetches)(*parts) if hasattr(fetches, "_fields") else type(fetches)(parts)  # a named tuple: x.max(1)
    value = values[fetches]
    return tuple(map(cpu.asarray, value)) if isinstance(value, tuple) else cpu.asarray(value)
