"""A film of a Caffe net as what a view plays: layers and blobs, and how each stands after every step.

A layer that works in place writes its result over what it read. In the drawing the blob then stands twice, before the
layer and after it, though it is one piece of memory: what was before is gone from that step on, and the view says so.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from minigrad.film import Value, Vertex
from minigrad_widgets import text


@dataclass
class Stand:
    """How a node stands from a position on: a state of the drawing, and up to two lines of words."""

    position: int
    state: str
    words: str
    more: str = ""


@dataclass
class Part:
    """A layer, or a blob as one layer wrote it.

    Attributes:
        number: its vertex. name: of the layer or blob. place: of the layer, or of the one that writes the blob.
        stands: how it stands, from position to position. values: what was written, as (position, what, value).
        writes, reads: of a layer the vertices of its tops and bottoms.
        after: of a blob the one that has the same memory, written in place; lost: what of "data" and "diff" is gone.
    """

    number: int
    kind: str
    name: str
    place: int
    stands: list[Stand] = field(default_factory=list)
    values: list[tuple[int, str, Value]] = field(default_factory=list)
    reads: list[int] = field(default_factory=list)
    writes: list[int] = field(default_factory=list)
    after: int | None = None
    lost: set[str] = field(default_factory=set)


@dataclass
class NetSteps:
    """A net with its steps.

    Attributes:
        vertices: for drawing. parts: the same, with what happens to each. captions: of each position, 0 is before all.
        phases: of each position "forward" or "backward". running: of each position the vertex of the layer that ran.
    """

    vertices: list[Vertex]
    parts: list[Part]
    captions: list[str]
    phases: list[str]
    running: list[int | None]


def steps_of(film: Any) -> NetSteps:
    """What happened, from a `NetFilm`."""
    drawing = film.drawing
    parts: list[Part] = []
    layers: list[Part] = []
    written: dict[str, int] = {}
    vertices: list[Vertex] = []
    scopes = _scopes([layer.name for layer in drawing.layers])
    for place, layer in enumerate(drawing.layers):
        mine = [edge for edge in drawing.edges if edge.layer == layer.name]
        part = Part(len(parts), "layer", layer.name, place, reads=[written[e.blob] for e in mine if not e.to_blob])
        parts.append(part)
        layers.append(part)
        scope = scopes[place]
        vertices.append(_vertex(part, layer.type, scope))
        for edge in (e for e in mine if e.to_blob):
            blob = Part(len(parts), "blob", edge.blob, place, reads=[part.number])
            if edge.blob in written:
                parts[written[edge.blob]].after = blob.number
            written[edge.blob] = blob.number
            part.writes.append(blob.number)
            parts.append(blob)
            vertices.append(_vertex(blob, "blob", scope, drawing.blobs[edge.blob]))
    made = NetSteps(vertices, parts, [], [], [])
    _play(film, made, layers)
    return made


def _scopes(names: list[str]) -> list[tuple[str, ...]]:
    """The part before the first / of each layer's name, where several layers have it."""
    before = [name.partition("/")[0] if "/" in name else "" for name in names]
    shared = Counter(before)
    return [(scope,) if scope and shared[scope] > 1 else () for scope in before]


def at_rest(made: NetSteps, net: Any) -> None:
    """Let the parts of a net that was not stepped through show what its blobs hold now."""
    for part in made.parts:
        if part.kind == "layer":
            _stand(part, 0, "plain", "")
            part.values = [
                (0, f"{part.name}[{n}] data", Value.of(b.data)) for n, b in enumerate(net.params.get(part.name, ()))
            ]
            continue
        blob = net.blobs.get(part.name)
        if blob is not None and blob.bytes:
            part.values = [(0, what, Value.of(getattr(blob, what))) for what in ("data", "diff")]
            behind = any(other.after == part.number for other in made.parts)
            part.lost = {what for what, lost in (("data", part.after is not None), ("diff", behind)) if lost}
        _tell(part, 0, "plain")


def _vertex(part: Part, op: str, scope: tuple[str, ...], shape: tuple[int, ...] = ()) -> Vertex:
    return Vertex(
        id=part.number, kind="op", op=op, inputs=tuple(part.reads), parameters={}, scope=scope, line=None, value=None,
        needs_grad=False, shape=shape, dtype="float32", name=part.name,
    )  # fmt: skip


def _play(film: Any, made: NetSteps, layers: list[Part]) -> None:
    """Go through the steps once, and note of every part when it changes."""
    idle = [layer for layer, shape in zip(layers, film.drawing.layers, strict=True) if not shape.runs_backward]
    for part in made.parts:
        part.stands.append(Stand(0, "off", "not yet" if part.kind == "layer" else "no data", ""))
    made.captions.append("Before the first layer.")
    made.phases.append(film.steps[0].direction if film.steps else "forward")
    made.running.append(None)
    before: Part | None = None
    last = (-1, "")
    for position, step in enumerate(film.steps, 1):
        layer = layers[step.place]
        if step.direction == "forward" and (last[1] != "forward" or step.place <= last[0]):
            for other in layers:
                _stand(other, position, "off", "not yet")
        if step.direction == "backward" and last[1] != "backward":
            for other in layers:
                quiet = other in idle
                _stand(other, position, "off" if quiet else "waiting", "no gradient" if quiet else "waits")
        if before is not None and before is not layer:
            _stand(before, position, "done", f"✓ {last[1]}")
        _stand(layer, position, "running", f"▶ {step.direction}")
        _write(made, layer, step, position)
        made.captions.append(_caption(made, layer, step))
        made.phases.append(step.direction)
        made.running.append(layer.number)
        before, last = layer, (step.place, step.direction)


def _write(made: NetSteps, layer: Part, step: Any, position: int) -> None:
    """Note what a step wrote, in the blobs and in the layer's parameters, and what it wrote over."""
    for part in made.parts:  # what was written at the step before is no longer the newest
        if part.kind == "blob" and part.stands[-1].state == "ready":
            _tell(part, position, "plain")
    near = layer.writes if step.direction == "forward" else layer.reads
    for change in step.changes:
        blob = next((made.parts[n] for n in [*near, *layer.writes] if made.parts[n].name == change.name), None)
        if blob is None:
            layer.values.append((position, f"{change.name} {change.part}", change.value))
            continue
        blob.values.append((position, change.part, change.value))
        blob.lost.discard(change.part)
        _tell(blob, position, "ready")
        twins = [p for p in made.parts if p.after == blob.number] if step.direction == "forward" else []
        twins += [made.parts[blob.after]] if step.direction == "backward" and blob.after is not None else []
        for twin in twins:
            if any(part == change.part for _, part, _ in twin.values):
                twin.lost.add(change.part)
                _tell(twin, position, "plain")


def _tell(blob: Part, position: int, state: str) -> None:
    """The newest data and diff of a blob, as its two lines."""
    newest = {part: text.brief(value, of=part) for _, part, value in blob.values}
    told = {part: "written over" if part in blob.lost else brief for part, brief in newest.items()}
    data, diff = (f"{part} {told[part]}".replace(f"{part} ‖", "‖") if part in told else "" for part in ("data", "diff"))
    _stand(blob, position, state, data or "no data", diff)


def _stand(part: Part, position: int, state: str, words: str, more: str = "") -> None:
    if part.stands and part.stands[-1].position == position:
        part.stands.pop()
    part.stands.append(Stand(position, state, words, more))


def at(part: Part, position: int) -> Stand:
    """How a part stands at a position."""
    return next(s for s in reversed(part.stands) if s.position <= position)


def _caption(made: NetSteps, layer: Part, step: Any) -> str:
    """What a step did, in a sentence."""
    reads = _listed([made.parts[n].name for n in layer.reads])
    if step.direction == "forward":
        writes = _listed(
            [f"{c.name} {text.shape(c.value.shape)}".replace(" scalar", "") for c in step.changes if c.part == "data"]
        )
        place = " in place" if set(layer_names(made, layer.reads)) & set(layer_names(made, layer.writes)) else ""
        return f"Forward: {layer.name} ({step.type}) {f'reads {reads} and ' if reads else ''}writes {writes}{place}."
    below = set(layer_names(made, layer.reads))
    bottoms = [c.name for c in step.changes if c.name in below]
    learnt = [c.name for c in step.changes if c.name not in below]
    above = _listed(layer_names(made, layer.writes))
    place = " in place" if below & set(layer_names(made, layer.writes)) else ""
    told = [f"writes the diff of {_listed(bottoms)}{place}"] if bottoms else []
    told += [f"adds to the diff of {_listed(learnt)}"] if learnt else []
    did = " and ".join(told) or "writes nothing"
    return f"Backward: {layer.name} ({step.type}) reads the diff of {above}, {did}."


def layer_names(made: NetSteps, numbers: list[int]) -> list[str]:
    """The names of some blobs."""
    return [made.parts[n].name for n in numbers]


def _listed(names: list[str]) -> str:
    return text.cut(" and ".join([*([", ".join(names[:-1])] if len(names) > 1 else []), *names[-1:]]), 70)
