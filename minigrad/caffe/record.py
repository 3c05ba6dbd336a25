"""What a net did, layer by layer, and what it is made of: plain data, for views to play and draw.

`with net.record() as film:` listens to the net for the length of a block. Values are copied at the moment of the step (all of
a small array, a summary of a large one): a film that held the blobs would show what they became later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from minigrad import events
from minigrad.caffe.message import Message
from minigrad.film import Value

if TYPE_CHECKING:
    from minigrad.caffe.net import Net


@dataclass(slots=True)
class Change:
    """What a step wrote: the `part` ("data" or "diff") of a blob, or of a parameter, "conv1[0]", is now `value`."""

    name: str
    part: str
    value: Value


@dataclass(slots=True)
class LayerStep:
    """One layer ran in a `direction`, "forward" or "backward".

    Forward changes the tops' data, and of a loss the diff, where its weight stands; backward the diffs of the bottoms that
    get one, and of the parameters that learn.
    """

    layer: str
    type: str
    place: int
    direction: str
    changes: list[Change]


@dataclass
class NetFilm:
    """The steps of a net, in the order in which they happened, and the net's drawing."""

    drawing: Drawing
    steps: list[LayerStep] = field(default_factory=list)

    def at(self, step: int) -> dict[tuple[str, str], Value]:
        """What was known after a step (-1: before the first): (name, "data" or "diff") to the value, of all written so far."""
        return {(c.name, c.part): c.value for s in self.steps[: step + 1] for c in s.changes}

    def __repr__(self) -> str:
        forward = sum(s.direction == "forward" for s in self.steps)
        return f"<film of the net {self.drawing.name!r}: {forward} steps forward, {len(self.steps) - forward} backward>"


@dataclass(slots=True)
class LayerShape:
    """A layer, to be drawn: the shapes of its parameters, its fields as text, where it stands, whether it runs backward."""

    name: str
    type: str
    parameters: dict[str, tuple[int, ...]]
    fields: str
    line: int
    origin: str
    in_place: bool
    runs_backward: bool


@dataclass(slots=True)
class Edge:
    """Between a blob and a layer: the layer reads it, or writes it (`to_blob`). Whether a gradient comes back this way."""

    blob: str
    layer: str
    to_blob: bool
    gradient: bool


@dataclass
class Drawing:
    """A net as layers, blobs with their shapes, and what connects them, in the order of computation."""

    name: str
    phase: str
    layers: list[LayerShape]
    blobs: dict[str, tuple[int, ...]]
    edges: list[Edge]
    inputs: list[str]
    outputs: list[str]


def drawing(net: Net) -> Drawing:
    """What there is to draw of a net."""
    layers, edges = [], []
    for i, layer in enumerate(net.layers):
        below, above = net.bottom_names[layer.name], net.top_names[layer.name]
        layers.append(
            LayerShape(
                name=layer.name,
                type=layer.type,
                parameters={f"{layer.name}[{j}]": blob.shape for j, blob in enumerate(layer.blobs)},
                fields=_fields(layer.layer_param),
                line=layer.layer_param.line,
                origin=layer.layer_param.origin,
                in_place=bool(set(below) & set(above)),
                runs_backward=net.layer_need_backward[i],
            )
        )
        edges += [Edge(n, layer.name, False, g) for n, g in zip(below, net.bottom_need_backward[i], strict=True)]
        edges += [Edge(n, layer.name, True, net.layer_need_backward[i]) for n in above]
    shapes = {}
    for names, tops in zip(net.top_names.values(), net.tops, strict=True):
        shapes.update((name, blob.shape) for name, blob in zip(names, tops, strict=True))
    return Drawing(net.name, net.phase, layers, shapes, edges, list(net.inputs), list(net.outputs))


def _fields(layer_param: Message) -> str:
    """What was said about a layer beside its name, type and blobs: `num_output: 20 kernel_size: 5`."""
    said = []
    for parameter, message in layer_param.given():
        if parameter.name.endswith("_param"):
            for given, x in message.given():
                if not given.is_message:
                    said.append(f"{given.name}: {', '.join(map(str, x)) if isinstance(x, list) else x}")
    return " ".join(said)


class record:
    """Record what a net does in a block::

        with net.record() as film:
            net.forward()
            net.backward()

    Args:
        limit: arrays of up to this many numbers are kept whole, larger ones as a summary.
    """

    def __init__(self, net: Net, *, limit: int = 64):
        self.net, self.limit, self.film = net, limit, NetFilm(drawing(net))

    def __enter__(self) -> NetFilm:
        events.LISTENERS.append(self)
        return self.film

    def __exit__(self, *_: object) -> None:
        events.LISTENERS.remove(self)

    def layer(self, event: events.LayerRan) -> None:
        """A layer ran, perhaps one of this net."""
        net, i = event.net, event.place
        if net is not self.net:
            return
        layer = net.layers[i]
        below, above = net.bottom_names[layer.name], net.top_names[layer.name]
        if event.direction == "forward":
            changes = [self._change(name, "data", blob.data) for name, blob in zip(above, net.tops[i], strict=True)]
            weighted = zip(above, net.tops[i], layer.loss_weights, strict=True)
            changes += [self._change(name, "diff", blob.diff) for name, blob, weight in weighted if weight]
        else:
            reached = zip(below, net.bottoms[i], net.bottom_need_backward[i], strict=True)
            changes = [self._change(name, "diff", blob.diff) for name, blob, wanted in reached if wanted]
            learnt = enumerate(zip(layer.blobs, layer.param_propagate_down, strict=True))
            changes += [self._change(f"{layer.name}[{j}]", "diff", b.diff) for j, (b, wanted) in learnt if wanted]
        self.film.steps.append(LayerStep(layer.name, layer.type, i, event.direction, changes))

    def _change(self, name: str, part: str, array: object) -> Change:
        return Change(name, part, Value.of(array, self.limit))
