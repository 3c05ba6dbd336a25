"""The reference page of all operations, made from the registry: `python -m minigrad.reference docs/operations.md`."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

from minigrad import device, ops
from minigrad.op import OPS, Op

_INTRODUCTION = """# Operations

Made from the registry by `make docs`; each paragraph is the docstring of the operation's gradient rule. Write $\\bar z$ for the
gradient with respect to the output. Every operation is `minigrad.name(…)`, and a method where its first input is a tensor."""


def reference() -> str:
    """The page as Markdown."""
    subjects: dict[str, list[Op]] = {}
    for op in OPS.values():
        if op.__module__.startswith("minigrad.ops."):
            subjects.setdefault(op.__module__, []).append(op)
    parts = [_INTRODUCTION]
    for module in sorted(subjects):
        title = (inspect.getdoc(sys.modules[module]) or "").splitlines()[0]
        parts.append(f"## {re.split('[.:]', title)[0]}")
        parts += [_entry(op) for op in sorted(subjects[module], key=lambda op: op.name)]
    composed = sorted(n for n in vars(ops) if inspect.isfunction(getattr(ops, n)))
    parts.append("## Functions composed of operations")
    parts.append(
        "\n".join(f"- `{n}{inspect.signature(getattr(ops, n))}`: {_first_line(getattr(ops, n))}" for n in composed)
    )
    return "\n\n".join(parts) + "\n"


def _entry(op: Op) -> str:
    text = re.sub(r":math:`([^`]*)`", r"$\1$", inspect.cleandoc(op.__doc__ or ""))
    facts = []
    if op.rule is None:
        facts.append("no gradient")
    elif any(op.plans[-1]):
        kept = (
            f"`{n}`" if k == "value" else f"the shape of `{n}`" for n, k in zip(("z", *op.inputs), op.plans[-1]) if k
        )
        facts.append("keeps " + ", ".join(kept))
    else:
        facts.append("keeps nothing")
    if op.view:
        facts.append("shares memory where it can")
    facts.append("kernels: NumPy" + (", Numba" if op.name in device.BY_SIZE else ""))
    return f"### `{op.signature()}`\n\n{text}\n\n*{'; '.join(facts)}.*"


def _first_line(function: object) -> str:
    return re.sub(r":math:`([^`]*)`", r"$\1$", (inspect.getdoc(function) or "").splitlines()[0])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
