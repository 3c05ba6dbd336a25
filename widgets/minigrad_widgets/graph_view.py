"""`GraphView`: a program as a graph of values, with modules that open and close."""

from __future__ import annotations

from typing import Any

from minigrad.film import Film
from minigrad.tensor import Tensor
from minigrad_widgets import layout, svg, text
from minigrad_widgets.base import esm
from minigrad_widgets.cards import Cards
from minigrad_widgets.executed import marks_of, together
from minigrad_widgets.frames import frames_of, passes_of
from minigrad_widgets.program import drawn_symbols
from minigrad_widgets.program_view import ProgramView


class GraphView(ProgramView):
    """Draw a program: every value with its name, shape, number and gradient, modules as frames.

    Click a module's name to close it, a closed one (or Enter on it) to open it; click a value to see its numbers and the
    line of code that made it.

    Args:
        program: a film (`minigrad.record()`), a tensor (its tape is drawn), a graph (its scopes are frames, its gradients
            green, its updates orange), or what is fetched of a graph: then what that needs.
        executed: for a graph: what was fetched, or a run's `RunMetadata`. What that does not need, or did not run, is pale.
        opened: the groups to open at first, by key; by default as many modules as a small drawing can hold.
    """

    _esm = esm("graph")

    def __init__(self, program: Any, *, executed: Any = None, opened: list[str] | None = None):
        symbols = None if isinstance(program, (Film, Tensor)) else drawn_symbols(program)
        self._marks = marks_of(symbols, executed) if symbols else []
        super().__init__(program, opened=opened)

    def _prepare(self) -> None:
        self._passes = passes_of(self.film)
        self._frames = frames_of(self.film, self._scene, self._passes)
        cards = Cards(self.film, self._scene, self._passes, self._frames)
        self._cards = [cards.card(node) for node in self._scene.nodes.values()]
        self._values, self._rules = cards.values.list, cards.rules
        states = self._gradients() or self._declared()
        self._states = states if states else None
        words = {key: [state.words] for key, state in states.items()}
        self._layout = layout.lay_out(self._scene, lines=3 if states else 2, widest=words)

    def _declared(self) -> dict[str, svg.State]:
        """Of a declared graph: what is a gradient or an update, and what a run needs or did."""
        if not any(self._marks):
            return {}
        return {key: together([self._marks[n] for n in node.members]) for key, node in self._scene.nodes.items()}

    def _gradients(self) -> dict[str, svg.State]:
        """On every value that got one, its gradient in the last backward pass."""
        states = {}
        if not self._passes:
            return states
        last = self._passes[-1]
        for key, node in self._scene.nodes.items():
            step = (
                self.film.steps[last.runs[node.members[0]]]
                if node.group is None and node.members[0] in last.runs
                else None
            )
            if step is not None:
                states[key] = svg.State("plain", f"grad {text.brief(step.g)}".replace("‖g‖", "norm"))
        return states

    def _told(self) -> dict[str, Any]:
        return {
            "svg": svg.render(self._scene, self._layout, states=self._states),
            "cards": self._cards,
            "values": self._values,
            "rules": self._rules,
        }

    def picture(self) -> str:
        """The graph, as SVG text."""
        return svg.render(self._scene, self._layout, states=self._states, alone=True)

    def describe(self) -> str:
        """How large the program is."""
        operations = sum(v.kind == "op" for v in self.film.vertices)
        return f"{operations} operations on {len(self.film.vertices) - operations} inputs and parameters"
