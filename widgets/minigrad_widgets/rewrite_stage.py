"""One stage of a graph that is rewritten, as a drawing: its scene, its places, and how each node stands in a rewrite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minigrad.film import Film, Value
from minigrad_widgets import layout, svg, text
from minigrad_widgets.grouping import keep_small
from minigrad_widgets.rewrite_groups import groups_of
from minigrad_widgets.rewriting import Change, Mark, Record
from minigrad_widgets.scene import Node, scene_of

NAMED = 8  # so many values are named in a sentence


class Drawn:
    """The drawing of one stage.

    Attributes:
        scene, layout: as for every graph. marks: for each change that begins or ends here, what stands on which side.
    """

    def __init__(self, record: Record, number: int, opened: Sequence[str] | None):
        self.record, self.number, self.stage = record, number, record.stages[number]
        self.root, first = groups_of(record, number)
        self.opened = keep_small(self.root, first if opened is None else opened)
        self.scene = scene_of(Film(self.stage.vertices), self.root, self.opened)
        for node in self.scene.nodes.values():
            if node.group is None:
                self._title(node)
        self.standing = {
            (k, side): {key: self._stands(node, marks) for key, node in self.scene.nodes.items()}
            for k, change in enumerate(record.changes)
            for side, stage, marks in (("left", change.before, change.left), ("right", change.after, change.right))
            if stage == number
        }
        said: dict[str, list[str]] = {}
        for states in self.standing.values():
            for key, state in states.items():
                if state.words:
                    said.setdefault(key, []).append(state.words)
        self.layout = layout.lay_out(self.scene, lines=dict.fromkeys(said, 3), widest=said)

    def _title(self, node: Node) -> None:
        n = node.members[0]
        v = self.stage.vertices[n]
        numbers = [i for i in v.inputs if isinstance(i, str) and len(i) < 8]
        node.title = text.cut(" ".join([self.stage.names[n], *numbers]).replace("-", "−"), 26)
        results = sum(other.op == "part" and other.inputs == (n,) for other in self.stage.vertices)
        if results:
            node.subtitle = f"{results} results"
        if n in self.stage.outputs:
            node.subtitle += ", fetched"

    def _stands(self, node: Node, marks: Sequence[Mark]) -> svg.State:
        """How a node stands: as its value does; a closed group says how many of its values change."""
        mine = [marks[n] for n in node.members]
        if node.group is None:
            return svg.State(mine[0].state, mine[0].words)
        states = [m.state for m in mine if m.state != "plain"]
        if not states:
            return svg.State()
        state = states[0] if len(set(states)) == 1 else "merged"
        return svg.State(state, f"{len(states)} of {len(mine)} change")

    def links(self, change: Change) -> list[tuple[str, str]]:
        """The nodes whose values are equal and become one: each with the one that stays."""
        pairs = []
        for o, mark in enumerate(change.left):
            if mark.words.startswith("="):
                of = change.right[mark.partners[0]].partners
                stays = next(n for n in of if change.left[n].state == "plain" or n == of[0])
                pair = self.scene.shown_in[stays], self.scene.shown_in[o]
                if pair[0] != pair[1] and pair not in pairs:
                    pairs.append(pair)
        return pairs

    def svg(self, states: dict[str, svg.State], links: Sequence[tuple[str, str]]) -> str:
        """The drawing with its nodes standing so."""
        return svg.render(self.scene, self.layout, states=states, links=links)

    def cards(self) -> list[dict[str, Any]]:
        """What is known of each node, whatever the rewrite."""
        return [self._card(node) for node in self.scene.nodes.values()]

    def _card(self, node: Node) -> dict[str, Any]:
        card: dict[str, Any] = {"key": node.key, "kind": node.kind, "title": node.title, "subtitle": node.subtitle}
        if node.group is not None:
            return card
        n = node.members[0]
        v = self.stage.vertices[n]
        names = [self.stage.names[i] if isinstance(i, int) else i.replace("-", "−") for i in v.inputs]
        card["takes"] = text.cut(", ".join(names), 120)
        card["dtype"] = v.dtype
        if v.parameters:
            card["parameters"] = text.cut(", ".join(f"{k}={x}" for k, x in v.parameters.items()), 120)
        if n in self.stage.sources:
            card["source"] = self.stage.sources[n]
        if isinstance(v.value, Value):
            told = {"shape": text.shape(v.shape), "cells": text.grid(v.value), "summary": text.summary(v.value)}
            card["value"] = {k: x for k, x in told.items() if x}
        return card

    def counterparts(self, marks: Sequence[Mark], other: Drawn) -> dict[str, list[str]]:
        """For each node the nodes of another stage that its values became, or came from."""
        return {
            key: list(dict.fromkeys(other.scene.shown_in[p] for n in node.members for p in marks[n].partners))
            for key, node in self.scene.nodes.items()
        }
