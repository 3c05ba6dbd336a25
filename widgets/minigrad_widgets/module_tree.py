"""`ModuleTree`: the parts of a model, parts within parts, with their shapes, their costs and their gradients."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import numpy
import traitlets

from minigrad.errors import MinigradError
from minigrad.film import Film
from minigrad_widgets import text
from minigrad_widgets.after_cell import after_each_cell
from minigrad_widgets.base import View, esm
from minigrad_widgets.kept import rest_after
from minigrad_widgets.module_costs import Costs, costs_of
from minigrad_widgets.module_parts import Part, opened_first, parts_of
from minigrad_widgets.module_picture import Column, tree_picture

ROOM = 44  # lines that are seen at first


class ModuleTree(View):
    """Show what a module is made of::

        ModuleTree(model)                   # modules, parameters, shapes, and which share each has
        ModuleTree(model, x)                # runs it: outputs, multiply-adds, time, and the operations in each module
        ModuleTree(model, film)             # the operations of a run that was recorded

    It is live: after each cell, at each `update()`, and as a callback of `minigrad.train.fit` after each backward pass
    (at most ten times a second), it shows which modules are in training and how large the gradients are. Printed it is a
    table of the modules and what they learn.

    Args:
        model: a `minigrad.nn.Module`.
        run: a film; or what the model is to be called with: a tensor, a tuple of tensors, or a shape for zeros of it. It
            runs in evaluation and without gradients, and is left as it was.
        opened: the modules that are open, by their paths; by default as many levels as fit in 44 lines.

    Errors: TypeError for anything but a module; ValueError for a film in which it does not run.
    """

    _esm = esm("tree")
    opened = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _live = traitlets.Dict().tag(sync=True)

    def __init__(self, model: Any, run: Any = None, *, opened: Sequence[str] | None = None):
        if not (hasattr(model, "named_children") and hasattr(model, "_parameters")):
            raise TypeError(
                "ModuleTree shows modules.\n"
                f"  got:      {type(model).__name__}\n  expected: a minigrad.nn.Module\n"
                "  try:      ModuleTree(model), or GraphView(film) for what ran"
            )
        self._model = model
        self._costs = Costs() if run is None or isinstance(run, Film) else costs_of(model, run)
        self.parts = parts_of(model, run if isinstance(run, Film) else self._costs.film)
        self._again = -math.inf
        first = opened_first(self.parts, ROOM) if opened is None else list(opened)
        super().__init__(_data=self._told(), _live=self._now(), opened=first)
        after_each_cell(self, "update")

    # -- what happens while the model learns ----------------------------------------------------------------------

    def update(self) -> None:
        """Show the modes and the gradients as they are now."""
        began = time.monotonic()
        live = self._now()
        if live != self._live:
            self._live = live
        now = time.monotonic()
        self._again = now + rest_after(now - began)

    def on_backward_end(self, run: Any) -> None:
        """For `fit(…, callbacks=[tree])`."""
        if time.monotonic() >= self._again:
            self.update()

    def _now(self) -> dict[str, Any]:
        """By key: a gradient's norm in words and as a share of a logarithmic bar; badges where they are not those of the whole."""
        norms: dict[str, float] = {}
        badges: dict[str, list[str]] = {}
        around: list[tuple[bool, bool]] = []  # training and frozen, of the modules on the way to this line
        squares = {id(p): _square(p.grad) for p in self._model.parameters() if p.grad is not None}
        for part in self.parts:
            if part.kind == "op" or (module := self._module(part.path)) is None:
                continue
            del around[part.depth :]
            outer = around[-1] if around else (None, False)
            if part.kind == "module":
                learned = list(module.parameters())
                state = bool(module.training), bool(learned) and not any(p.requires_grad for p in learned)
                mode = ["training" if state[0] else "evaluation"] if state[0] != outer[0] else []
                around.append(state)
            else:
                parameter = module._parameters.get(part.name)
                learned = [] if parameter is None else [parameter]
                state, mode = (True, bool(learned) and not learned[0].requires_grad), []
            if words := mode + (["frozen"] if state[1] and not outer[1] else []):
                badges[part.key] = words
            known = [squares[id(p)] for p in learned if id(p) in squares]
            if known:
                norms[part.key] = math.sqrt(sum(known)) if math.isfinite(sum(known)) else math.nan
        logs = [math.log10(n) for n in norms.values() if n > 0]
        low, wide = (min(logs), max(logs) - min(logs)) if logs else (0.0, 0.0)
        steepness = 0.94 / wide if wide else 0.0
        bar = {key: round(1 - steepness * (low + wide - math.log10(n)), 3) if n > 0 else 0 for key, n in norms.items()}
        told = {k: [text.number(n) if math.isfinite(n) else "not finite", bar[k]] for k, n in norms.items()}
        return {"norms": told, "badges": badges}

    def _module(self, path: str) -> Any:
        """A part of the model; None if it has been taken out since."""
        try:
            return self._model.get_submodule(path)
        except MinigradError:
            return None

    # -- what the browser and the picture are told -----------------------------------------------------------------

    def _told(self) -> dict[str, Any]:
        costs, total = self._costs, max(self.parts[0].count, 1)
        most = max([1, *costs.multiply_adds.values()])
        longest = costs.seconds.get("") or 1.0
        rows = []
        for part in self.parts:
            row: dict[str, Any] = {
                "key": part.key, "depth": part.depth, "name": part.name, "kind": part.kind, "what": part.what,
                "count": _grouped(part.count) if part.count else "", "share": round(part.count / total, 4),
            }  # fmt: skip
            if part.output:
                row["output"] = part.output
            if part.kind == "module" and part.calls != 0:
                row["calls"] = part.calls or 1
                if costs.shapes.get(part.path):
                    row["output"] = ", ".join(text.shape(s) for s in costs.shapes[part.path])
                if costs.multiply_adds.get(part.path):
                    row["adds"] = [_grouped(costs.multiply_adds[part.path]), costs.multiply_adds[part.path] / most]
                if part.path in costs.seconds:
                    share = min(1.0, costs.seconds[part.path] / longest)
                    row["time"] = [_duration(costs.seconds[part.path]), text.percent(share), round(share, 4)]
            elif part.calls == 0:
                row["idle"] = True
            rows.append(row)
        return {"rows": rows}

    def _visible(self) -> list[Part]:
        """The lines that are seen."""
        known, seen, closed = set(self.opened), [], None
        for part in self.parts:
            if closed is not None and part.depth > closed:
                continue
            closed = part.depth if part.kind == "module" and part.key not in known else None
            seen.append(part)
        return seen

    def picture(self) -> str:
        """The lines that are seen, as SVG text: all but the times, which are never the same twice."""
        rows = {row["key"]: row for row in self._data["rows"]}
        norms = self._live["norms"]
        seen = self._visible()
        columns = [
            Column("output", [rows[p.key].get("output", "") for p in seen]),
            Column("numbers learned", [(rows[p.key]["count"], rows[p.key]["share"]) for p in seen]),
            Column("multiply-adds", [tuple(rows[p.key].get("adds", ("", 0))) for p in seen]),
            Column("‖gradient‖", [tuple(norms.get(p.key, ("", 0))) for p in seen]),
        ]
        inner = {a.key for a, b in zip(self.parts, self.parts[1:], strict=False) if b.depth > a.depth}
        return tree_picture(seen, inner, set(self.opened), self._live["badges"], columns, self.describe())

    def describe(self) -> str:
        """How large the model is."""
        modules = sum(p.kind == "module" for p in self.parts)
        tensors = sum(1 for _ in self._model.parameters())
        learned = _grouped(self.parts[0].count) if self.parts[0].count else "no"
        return f"{self.parts[0].what}: {learned} numbers learned in {tensors} parameters; {modules} modules"

    def open_all(self) -> None:
        """Open every module."""
        self.opened = [p.key for p in self.parts if p.kind == "module"]

    def close_all(self) -> None:
        """Close every module but the whole."""
        self.opened = [""]

    def __repr__(self) -> str:
        lines = [
            f"{'  ' * p.depth + p.name:<28}{p.what:<22}{_grouped(p.count) if p.count else '–':>12}"
            for p in self.parts
            if p.kind != "op"
        ]
        return "\n".join(line.rstrip() for line in lines)


def _square(gradient: Any) -> float:
    """The sum of squares; infinite or NaN if an element is, or if it is too large for a float."""
    g = numpy.asarray(gradient.detach().cpu().numpy(), numpy.float64).reshape(-1)
    with numpy.errstate(over="ignore", invalid="ignore"):
        return float(g @ g)


def _grouped(count: int) -> str:
    return f"{count:,}".replace(",", "\u202f")


def _duration(seconds: float) -> str:
    """Three digits in the unit that suits: 1.2 s, 340 ms, 25.1 µs."""
    unit, size = next((u for u in (("s", 1.0), ("ms", 1e-3)) if seconds >= u[1]), ("µs", 1e-6))
    return f"{text.number(seconds / size)} {unit}"
