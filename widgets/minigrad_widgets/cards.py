"""Everything a stepper shows, as plain data: computed here once, played in the browser without asking back.

Frames and nodes refer to each other by number and to arrays through one shared list, so that a gradient that two
places show travels once.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import minigrad
from minigrad.film import Film, Value, Vertex
from minigrad_widgets import text
from minigrad_widgets.frames import Contribution, Frame, Pass
from minigrad_widgets.rules import filled, readable, rule_of
from minigrad_widgets.scene import Node, Scene

ROWS = 24


class Values:
    """The arrays that are shown, each once."""

    def __init__(self) -> None:
        self.list: list[dict[str, Any]] = []
        self._known: dict[int, int] = {}
        self._kept: list[Value] = []

    def put(self, value: Value | None) -> int | None:
        """The number of a value in the list."""
        if value is None:
            return None
        if id(value) not in self._known:
            self._kept.append(value)
            self._known[id(value)] = len(self.list)
            told = {"shape": text.shape(value.shape), "cells": text.grid(value), "summary": text.summary(value)}
            self.list.append({k: v for k, v in told.items() if v})
        return self._known[id(value)]


class Cards:
    """The cards of a scene's nodes."""

    def __init__(self, film: Film, scene: Scene, passes: list[Pass], frames: list[Frame]):
        self.film, self.scene, self.passes, self.frames = film, scene, passes, frames
        self.values = Values()
        self.rules: dict[str, dict[str, str]] = {}
        self.frame_of = [0] * len(film.steps)
        for number, frame in enumerate(frames):
            self.frame_of[frame.first : frame.last + 1] = [number] * (frame.last + 1 - frame.first)
        self.made = {s.vertex: n for n, s in reversed(list(enumerate(film.steps))) if s.kind == "forward"}

    def card(self, node: Node) -> dict[str, Any]:
        """What is known of a node at all times; `passes` says what happens to it in each backward pass."""
        steps = [self.made[v] for v in node.members if v in self.made]
        card: dict[str, Any] = {
            "key": node.key,
            "kind": node.kind,
            "title": node.title,
            "subtitle": node.subtitle,
            "made": self.frame_of[min(steps)] if steps else 0,
            "passes": [self._pass(node, p) for p in self.passes],
        }
        if node.group is not None:
            counts = Counter(self.film.vertices[v].op for v in node.members if self.film.vertices[v].kind == "op")
            card["counts"] = ", ".join(f"{n} {op}" for op, n in counts.most_common(8))
            return card
        v = self.film.vertices[node.members[0]]
        card |= {
            "path": list(v.scope),
            "name": v.name,
            "value": self.values.put(v.value),
            "shape": text.shape(v.shape),
            "dtype": v.dtype,
            "inputs": [self._input(v, place) for place, given in enumerate(v.inputs) if given != "None"],
        }
        if v.line is not None:
            card["where"] = text.place(v.line)
            card["line"] = text.cut(v.line.text, 200)
        if v.parameters:
            card["parameters"] = ", ".join(f"{k}={x}" for k, x in v.parameters.items())
        if v.op:
            card["rule"] = v.op
            rule = rule_of(v.op)
            self.rules[v.op] = {"html": rule.derivation, "code": rule.code}
        return card

    def _input(self, v: Vertex, place: int) -> dict[str, Any]:
        given = v.inputs[place]
        name = rule_of(v.op).input(place)
        if not isinstance(given, int):
            return {"name": name, "label": "not recorded" if given == "·" else given.replace("-", "−")}
        vertex = self.film.vertices[given]
        told = {"name": name, "label": self.scene.labels[given], "value": self.values.put(vertex.value)}
        return told | {"key": self.scene.shown_in[given], "shape": text.shape(vertex.shape)}

    def _pass(self, node: Node, p: Pass) -> dict[str, Any] | None:
        """What one backward pass does to a node; None if it does not reach it."""
        touched = [v for v in node.members if v in p.arrivals or v in p.runs]
        if not touched:
            return None
        inside = set(node.members)
        coming = [c for v in touched for c in p.arrivals.get(v, ()) if c.source not in inside]
        coming.sort(key=lambda c: c.step)
        runs = sorted({self.frame_of[p.runs[v]] for v in touched if v in p.runs})
        told: dict[str, Any] = {
            "in": [self._contribution(c, node) for c in coming[:ROWS]],
            "more": max(0, len(coming) - ROWS),
            "frames": [self.frame_of[c.step] for c in coming],
            "runs": runs,
            "ready": self._ready(touched, p),
            "root": any(v in p.roots for v in touched),
        }
        if node.group is None:
            told |= self._single(node.members[0], coming, p)
        else:
            out = [c for v in p.arrivals if v not in inside for c in p.arrivals[v] if c.source in inside]
            told["out"] = [{"to": self.scene.labels[c.target], "value": self.values.put(c.value)} for c in out[:ROWS]]
        return told

    def _ready(self, touched: list[int], p: Pass) -> list[list[int]]:
        """The stretches of frames in which the node could run but has not, as [from, up to but without]."""
        start = self.frame_of[p.first] - 1
        spans: list[list[int]] = []
        for v in touched:
            if v in p.runs:
                begin = self.frame_of[p.decided[v]] if v in p.decided else start
                end = self.frame_of[p.runs[v]]
                if begin < end:
                    spans.append([begin, end])
        spans.sort()
        merged: list[list[int]] = []
        for begin, end in spans:
            if merged and begin <= merged[-1][1]:
                merged[-1][1] = max(end, merged[-1][1])
            else:
                merged.append([begin, end])
        return merged

    def _contribution(self, c: Contribution, node: Node) -> dict[str, Any]:
        source = self.film.vertices[c.source]
        told = {
            "frame": self.frame_of[c.step],
            "from": self.scene.labels[c.source],
            "key": self.scene.shown_in[c.source],
            "as": rule_of(source.op).input(c.place),
            "value": self.values.put(c.value),
            "brief": text.brief(c.value),
        }
        return told if node.group is None else told | {"to": self.scene.labels[c.target]}

    def _single(self, v: int, coming: list[Contribution], p: Pass) -> dict[str, Any]:
        """The ledger's sums, the gradient and what the rule makes of it, for a node that is one value."""
        sums, total = [], None
        for c in coming:
            array = None if c.value is None else c.value.array
            whole = array is not None and (total is not None or not sums)
            total = (array if total is None else total + array) if whole else None
            sums.append(None if total is None else self.values.put(Value.of(total)))
        told: dict[str, Any] = {"sums": sums}
        if v not in p.runs:
            return told
        step = self.film.steps[p.runs[v]]
        told["g"], told["brief"] = self.values.put(step.g), text.gradient(step.g)
        if sums:
            sums[-1] = told["g"]
        if step.kind == "accumulate":
            told["total"] = self.values.put(step.total)
            told["added"] = text.brief(step.total) != text.brief(step.g)
        mine = ((n, self.film.steps[n]) for n in range(p.runs[v], p.last + 1))
        later = next((n for n, s in mine if s.kind == "backward" and s.vertex == v), None)
        if later is not None:
            told["out"] = [self._part(v, later, place) for place in range(len(self.film.steps[later].parts))]
        return told

    def _part(self, v: int, step_number: int, place: int) -> dict[str, Any]:
        """One contribution that a rule returned: the formula, filled in, and what became of its shape."""
        vertex, step = self.film.vertices[v], self.film.steps[step_number]
        target, value = step.parts[place]
        rule = rule_of(vertex.op)
        name = rule.input(place)
        given = vertex.inputs[place] if place < len(vertex.inputs) else "·"
        told: dict[str, Any] = {"input": name}
        if target is None or value is None:
            told["none"] = self.scene.labels[given] if isinstance(given, int) else "it" if given == "·" else given
            return told
        told |= {"to": self.scene.labels[target], "key": self.scene.shown_in[target]}
        told |= {"value": self.values.put(value), "brief": text.brief(value)}
        formula = rule.formula(place)
        if formula and len(formula) <= 60:
            told["formula"] = readable(formula)
            known = {"g": _short(step.g), "z": _short(vertex.value)}
            known |= {rule.input(i): self._short_input(x) for i, x in enumerate(vertex.inputs)}
            told["filled"] = filled(formula, {name: x for name, x in known.items() if x})
        op = minigrad.OPS.get(vertex.op)
        spread = op is not None and (op.elementwise or (vertex.op == "linear" and place == 2))
        if spread and step.g is not None and step.g.shape != value.shape:
            told["unbroadcast"] = unbroadcast(step.g.shape, value.shape)
        return told

    def _short_input(self, given: int | str) -> str:
        if isinstance(given, str):
            return given.replace("-", "−")
        return _short(self.film.vertices[given].value, self.film.vertices[given].shape)


def unbroadcast(wide: tuple[int, ...], narrow: tuple[int, ...]) -> str:
    """How a gradient of the broadcast shape became one of the input's own shape."""
    extra = len(wide) - len(narrow)
    axes = [*range(extra), *(d + extra for d, n in enumerate(narrow) if n == 1 and wide[d + extra] != 1)]
    named = "axis " + str(axes[0]) if len(axes) == 1 else "axes " + ", ".join(map(str, axes))
    return f"{text.shape(wide)} → {text.shape(narrow)}: summed over {named}, along which it was broadcast"


def _short(value: Value | None, shape: tuple[int, ...] = ()) -> str:
    """A number as it is, anything larger as its shape."""
    if text.is_number(value):
        return text.brief(value)
    return text.shape(value.shape if value is not None else shape) if (value is not None or shape) else ""
