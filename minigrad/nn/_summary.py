"""What a model is made of and what it costs, module by module: shapes, parameters, multiply-adds, bytes."""

from __future__ import annotations

import html
import math
from typing import Any, NamedTuple

from minigrad import events
from minigrad.creation import zeros
from minigrad.nn._module import Module
from minigrad.nn.utils import evaluating
from minigrad.tape import no_grad
from minigrad.tensor import Tensor


class Row(NamedTuple):
    """One module.

    Attributes:
        path, kind, depth: where it stands, of which type, and how deep in the tree.
        shapes: of its last output; empty if it did not run.
        calls: how often it ran.
        parameters: how many numbers it and its parts learn or hold; trainable: how many of them ask for gradients.
        multiply_adds: of its products of matrices and convolutions, and of its parts'.
        activation_bytes: of the results of its operations and its parts', without views of others' memory.
    """

    path: str
    kind: str
    depth: int
    shapes: tuple[tuple[int, ...], ...]
    calls: int
    parameters: int
    trainable: int
    multiply_adds: int
    activation_bytes: int


class Summary(NamedTuple):
    """The rows of the tree, the whole model's first. Printed as a table; in a notebook as one of HTML."""

    rows: tuple[Row, ...]

    @property
    def parameters(self) -> int:
        return self.rows[0].parameters

    @property
    def multiply_adds(self) -> int:
        return self.rows[0].multiply_adds

    @property
    def activation_bytes(self) -> int:
        return self.rows[0].activation_bytes

    def _cells(self) -> list[tuple[str, ...]]:
        return [
            (
                "  " * row.depth + (f"{row.path.rpartition('.')[2]}: {row.kind}" if row.path else row.kind),
                " ".join(map(str, row.shapes)) + (f" ×{row.calls}" if row.calls > 1 else "")
                if row.calls
                else "not run",
                f"{row.parameters:,}" if row.parameters else "",
                f"{row.multiply_adds:,}" if row.multiply_adds else "",
                in_units(row.activation_bytes) if row.activation_bytes else "",
            )
            for row in self.rows
        ]

    def _foot(self) -> str:
        whole = self.rows[0]
        frozen = whole.parameters - whole.trainable
        learned = f"{whole.trainable:,} learned" + (f", {frozen:,} frozen" if frozen else "")
        return (
            f"{whole.parameters:,} parameters ({learned}), {whole.multiply_adds:,} multiply-adds, "
            f"{in_units(whole.activation_bytes)} of activations"
        )

    def __repr__(self) -> str:
        table = [_HEAD, *self._cells()]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(wide) if i < 2 else cell.rjust(wide)
                for i, (cell, wide) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in table
        ]
        rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
        return "\n".join([lines[0], rule, *lines[1:], rule, self._foot()])

    def _repr_html_(self) -> str:
        def line(cells: tuple[str, ...], tag: str) -> str:
            style = ("left", "left", "right", "right", "right")
            parts = [f'<{tag} style="text-align:{s}">{_escaped(c)}</{tag}>' for s, c in zip(style, cells, strict=True)]
            return f"<tr>{''.join(parts)}</tr>"

        body = "".join(line(row, "td") for row in self._cells())
        head = line(_HEAD, "th")
        return (
            f"<table><thead>{head}</thead><tbody>{body}</tbody><caption>{html.escape(self._foot())}</caption></table>"
        )


_HEAD = ("module", "output", "parameters", "multiply-adds", "activations")


def summary(model: Module, input: Any) -> Summary:
    """Run a model once, in evaluation and without gradients, and say what each part gives and costs.

    Modes, running statistics and random numbers are left as they were.

    Args:
        input: a tensor, a tuple of tensors (the arguments), or a shape such as (1, 3, 32, 32) for zeros of it.
    """
    modules = dict(model.named_modules())
    counter = _Counter({id(module): path for path, module in modules.items()})
    handles = [
        handle
        for module in modules.values()
        for handle in (
            module.register_forward_pre_hook(counter.enter, prepend=True),
            module.register_forward_hook(counter.leave),
        )
    ]
    try:
        with evaluating(model), no_grad(), events.listening(counter):
            model(*_arguments(model, input))
    finally:
        for handle in handles:
            handle.remove()
    rows = []
    for path, module in modules.items():
        learned = list(module.parameters())
        rows.append(
            Row(
                path,
                type(module).__name__,
                path.count(".") + 1 if path else 0,
                counter.shapes.get(path, ()),
                counter.calls.get(path, 0),
                sum(p.numel() for p in learned),
                sum(p.numel() for p in learned if p.requires_grad),
                counter.multiply_adds.get(path, 0),
                counter.bytes.get(path, 0),
            )
        )
    return Summary(tuple(rows))


def _arguments(model: Module, input: Any) -> tuple:
    if isinstance(input, (tuple, list)) and input and all(isinstance(n, int) for n in input):
        like = next(model.parameters(), None)
        return (zeros(*input) if like is None else zeros(*input, dtype=like.dtype, device=like.device),)
    return tuple(input) if type(input) in (tuple, list) else (input,)


class _Counter:
    """Listens to a run: what each operation costs is added to every module that is running."""

    def __init__(self, paths: dict[int, str]):
        self.paths = paths
        self.running: list[str] = []
        self.shapes: dict[str, tuple[tuple[int, ...], ...]] = {}
        self.calls: dict[str, int] = {}
        self.multiply_adds: dict[str, int] = {}
        self.bytes: dict[str, int] = {}

    def enter(self, module: Module, inputs: tuple) -> None:
        self.running.append(self.paths[id(module)])

    def leave(self, module: Module, inputs: tuple, output: Any) -> None:
        path = self.running.pop()
        self.calls[path] = self.calls.get(path, 0) + 1
        self.shapes[path] = tuple(tuple(x.shape) for x in _tensors(output))

    def forward(self, event: events.Forward) -> None:
        cost = _multiply_adds(event)
        size = 0 if event.op.view else event.output.numel() * event.output.dtype.itemsize
        for path in set(self.running):
            self.multiply_adds[path] = self.multiply_adds.get(path, 0) + cost
            self.bytes[path] = self.bytes.get(path, 0) + size


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        return [x for part in value for x in _tensors(part)]
    return [value] if isinstance(value, Tensor) else []


def _multiply_adds(event: events.Forward) -> int:
    """How many products are summed up: for each element of the output as many as meet in it."""
    name, (x, *others), z = event.op.name, event.inputs, event.output
    if name == "matmul":
        return z.numel() * x.shape[-1]
    if name in ("linear", "conv2d"):
        return z.numel() * math.prod(others[0].shape[1:])
    if name == "conv_transpose2d":  # each element of the input is laid down as a window
        return x.numel() * math.prod(others[0].shape[1:])
    if name == "sum_of_products":
        letters = event.parameters["equation"].split("->")[0].split(",")
        operands = zip(letters, event.inputs, strict=True)
        sizes = {letter: n for word, operand in operands for letter, n in zip(word, operand.shape, strict=True)}
        return math.prod(sizes.values()) * (len(letters) - 1)
    return 0


def in_units(size: int) -> str:
    """Bytes in the unit that leaves one to four digits: "1.5 KiB"."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024  # type: ignore[assignment]
    return ""


def _escaped(cell: str) -> str:
    text = html.escape(cell)
    lead = len(text) - len(text.lstrip(" "))
    return "&nbsp;" * (2 * lead) + text[lead:]
