"""`BackwardStepper`: step through the backward pass of one's own program, forward and backward in time."""

from __future__ import annotations

from typing import Any

import traitlets

from minigrad_widgets import layout, svg
from minigrad_widgets.base import esm
from minigrad_widgets.cards import Cards
from minigrad_widgets.frames import Frame, frame_at, frames_of, passes_of
from minigrad_widgets.positions import caption, sent_on, state_of, widest_words
from minigrad_widgets.program_view import ProgramView


class BackwardStepper(ProgramView):
    """Step through a recorded program, forward pass and backward pass.

    Drag the slider, press play, or use the keys: J and K (or ← and →) one step back and on, Home and End, the space
    bar to play. Click a value to follow it; click a module to close or open it: a closed one steps as one.

    Args:
        film: what `with minigrad.record() as film:` recorded.
        position: the frame to begin at; by default the start of the first backward pass. Negative counts from the end.
        opened: the groups to open at first, by key.

    Attributes:
        position: the frame that is shown, from 0.
        playing: whether it moves on by itself.

    Errors: ValueError for a film in which nothing happened.
    """

    _esm = esm("player", "stepper")
    position = traitlets.Int(0).tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)

    def __init__(self, film: Any, *, position: int | None = None, opened: list[str] | None = None):
        self._wanted = position
        super().__init__(film, opened=opened)

    def _first(self) -> dict[str, Any]:
        if not self.film.steps:
            raise ValueError(
                "BackwardStepper: nothing was recorded that could be stepped through.\n"
                "  got:      a program without steps\n"
                "  expected: a film of a forward and a backward pass\n"
                "  try:      with minigrad.record() as film: loss = …; loss.backward()"
            )
        starts = [n for n, f in enumerate(self._frames) if f.kind == "start"]
        begin = self._wanted if self._wanted is not None else starts[0] if starts else len(self._frames) - 1
        if begin < 0:
            begin += len(self._frames)
        return {"_data": self._told(), "position": min(max(begin, 0), len(self._frames) - 1)}

    def __len__(self) -> int:
        """How many frames there are."""
        return len(self._frames)

    @traitlets.validate("position")
    def _inside(self, proposal: dict) -> int:
        return min(max(proposal["value"], 0), len(self._frames) - 1)

    def _prepare(self) -> None:
        self._passes = passes_of(self.film)
        self._frames = frames_of(self.film, self._scene, self._passes)
        cards = Cards(self.film, self._scene, self._passes, self._frames)
        self._cards = {key: cards.card(node) for key, node in self._scene.nodes.items()}
        self._values, self._rules = cards.values.list, cards.rules
        widest = {key: widest_words(card) for key, card in self._cards.items()}
        self._layout = layout.lay_out(self._scene, lines=3, widest=widest)
        self._sent = sent_on(self.film, self._scene, self._passes, cards.frame_of)

    def _told(self) -> dict[str, Any]:
        frames = [
            {"kind": f.kind, "nodes": f.nodes, "pass": f.number, "done": f.last + 1, "caption": self._caption(f)}
            for f in self._frames
        ]
        return {
            "svg": svg.render(self._scene, self._layout, states={}),
            "frames": frames,
            "cards": list(self._cards.values()),
            "values": self._values,
            "rules": self._rules,
            "sent": self._sent,
            "ends": [[e.source, e.target] for e in self._scene.edges],
        }

    def _caption(self, frame: Frame) -> str:
        return caption(self.film, self._scene, frame, self._passes)

    def _reopen(self, change: dict) -> None:
        self._steps_done = self._frames[self.position].last + 1
        super()._reopen(change)

    def _moved(self) -> None:
        self.position = frame_at(self._frames, self._steps_done)
        if self.selection not in self._scene.nodes:
            self.selection = ""

    def picture(self) -> str:
        """The graph at this position, as SVG text."""
        return self._picture_at(self.position)

    def still(self) -> str:
        """The graph in the middle of the backward pass, where there is most to see, unless a position was asked for."""
        return self._picture_at(self._still_position())

    def still_words(self) -> str:
        """What happens at the still's position."""
        return self._words_at(self._still_position())

    def _still_position(self) -> int:
        backward = [n for n, f in enumerate(self._frames) if f.kind == "backward"]
        return backward[len(backward) // 2] if backward and self._wanted is None else self.position

    def _words_at(self, position: int) -> str:
        return f"Step {position} of {len(self._frames) - 1}. {self._caption(self._frames[position])}"

    def _picture_at(self, position: int) -> str:
        frame = self._frames[position]
        states = {key: state_of(card, frame, position) for key, card in self._cards.items()}
        mine = [
            (n, f, words) for n, uses in enumerate(self._sent) for number, f, words in uses if number == frame.number
        ]
        return svg.render(
            self._scene,
            self._layout,
            states=states,
            sent={n: words for n, f, words in mine if f == position},
            carried=frozenset(n for n, f, _ in mine if f < position),
            caption=self._words_at(position),
            alone=True,
        )

    def describe(self) -> str:
        """How many frames there are, and which is shown."""
        kinds = [f.kind for f in self._frames]
        forward, backward = kinds.count("forward"), kinds.count("backward")
        return f"{forward} steps forward, {backward} backward; frame {self.position} of {len(self._frames) - 1}"
