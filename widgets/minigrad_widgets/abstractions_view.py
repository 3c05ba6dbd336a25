"""`AbstractionsView`: the same network as Caffe's layers, as a declared graph and as a tape, side by side."""

from __future__ import annotations

from typing import Any

from minigrad_widgets.abstraction_columns import caffe_column, graph_column, tape_column
from minigrad_widgets.abstraction_picture import Drawing
from minigrad_widgets.abstractions import Column, step_name
from minigrad_widgets.base import View, esm


class AbstractionsView(View):
    """Three columns: the same network as layers, as a declared graph, and as a tape::

        AbstractionsView(net, [loss, train_step], film)

    What is the same step of the network stands in one row. Point at anything to see its counterparts, what it keeps, and
    the line that made it; a click keeps it. The arrow keys go up and down within a column, and across to the others.

    Args:
        net: a `caffe.Net`. fetches: tensors or operations of a declared graph (what a session would be asked for).
        film: a film (`minigrad.record()`) or a tensor. Any of the three may be None, and its column is left out.

    Attributes:
        columns: what is shown, as plain data.

    Errors: TypeError for what is none of these, ValueError if all are None.
    """

    _esm = esm("abstractions")

    def __init__(self, net: Any = None, fetches: Any = None, film: Any = None) -> None:
        made = ((net, caffe_column), (fetches, graph_column), (film, tape_column))
        self.columns: list[Column] = [column(given) for given, column in made if given is not None]
        if not self.columns:
            raise ValueError(
                "AbstractionsView: there is nothing to show.\n  got:      None three times\n"
                "  expected: a caffe.Net, fetches of a declared graph, a film: at least one of them\n"
                "  try:      AbstractionsView(net, [loss, train_step], film)"
            )
        for n, column in enumerate(self.columns):
            for item in column.items:
                item.key, item.reads = f"{n} {item.key}", [f"{n} {key}" for key in item.reads]
        self._drawing = Drawing(self.columns)
        super().__init__(_data=self._told())

    def _told(self) -> dict[str, Any]:
        rows = self._drawing.rows
        items = [
            {
                "key": item.key, "column": n, "step": rows.index(item.step), "title": item.title, "note": item.note,
                "keeps": item.keeps, "role": item.role, "told": item.told,
            }
            for n, column in enumerate(self.columns)
            for item in column.items
        ]  # fmt: skip
        steps = [step_name(row, rows) for row in rows]
        return {"svg": self._drawing.svg(), "items": items, "steps": steps, "columns": [c.title for c in self.columns]}

    def picture(self) -> str:
        """The columns, as SVG text."""
        return self._drawing.svg(alone=True)

    def describe(self) -> str:
        """How many things each column has."""
        counted = ", ".join(f"{column.title} {len(column.items)}" for column in self.columns)
        return f"{len(self._drawing.rows)} steps; {counted}"
