"""`NetView`: a Caffe net, stepped through layer by layer, forward and backward."""

from __future__ import annotations

from typing import Any

import traitlets

from minigrad.caffe.net import Net
from minigrad.caffe.record import NetFilm
from minigrad.film import Film
from minigrad_widgets import layout, svg, text
from minigrad_widgets.base import esm
from minigrad_widgets.cards import Values
from minigrad_widgets.grouping import Group, count_operations
from minigrad_widgets.net_steps import NetSteps, Part, at, at_rest, steps_of
from minigrad_widgets.program_view import ProgramView
from minigrad_widgets.scene import Node

WHOLE = 120  # layers and blobs that are shown one by one


class NetView(ProgramView):
    """Step through what a Caffe net did: which blob each layer reads and writes, data forward and diff backward::

        with net.record() as film:
            net.forward()
            net.backward()
        NetView(film)

    Drag the slider, press play, or use the keys, as with the `BackwardStepper`: J and K (or ← and →) one step back and on,
    Home and End, the space bar to play. Click a layer or a blob to follow it. A layer that works in place has its blob
    before it and after it; it is one piece of memory, and what is written over is said to be.

    Args:
        net: a film of a net (`net.record()`), or a net, which is drawn with what its blobs hold now.
        position: the step to begin at, 0 is before the first; negative counts from the end.
        opened: the groups of layers to open at first, by key: layers whose names have a common part before a / are one.

    Attributes:
        position: the step that is shown. playing: whether it moves on by itself.

    Errors: TypeError for what is no net and no film of one.
    """

    _esm = esm("player", "net")
    position = traitlets.Int(0).tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)

    def __init__(self, net: Any, *, position: int | None = None, opened: list[str] | None = None) -> None:
        self._net_film = _film_of(net)
        self._steps: NetSteps = steps_of(self._net_film)
        if isinstance(net, Net):
            at_rest(self._steps, net)
        self._wanted = position
        super().__init__(Film(self._steps.vertices), opened=opened)

    def __len__(self) -> int:
        """How many positions there are: one before the first step, and one after each."""
        return len(self._steps.captions)

    def _grouped(self) -> Group:
        """A net of moderate size stands there as a whole, if its layers' names do not group it."""
        vertices = self.film.vertices
        if len(vertices) > WHOLE or any(v.scope for v in vertices):
            return super()._grouped()
        root = Group("", "net", False, [v.id for v in vertices])
        count_operations(root, vertices)
        return root

    def _first(self) -> dict[str, Any]:
        begin = self._wanted or 0
        begin = begin + len(self) if begin < 0 else begin
        return {"_data": self._told(), "position": min(max(begin, 0), len(self) - 1)}

    @traitlets.validate("position")
    def _inside(self, proposal: dict) -> int:
        return min(max(proposal["value"], 0), len(self) - 1)

    def _prepare(self) -> None:
        values = Values()
        for node in self._scene.nodes.values():
            self._dress(node)
        self._cards = [self._card(node, values) for node in self._scene.nodes.values()]
        self._values = values.list
        self._timeline = {key: self._stands(node) for key, node in self._scene.nodes.items()}
        lines = {key: 4 if node.kind == "leaf" else 3 for key, node in self._scene.nodes.items()}
        widest = {
            key: [w for _, state in line for w in (state.words, state.more or "")]
            for key, line in self._timeline.items()
        }
        self._layout = layout.lay_out(self._scene, lines=lines, widest=widest)
        self._carried = [self._comes_back(edge.source, edge.target) for edge in self._scene.edges]

    def _part(self, node: Node) -> Part:
        return self._steps.parts[node.members[0]]

    def _dress(self, node: Node) -> None:
        """The two lines that stand on a node at all times."""
        members = [self._steps.parts[n] for n in node.members]
        if node.group is not None:
            layers = sum(part.kind == "layer" for part in members)
            node.subtitle = f"{layers} layer{'' if layers == 1 else 's'}"
            return
        part = members[0]
        node.title = text.cut(part.name, 24)
        if part.kind == "blob":
            node.kind, node.subtitle = "leaf", text.shape(self._net_film.drawing.blobs[part.name])
            return
        layer = self._net_film.drawing.layers[part.place]
        node.subtitle = text.cut(f"{layer.type} {layer.fields}".strip(), 30)

    def _stands(self, node: Node) -> list[tuple[int, svg.State]]:
        """How a node stands, from position to position; a closed group as its layers do together."""
        if node.group is None:
            part = self._part(node)
            more = part.kind == "blob"
            return [(s.position, svg.State(s.state, s.words, s.more if more else None)) for s in part.stands]
        layers = [p for p in map(self._steps.parts.__getitem__, node.members) if p.kind == "layer"]
        found: list[tuple[int, svg.State]] = []
        for position in sorted({s.position for p in layers for s in p.stands}):
            states = [at(p, position) for p in layers]
            now = next((s for s in states if s.state == "running"), None)
            ran = sum(s.state in ("done", "running") for s in states)
            first = states[0]
            state = svg.State(now.state, now.words) if now else svg.State(
                first.state if ran in (0, len(states)) else "waiting",
                first.words if ran in (0, len(states)) else f"{ran} of {len(states)} layers",
            )  # fmt: skip
            if not found or found[-1][1] != state:
                found.append((position, state))
        return found

    def _comes_back(self, source: str, target: str) -> list[list[int]]:
        """When a gradient goes from node to node against the edge: [position, up to but without]."""
        spans, nodes = [], self._scene.nodes
        ends, begins = set(nodes[source].members), set(nodes[target].members)
        for position, number in enumerate(self._steps.running):
            if number is None or self._steps.phases[position] != "backward":
                continue
            layer = self._steps.parts[number]
            written = {
                p.number for p in self._steps.parts if any(q == position and w == "diff" for q, w, _ in p.values)
            }
            into = number in begins and written & ends & set(layer.reads)
            out_of = number in ends and begins & set(layer.writes) and not (begins & written)
            if into or out_of:
                later = (n for n in range(position + 1, len(self)) if self._steps.phases[n] == "forward")
                spans.append([position, next(later, len(self))])
        return spans

    def _card(self, node: Node, values: Values) -> dict[str, Any]:
        card: dict[str, Any] = {"key": node.key, "kind": node.kind, "title": node.title, "subtitle": node.subtitle}
        if node.group is not None:
            return card
        part = self._part(node)
        card["values"] = [[position, what, values.put(value)] for position, what, value in part.values]
        if part.after is not None:
            card["note"] = "The same memory as the next blob of this name, which is written in place, over this one."
        card |= {
            "reads": [self._scene.shown_in[n] for n in part.reads],
            "writes": [self._scene.shown_in[n] for n in part.writes],
        }
        if part.kind == "layer":
            layer = self._net_film.drawing.layers[part.place]
            card["fields"] = layer.fields
            card["learns"] = [[name, text.shape(shape)] for name, shape in layer.parameters.items()]
            if layer.line:
                card["where"] = f"{layer.origin or 'prototxt'}, line {layer.line}"
        return card

    def _told(self) -> dict[str, Any]:
        bare = {
            key: svg.State("plain", "", None if line[0][1].more is None else "") for key, line in self._timeline.items()
        }
        return {
            "svg": svg.render(self._scene, self._layout, states=bare),
            "cards": self._cards,
            "values": self._values,
            "timeline": {
                key: [[position, state.name, state.words, state.more or ""] for position, state in line]
                for key, line in self._timeline.items()
            },
            "back": self._carried,
            "ends": [[e.source, e.target] for e in self._scene.edges],
            "running": [None if n is None else self._scene.shown_in[n] for n in self._steps.running],
            "captions": self._steps.captions,
            "phases": self._steps.phases,
        }

    def _states_at(self, position: int) -> dict[str, svg.State]:
        return {
            key: next(state for since, state in reversed(line) if since <= position)
            for key, line in self._timeline.items()
        }

    def _moved(self) -> None:
        if self.selection not in self._scene.nodes:
            self.selection = ""

    def picture(self) -> str:
        """The net at this position, as SVG text."""
        return self._picture_at(self.position)

    def still(self) -> str:
        """The middle of the backward pass, where there is most to see, unless a position was asked for."""
        return self._picture_at(self._still_position())

    def still_words(self) -> str:
        """What happens at the still's position."""
        return self._words_at(self._still_position())

    def _still_position(self) -> int:
        backward = [n for n, phase in enumerate(self._steps.phases) if phase == "backward" and n]
        return backward[len(backward) // 2] if backward and self._wanted is None else self.position

    def _words_at(self, position: int) -> str:
        if len(self) == 1:
            return self.describe()
        return f"Step {position} of {len(self) - 1}. {self._steps.captions[position]}"

    def _picture_at(self, position: int) -> str:
        return svg.render(
            self._scene,
            self._layout,
            states=self._states_at(position),
            sent={n: "" for n, spans in enumerate(self._carried) if any(begin == position for begin, _ in spans)},
            carried=frozenset(n for n, spans in enumerate(self._carried) if any(a < position < b for a, b in spans)),
            caption=self._words_at(position),
            alone=True,
        )

    def describe(self) -> str:
        """How many layers and steps there are."""
        drawing = self._net_film.drawing
        steps = f", {len(self) - 1} steps; step {self.position}" if len(self) > 1 else ""
        return f"{drawing.name or 'a net'}, {len(drawing.layers)} layers, {len(drawing.blobs)} blobs{steps}"


def _film_of(net: Any) -> NetFilm:
    """A film as it is; of a net one in which nothing happens."""
    if isinstance(net, NetFilm):
        return net
    if isinstance(net, Net):
        return NetFilm(net.drawing())
    raise TypeError(
        "NetView shows Caffe's nets.\n"
        f"  got:      {type(net).__name__}\n  expected: a film of a net, or a minigrad.caffe.Net\n"
        "  try:      with net.record() as film: net.forward(); net.backward()"
    )
