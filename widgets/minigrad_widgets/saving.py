"""Pictures as files, for papers and slides."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from minigrad_widgets.layout import dot_program


def save(view: Any, path: Path) -> Path:
    """Write a view's picture: .svg is the picture itself, .png, .pdf and .dot are Graphviz's drawing of the program.

    Errors: ValueError for an ending that cannot be written, RuntimeError without a Graphviz that can.
    """
    ending = path.suffix.lower()
    if ending == ".svg":
        path.write_text(view.picture(), encoding="utf-8")
        return path
    if ending not in (".png", ".pdf", ".dot") or not hasattr(view, "to_dot"):
        possible = ".svg, .png, .pdf or .dot" if hasattr(view, "to_dot") else ".svg"
        raise ValueError(
            "save: cannot write a file of this kind.\n"
            f"  got:      {path.name}\n  expected: {possible}\n  try:      save({path.stem + '.svg'!r})"
        )
    source = view.to_dot()
    if ending == ".dot":
        path.write_text(source, encoding="utf-8")
        return path
    for program in dict.fromkeys(p for p in (dot_program(), _installed()) if p):
        run = subprocess.run(
            [program, "-Kdot", f"-T{ending[1:]}"], input=source.encode(), capture_output=True, timeout=60
        )
        if run.returncode == 0 and run.stdout:
            path.write_bytes(run.stdout)
            return path
    raise RuntimeError(
        f"save: no Graphviz that writes {ending} was found.\n"
        f"  got:      {path.name}\n  expected: a `dot` on PATH that knows {ending[1:]}\n"
        f"  try:      save({path.stem + '.svg'!r}), or install Graphviz (apt, brew or conda: graphviz)"
    )


def _installed() -> str | None:
    import shutil

    return shutil.which("dot")
