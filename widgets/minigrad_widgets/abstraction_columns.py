"""The three columns: a Caffe net, a declared graph and a tape as items, each with what it keeps."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy

from minigrad.film import Film, Vertex
from minigrad.graph import Symbol, needed
from minigrad.op import OPS
from minigrad_widgets import text
from minigrad_widgets.abstractions import GIVEN, KINDS, UPDATE, Column, Item, steps_of
from minigrad_widgets.program import fetched_symbols, film_of, graph_of, role_of


def caffe_column(net: Any) -> Column:
    """The layers of a Caffe net: each has its blobs' data and diffs, and its parameters'.

    Errors: TypeError for what is no net.
    """
    if not (hasattr(net, "layers") and hasattr(net, "top_names")):
        raise TypeError(
            "This is no net of layers.\n"
            f"  got:      {type(net).__name__}\n  expected: a minigrad.caffe.Net\n"
            "  try:      caffe.Net(path_or_text)"
        )
    items: list[Item] = []
    writer: dict[str, str] = {}
    memory: dict[int, int] = {}
    for n, layer in enumerate(net.layers):
        below, above = net.bottom_names[layer.name], net.top_names[layer.name]
        item = Item(f"l{n}", layer.name, layer.type, reads=[writer[name] for name in below if name in writer])
        tops = {name: net.blobs[name] for name in above if name in net.blobs}
        mine = [b for name, b in tops.items() if name not in below]
        for blob in [*mine, *layer.blobs]:
            for part in (blob._data, blob._diff):
                if id(part) not in memory:
                    memory[id(part)] = part.size * numpy.dtype(part.dtype).itemsize
                    item.kept += memory[id(part)]
        item.told = [(f"top {name}", f"{text.shape(b.shape)}, data and diff") for name, b in tops.items()]
        item.told += [("learns", f"{text.shape(b.shape)}, data and diff") for b in layer.blobs]
        if layer.where:
            item.told.append(("written", layer.where.rstrip(": ")))
        item.holds = item.kept > 0
        item.keeps = (
            f"keeps {text.size(item.kept)}" if item.kept else "in place" if set(below) & set(above) else "shares"
        )
        writer.update(dict.fromkeys(above, item.key))
        items.append(item)
    names = [layer.type for layer in net.layers]
    known = {item.key: name for item, name in zip(items, names, strict=True)}
    for item, name in zip(items, names, strict=True):
        item.role = GIVEN if KINDS.get(name) == GIVEN else "forward"
        if name == "Split":  # it belongs to what it hands on
            known[item.key] = ""
    steps_of(items, [known[item.key] for item in items])
    for item in (i for i in items if i.note == "Split"):
        item.step = next((other.step for other in items if other.key in item.reads), item.step)
    total = f"{text.size(sum(memory.values()))}: the data and diff of every blob, as long as the net lives"
    return Column("Caffe: layers", "each layer carries its own backward", items, total)


def graph_column(fetches: Any) -> Column:
    """The symbols of a declared graph that some fetches need, gradients and updates included."""
    wanted = symbols_of(fetches)
    symbols = needed(wanted)
    scopes = any("_grad/" in symbol.name for symbol in symbols)
    forward = set(symbols) if scopes else set(needed(wanted[:1]))  # without names, the loss is what is fetched first
    numbers = {symbol: n for n, symbol in enumerate(symbols)}
    items, names, gradient_of = [], [], {}
    for symbol, n in numbers.items():
        operation = getattr(symbol, "operation", None)
        kind = getattr(operation, "type", None) or (symbol.op.name if symbol.op else symbol.kind)
        item = Item(
            f"s{n}",
            kind,
            text.shape(symbol.shape),
            reads=[f"s{numbers[x]}" for x in symbol.inputs if isinstance(x, Symbol)],
        )
        item.told = [("name", symbol.name)]
        if symbol.kind != "op":
            item.role, item.title = GIVEN, symbol.name.rpartition("/")[2]
        scope = symbol.name.rpartition("_grad/")[0]
        role = role_of(symbol)
        if role == "gradient" or symbol not in forward:
            item.role = "gradient"
            gradient_of[item.key] = scope.partition("/")[2] if scope.startswith("gradients") else scope
        elif role == "update":
            item.role, item.step = "update", (UPDATE, 1)
        if symbol.kind == "variable":
            item.holds, item.kept = True, _bytes(symbol) or 0
            item.keeps = f"the session keeps {text.size(item.kept)}" if item.kept else "the session keeps it"
        items.append(item)
        given = symbol.kind == "placeholder"
        names.append("Input" if given else symbol.op.name if symbol.op is not None else "")
    _follow_updates(items)
    by_key = {item.key: item for item in items}
    computed = {item.key for item in items if item.role == "forward" and item.reads}

    def serves(item: Item) -> bool:
        return sum(_comes_from(by_key, key, computed) for key in item.reads) < 2

    steps_of(items, names, serves)
    users = users_of(items)
    for item in items:
        if item.role == GIVEN and users.get(item.key) and all(user.role == UPDATE for user in users[item.key]):
            item.step = (UPDATE, 1)
    by_name = {symbol.name: items[n] for symbol, n in numbers.items()}
    last = next((i.step for i in reversed(items) if i.role == "forward"), (GIVEN, 1))
    for item in items:
        if item.role == "gradient":
            own = gradient_of[item.key]
            near = [by_key[key].step for key in item.reads if by_key[key].step[0] != GIVEN]
            item.step = _gradient_step(own, by_name, gradient_of, last) if scopes or not near else near[-1]
    held = sum(item.kept for item in items)
    total = f"{text.size(held)} of variables in the session; values only while run() needs them"
    title = "TensorFlow 1: a declared graph" if hasattr(wanted[0], "operation") else "A declared graph"
    return Column(title, "gradients are nodes of the graph too", items, total)


def tape_column(program: Any) -> Column:
    """What an imperative program recorded: its operations, and what each keeps for the backward pass."""
    film = film_of(program)
    items, names = [], []
    counted: set[int] = set()
    for v in film.vertices:
        reads = [f"v{i}" for i in v.inputs if isinstance(i, int)]
        item = Item(f"v{v.id}", v.op or v.name or v.kind, text.shape(v.shape), reads=reads)
        name = v.op
        if v.kind != "op":
            item.role, item.title = GIVEN, v.name or v.kind
            name = "" if (v.kind == "leaf" and v.needs_grad) or v.shape == () else "Input"
            if v.kind == "leaf" and v.needs_grad:
                item.keeps = "gets .grad"
        else:
            saved = saved_by(film, v)
            item.kept = sum(
                _size(film.vertices[i]) for i in saved if i not in counted and film.vertices[i].kind != "leaf"
            )
            counted |= set(saved)
            item.holds = bool(saved)
            kept = ", ".join(_called(film.vertices[i], v) for i in saved)
            item.keeps = f"saves {text.cut(kept, 24)}" if saved else "saves nothing"
            if saved:
                item.told.append(("saves", f"{kept} until backward()"))
        if v.line is not None:
            item.told.append(("line", f"{v.line.text} ({text.place(v.line)})"))
        items.append(item)
        names.append(name)
    by_key = {item.key: item for item in items}
    computed = {item.key for item in items if item.role == "forward"}
    steps_of(items, names, lambda item: sum(_comes_from(by_key, key, computed) for key in item.reads) < 2)
    written = {step.vertex for step in film.steps if step.kind == "update"}
    if written:
        items.append(Item("update", "the optimiser writes", f"{len(written)} parameters", UPDATE, (UPDATE, 1)))
    total = f"{text.size(sum(item.kept for item in items))} saved beside the parameters, until backward() has passed"
    return Column("PyTorch: a tape", "the program is remembered as it runs", items, total)


def symbols_of(fetches: Any) -> list[Symbol]:
    """What is fetched, as symbols: symbols, tensors and operations of a graph, lists of them, or all of a graph.

    Errors: TypeError for anything else.
    """
    graph = graph_of(fetches)
    found = list(graph.symbols) if graph is not None else fetched_symbols(fetches)
    if not found:
        raise TypeError(
            "This is nothing that a declared graph could compute.\n"
            f"  got:      {type(fetches).__name__}\n  expected: symbols, tensors or operations of a graph, or a graph\n"
            "  try:      the loss, or [loss, train_step]"
        )
    return found


def saved_by(film: Film, v: Vertex) -> list[int]:
    """The vertices whose values an operation keeps for its gradient rule, by what its registration says."""
    op = OPS.get(v.op)
    if op is None or not v.needs_grad or op.rule is None:
        return []
    need = [isinstance(i, int) and film.vertices[i].needs_grad for i in v.inputs]
    plan = op.plans[0] if op.variadic else op.plans[sum(1 << n for n, wanted in enumerate(need) if wanted)]
    kept = [v.id] if plan and plan[0] == "value" else []
    if op.variadic:
        return kept
    return kept + [i for i, keep in zip(v.inputs, plan[1:], strict=False) if keep == "value" and isinstance(i, int)]


def _called(vertex: Vertex, by: Vertex) -> str:
    if vertex is by:
        return "its result"
    return vertex.name or (f"{vertex.op}'s result" if vertex.op else "its input")


def _size(v: Vertex) -> int:
    return prod(v.shape) * numpy.dtype(v.dtype or "float32").itemsize


def _comes_from(by_key: dict[str, Item], key: str, computed: set[str]) -> bool:
    """Whether a value was computed from other computed values, and not only brought into another form."""
    item = by_key[key]
    while item.title.lower() in ("reshape", "broadcast_to", "broadcastto", "cast") and item.reads:
        item = by_key[item.reads[0]]
    return item.key in computed


def users_of(items: Sequence[Item]) -> dict[str, list[Item]]:
    """For each item that is read those that read it."""
    users: dict[str, list[Item]] = {}
    for item in items:
        for key in item.reads:
            users.setdefault(key, []).append(item)
    return users


def _follow_updates(items: Sequence[Item]) -> None:
    """What only updates read, or what reads an update, belongs to them."""
    users = users_of(items)
    for item in items:
        if item.role == "forward" and any(i.role in ("update", "gradient") for i in items if i.key in item.reads):
            item.role, item.step = "update", (UPDATE, 1)
    for item in reversed(items):
        read_by = users.get(item.key, [])
        if item.role == "forward" and read_by and all(u.role == "update" for u in read_by):
            item.role, item.step = "update", (UPDATE, 1)


def _gradient_step(
    of: str, by_name: dict[str, Item], gradient_of: dict[str, str], last: tuple[str, int]
) -> tuple[str, int]:
    """The step of the operation that a gradient is one of; of a gradient's gradient, the step of the first."""
    while of in by_name:
        item = by_name[of]
        if item.role != "gradient" or gradient_of[item.key] == of:
            return item.step
        of = gradient_of[item.key]
    return last


def _bytes(symbol: Symbol) -> int | None:
    known = symbol.shape is not None and all(type(n) is int for n in symbol.shape)
    return prod(symbol.shape) * symbol.dtype.itemsize if known else None
