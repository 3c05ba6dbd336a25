"""Execute a chapter from a clean kernel and store what it shows, the same bytes every time.

A stored output is read on GitHub, in nbconvert's pages and in JupyterLab before anything has run; nbval
compares it with a fresh run. A live widget is dead in all of these, so `normalise` drops its reference and
keeps the static picture (text/html, image, text/plain) that the same output carries: viewers then show it,
and nbval, which skips widget references on both sides, compares the picture. Everything that differs from
machine to machine goes too.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from pathlib import Path
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from .cells import CourseError, grade_id, read, write

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "pygments_lexer": "ipython3",
    },
}


def run(path: Path, *, timeout: float = 600) -> NotebookNode:
    """Execute the notebook at ``path`` in place; returns it.

    Errors: a cell that raises or writes to stderr is a `CourseError` with the cell and its traceback, and the
    file stays as it was.
    """
    notebook = read(path)
    execute(notebook, path.parent, timeout=timeout)
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                raise CourseError(
                    f"Cell {number} of {path.name} writes to stderr, which costs a student points.\n"
                    f"{_indented(cell.source)}\n  got: {output.text.strip()}\n"
                    "  try: repair the cause of the warning"
                )
    normalise(notebook)
    write(notebook, path)
    return notebook


def execute(
    notebook: NotebookNode,
    folder: Path,
    *,
    timeout: float = 600,
    allow_errors: bool = False,
    **kernel: Any,
) -> None:
    """Run all cells in a clean kernel of this Python, with ``folder`` as working directory.

    ``kernel`` goes to the kernel's start (``env``). Unless ``allow_errors``, the first failing cell is a
    `CourseError`.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
        record_timing=False,
        coalesce_streams=True,
        allow_errors=allow_errors,
        extra_arguments=["--log-level=ERROR"],  # a local kernel need not warn that nobody encrypts its sockets
    )
    kernel.setdefault("env", {**os.environ, "MINIGRAD_QUIET": "1"})  # no word of what is compiled: it would be stored
    try:
        asyncio.run(client.async_execute(**kernel))
    except CellExecutionError:
        # The last one: an earlier error was expected (tag raises-exception).
        number, error = [(n, o) for n, c in enumerate(notebook.cells) for o in _errors(c)][-1]
        shown = _plain("\n".join(error.traceback))
        raise CourseError(f"Cell {number} failed.\n{_indented(notebook.cells[number].source)}\n{shown}") from None
    except (CellTimeoutError, DeadKernelError) as error:
        number = max(n for n, cell in enumerate(notebook.cells) if cell.get("execution_count") or n == 0)
        raise CourseError(
            f"The kernel stopped in cell {number} or soon after.\n  got: {error}\n"
            f"  expected: every cell to end within {timeout:g} s\n  try: run it in JupyterLab and watch its memory"
        ) from None


def _errors(cell: NotebookNode) -> list[NotebookNode]:
    return [output for output in cell.get("outputs", []) if output.output_type == "error"]


def normalise(notebook: NotebookNode) -> None:
    """Make the stored form independent of the machine and of the moment."""
    notebook.metadata = NotebookNode({**notebook.metadata, **{k: NotebookNode(v) for k, v in METADATA.items()}})
    notebook.metadata.pop("widgets", None)
    taken: set[str] = set()
    for cell in notebook.cells:
        cell.id = _stable_id(cell, taken)
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
            if output.output_type == "error":
                output.traceback = _plain("\n".join(output.traceback)).splitlines()


def _stable_id(cell: NotebookNode, taken: set[str]) -> str:
    """The grade_id, or a hash of the source: the same however the notebook was made."""
    base = grade_id(cell) or hashlib.sha256(cell.source.encode()).hexdigest()[:8]
    chosen, copies = base[:60], 1
    while chosen in taken:
        copies += 1
        chosen = f"{base[:60]}-{copies}"
    taken.add(chosen)
    return chosen


def _plain(text: str) -> str:
    """A traceback without colours and without the folders of this machine."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    return re.sub(r"(?<=File )(?:~|/|[A-Z]:\\)[^\s:]*[/\\]", "", text)


def _indented(source: str) -> str:
    return "\n".join(f"    {line}" for line in source.splitlines())
