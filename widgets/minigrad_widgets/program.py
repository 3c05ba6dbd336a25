"""What a view draws: a program as a list of vertices, whatever it was given as.

A film has them. A tensor has a tape, from which they are read. A declared graph has symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minigrad.film import Film, Value, Vertex
from minigrad.graph import Graph, Symbol
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
    if isinstance(program, Graph):
        return Film(vertices_of(program.symbols))
    raise TypeError(
        "A view cannot draw this.\n"
        f"  got:      {type(program).__name__}\n"
        "  expected: a film, a tensor or a graph\n"
        "  try:      with minigrad.record() as film: loss = …; loss.backward()"
    )


def _film_of_tape(root: Tensor) -> Film:
    film = Film()
    if root.node is None:
        film.vertices.append(_vertex(0, "constant", value=Value.of(root.numpy()), shape=root.shape))
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
                value=None if tensor is None else Value.of(tensor.numpy()),
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
            name=symbol.name if symbol.op is None else "",  # of operations the view numbers equal ones itself
        )
        for symbol, number in numbers.items()
    ]


def _vertex(number: int, kind: str, **known: Any) -> Vertex:
    defaults: dict[str, Any] = {
        "op": "", "inputs": (), "parameters": {}, "scope": (), "line": None, "value": None, "needs_grad": False,
        "shape": (), "dtype": "", "name": "",
    }  # fmt: skip
    return Vertex(id=number, kind=kind, **(defaults | known))
