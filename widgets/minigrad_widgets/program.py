"""What a view draws: a program as a list of vertices, whatever it was given as.

A film has them. A tensor has a tape, from which they are read. A declared graph has symbols, and so has what is fetched of
one: then only what the fetches need is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minigrad.film import Film, Value, Vertex
from minigrad.graph import Graph, Symbol, needed
from minigrad.graph.program import Program
from minigrad.tape import Leaf, Node
from minigrad.tensor import Tensor

_KIND = {"placeholder": "leaf", "variable": "leaf", "constant": "constant", "op": "op"}


def film_of(program: Any) -> Film:
    """A film as it is; what a tensor's tape or a graph tells, as a film without steps.

    Errors: TypeError for anything else.
    """
    if isinstance(program, Film):
        return program
    if isinstance(program, Tensor):
        return _film_of_tape(program)
    symbols = drawn_symbols(program)
    if symbols is not None:
        return Film(vertices_of(symbols))
    raise TypeError(
        "A view cannot draw this.\n"
        f"  got:      {type(program).__name__}\n"
        "  expected: a film, a tensor or a graph, or what is fetched of one\n"
        "  try:      with minigrad.record() as film: loss = …; loss.backward()"
    )


def drawn_symbols(program: Any) -> list[Symbol] | None:
    """The symbols that stand for a program, in order: all of a graph, of fetches what they need; None if it has none."""
    graph = graph_of(program)
    if graph is not None:
        return list(graph.symbols)
    fetched = fetched_symbols(program)
    return needed(fetched) if fetched else None


def graph_of(program: Any) -> Graph | None:
    """The graph that something is, or has: a program, or a `tf.Graph`."""
    inner = program.graph if isinstance(program, Program) else getattr(program, "symbols", None)
    return next((graph for graph in (program, inner) if isinstance(graph, Graph)), None)


def fetched_symbols(fetches: Any) -> list[Symbol] | None:
    """What is fetched, as symbols: symbols, tensors and operations, or lists and dictionaries of them; None for others."""
    if isinstance(fetches, (list, tuple, dict)):
        parts = [fetched_symbols(one) for one in (fetches.values() if isinstance(fetches, dict) else fetches)]
        return None if any(p is None for p in parts) else [s for p in parts for s in p or ()]
    element = fetches._as_graph_element() if hasattr(fetches, "_as_graph_element") else fetches
    symbol = getattr(element, "symbol", element)
    return [symbol] if isinstance(symbol, Symbol) else None


def role_of(symbol: Symbol) -> str:
    """What a symbol is for: "gradient" for what `tf.gradients` added, "update" for what changes state, else "forward"."""
    if symbol.name.startswith("gradients") or "_grad/" in symbol.name:
        return "gradient"
    changes = symbol.op is not None and not getattr(symbol.op, "pure", True)
    return "update" if changes or "/update_" in symbol.name else "forward"


def _film_of_tape(root: Tensor) -> Film:
    film = Film()
    if root.node is None:
        film.vertices.append(_vertex(0, "constant", value=Value.of(root.detach().cpu().numpy()), shape=root.shape))
        return film
    numbers: dict[Node | Leaf, int] = {}
    stack: list[Node | Leaf] = [root.node]
    while stack:
        top = stack[-1]
        missing = [p for p in top.parents if p is not None and p not in numbers]
        if top in numbers or missing:
            stack.pop() if top in numbers else stack.extend(reversed(missing))
            continue
        stack.pop()
        tensor = top.tensor() if isinstance(top, Leaf) else root if top is root.node else None
        numbers[top] = len(film.vertices)
        film.vertices.append(
            _vertex(
                numbers[top],
                "leaf" if isinstance(top, Leaf) else "op",
                op="" if isinstance(top, Leaf) else top.op.name,
                inputs=tuple("·" if p is None else numbers[p] for p in top.parents),
                parameters={} if isinstance(top, Leaf) else {k: str(v) for k, v in top.parameters.items()},
                line=top.line,
                value=None if tensor is None else Value.of(tensor.detach().cpu().numpy()),
                shape=top.shape,
                needs_grad=True,
            )
        )
    return film


def vertices_of(symbols: Sequence[Symbol]) -> list[Vertex]:
    """The symbols of a graph, of which an input always stands before its users, as vertices.

    What must merely have run before a symbol is among its inputs too, after those that it takes.
    """
    numbers = {symbol: number for number, symbol in enumerate(symbols)}
    names = [_named(symbol) for symbol in symbols]
    return [
        _vertex(
            number,
            _KIND[symbol.kind],
            op="" if symbol.op is None else symbol.op.name,
            inputs=tuple(
                numbers[x] if isinstance(x, Symbol) else str(x)
                for x in (*symbol.inputs, *symbol.after)
                if x is not None
            ),
            parameters={k: str(v) for k, v in symbol.parameters.items()},
            value=None if symbol.value is None else Value.of(symbol.value),
            shape=symbol.shape,
            dtype=symbol.dtype.name,
            scope=names[number][0],
            name=names[number][1],
        )
        for symbol, number in numbers.items()
    ]


def _named(symbol: Symbol) -> tuple[tuple[str, ...], str]:
    """The scopes around a symbol and its own name. Operations that nobody named have none: a view numbers equal ones itself."""
    if hasattr(symbol, "operation"):
        *scopes, name = symbol.name.split("/")
        return tuple(scopes), name
    return (), symbol.name if symbol.op is None else ""


def _vertex(number: int, kind: str, **known: Any) -> Vertex:
    defaults: dict[str, Any] = {
        "op": "", "inputs": (), "parameters": {}, "scope": (), "line": None, "value": None, "needs_grad": False,
        "shape": (), "dtype": "", "name": "",
    }  # fmt: skip
    return Vertex(id=number, kind=kind, **(defaults | known))
