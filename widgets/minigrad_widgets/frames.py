"""A film as what a scene can play: one frame for each step of a visible node.

A closed group steps as one: steps that follow each other inside it are one frame. What happened in each backward
pass is worked out for single values first (`Pass`), and only then gathered for what is visible.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from minigrad.film import Film, Value
from minigrad_widgets.scene import Scene


@dataclass
class Contribution:
    """A gradient on its way: `step` sent it from `source`, as that op's input number `place`, to `target`."""

    step: int
    source: int
    place: int
    target: int
    value: Value | None


@dataclass
class Pass:
    """One backward pass: which steps of the film it is, what arrived at each value, and when each ran.

    `arrivals` holds the contributions in the order of their arrival, `decided` the step after which none is
    outstanding, `runs` the step at which the value's rule ran (for a leaf: at which its `.grad` was written).
    """

    first: int
    last: int
    arrivals: dict[int, list[Contribution]] = field(default_factory=dict)
    decided: dict[int, int] = field(default_factory=dict)
    runs: dict[int, int] = field(default_factory=dict)
    roots: list[int] = field(default_factory=list)


@dataclass
class Frame:
    """One position of the stepper: the film's steps `first` to `last` (none if it is one that only explains).

    kind: begin, forward, start, backward, accumulate, update or finished. `number` is the backward pass, -1 before
    the first.
    """

    kind: str
    nodes: list[str]
    first: int
    last: int
    number: int


def passes_of(film: Film) -> list[Pass]:
    """The backward passes of a film."""
    passes: list[Pass] = []
    current: Pass | None = None
    done: set[tuple[str, int]] = set()
    for place, step in enumerate(film.steps):
        if step.kind == "finished":
            if current is not None:
                current.last = place
            current = None
        if step.kind not in ("backward", "accumulate"):
            continue
        if current is None or (step.kind, step.vertex) in done:
            current = Pass(place, place)
            passes.append(current)
            done = set()
        done.add((step.kind, step.vertex))
        current.last = place
        if step.vertex not in current.runs:
            current.runs[step.vertex] = place
            if step.vertex not in current.decided:
                current.roots.append(step.vertex)
        for slot, (target, value) in enumerate(step.parts):
            if target is not None:
                current.decided[target] = place
                if value is not None:
                    sent = Contribution(place, step.vertex, slot, target, value)
                    current.arrivals.setdefault(target, []).append(sent)
    return passes


def frames_of(film: Film, scene: Scene, passes: list[Pass]) -> list[Frame]:
    """The positions that a stepper goes through."""
    frames = [Frame("begin", [], 0, -1, -1)]
    starts = {p.first: number for number, p in enumerate(passes)}
    number = -1
    for place, step in enumerate(film.steps):
        if place in starts:
            number = starts[place]
            roots = list(dict.fromkeys(scene.shown_in[r] for r in passes[number].roots))
            frames.append(Frame("start", roots, place, place - 1, number))
        if step.kind == "finished":
            frames.append(Frame("finished", [], place, place, number))
            continue
        key = scene.shown_in[step.vertex]
        before = frames[-1]
        if before.kind == step.kind == "update":
            before.last = place
            if key not in before.nodes:
                before.nodes.append(key)
            continue
        backward = ("backward", "accumulate")
        alike = before.kind == step.kind or (before.kind in backward and step.kind in backward)
        if before.nodes == [key] and scene.nodes[key].group and alike:
            before.last = place
            continue
        frames.append(Frame(step.kind, [key], place, place, number))
    return frames


def frame_at(frames: list[Frame], steps_done: int) -> int:
    """The position at which exactly so many steps of the film have happened, or the first with more."""
    return next((n for n, f in enumerate(frames) if f.last + 1 >= steps_done), len(frames) - 1)
