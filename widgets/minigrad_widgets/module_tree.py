"""`ModuleTree`: the parts of a model as a table: names, types, shapes and how many numbers are learned."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from math import prod
from typing import Any

from minigrad_widgets import text


class ModuleTree:
    """Show what a module is made of, parts within parts.

    It is a plain table, so it looks the same live, in a saved notebook and on a printed page.

    Args:
        model: a `minigrad.nn.Module`.

    Errors: TypeError for anything else.
    """

    def __init__(self, model: Any):
        if not (hasattr(model, "named_children") and hasattr(model, "_parameters")):
            raise TypeError(
                "ModuleTree shows modules.\n"
                f"  got:      {type(model).__name__}\n  expected: a minigrad.nn.Module\n"
                "  try:      ModuleTree(model), or GraphView(film) for what ran"
            )
        self._rows = list(_rows(model))

    def __repr__(self) -> str:
        lines = [f"{'  ' * depth + name:<28}{what:<22}{count:>12}" for depth, name, what, count, _ in self._rows]
        return "\n".join(line.rstrip() for line in lines)

    def _repr_html_(self) -> str:
        cell = 'style="text-align:left;padding:2px 14px 2px {}px"'
        rows = []
        for depth, name, what, count, is_module in self._rows:
            label = f"<b>{escape(name)}</b>" if is_module else f"<code>{escape(name)}</code>"
            rows.append(
                f"<tr><td {cell.format(8 + 22 * depth)}>{label}</td><td {cell.format(8)}>{escape(what)}</td>"
                f'<td style="text-align:right;padding:2px 8px">{count}</td></tr>'
            )
        head = f"<tr><th {cell.format(8)}>part</th><th {cell.format(8)}>what it is</th><th>numbers learned</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def _rows(model: Any) -> Iterator[tuple[int, str, str, str, bool]]:
    """(depth, name, type or shape, count, whether it is a module) for each part, the whole first."""
    stack: list[tuple[int, str, Any]] = [(0, "model", model)]
    while stack:
        depth, name, module = stack.pop()
        yield depth, name, type(module).__name__, _count(module), True
        for own, parameter in module._parameters.items():
            if parameter is not None:
                yield depth + 1, own, text.shape(tuple(parameter.shape)), _grouped(prod(parameter.shape)), False
        stack.extend((depth + 1, child, part) for child, part in reversed(list(module.named_children())))


def _count(module: Any) -> str:
    total = sum(prod(p.shape) for p in module.parameters())
    return _grouped(total) if total else "–"


def _grouped(count: int) -> str:
    return f"{count:,}".replace(",", "\u202f")
