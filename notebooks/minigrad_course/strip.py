"""From a solved chapter to its exercises: take the bodies out, keep everything else.

The solved, executed notebook is the only truth; `notebooks/exercises/` is generated from it and committed,
and a test fails when the two have drifted apart.
"""

from __future__ import annotations

import copy
import difflib
import re
from pathlib import Path

from nbformat import NotebookNode

from .cells import (
    MAY_RAISE,
    REGION,
    CourseError,
    bodies,
    exercise_of,
    grade_id,
    is_locked,
    is_solution,
    mark,
    read,
    text,
    write,
)

QUESTION = "*Write your answer here.*"


def strip(chapter: NotebookNode) -> NotebookNode:
    """The exercises of a solved chapter.

    Each body becomes ``raise NotImplementedError("exercise <grade_id>")`` at its own indentation; signature,
    docstring and whatever else stands outside the marks are kept, and so are the outputs of all other cells.
    Locked cells are marked for JupyterLab as not editable and not deletable. Check and see cells, which fail until
    their exercise is solved, say so in a tag: otherwise Run All would stop at the first of them.
    """
    chapter = copy.deepcopy(chapter)
    for cell in chapter.cells:
        if mark(cell, "solution"):
            cell.source = stub(cell)
            cell.metadata["deletable"] = False
            if is_solution(cell):
                cell.outputs = []
        elif is_locked(cell):
            cell.metadata["deletable"] = cell.metadata["editable"] = False
            if exercise_of(cell):
                cell.metadata["tags"] = [*cell.metadata.get("tags", []), MAY_RAISE]
    return chapter


def stub(cell: NotebookNode) -> str:
    """The source of a solution cell without its solution."""
    name = grade_id(cell)
    if not is_solution(cell):
        return REGION.sub(QUESTION, cell.source) if REGION.search(cell.source) else QUESTION
    stripped, count = REGION.subn(lambda m: f'{m["indent"]}raise NotImplementedError("exercise {name}")', cell.source)
    left = stripped + "".join(bodies(cell.source))
    if not count or re.search("### (BEGIN|END) SOLUTION", left):
        raise CourseError(
            f"The solution of {name!r} is not marked.\n  got:\n{cell.source}\n"
            "  expected: its body between the lines ### BEGIN SOLUTION and ### END SOLUTION, not nested\n"
            "  try: leave signature and docstring above the first of them"
        )
    return stripped


def exercise_path(chapter: Path) -> Path:
    """Where the exercises of a chapter stand."""
    return chapter.parent / "exercises" / chapter.name


def write_exercises(chapter: Path) -> Path:
    """Generate the exercises of one chapter; returns where they are."""
    path = exercise_path(chapter)
    write(strip(read(chapter)), path)
    return path


def stale(chapter: Path) -> str:
    """How the committed exercises differ from what the chapter would give now; empty when they do not."""
    path = exercise_path(chapter)
    if not path.exists():
        return f"{path.name} has no exercises yet: {path} does not exist"
    old, new = path.read_text(encoding="utf-8"), text(strip(read(chapter)))
    if old == new:
        return ""
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), "committed", "generated", lineterm="", n=1))
    changed = sum(line[0] in "+-" for line in lines[2:])
    shown = "\n".join(f"  {line[:110]}" for line in lines[2:14])
    return f"{path.name} is stale: {changed} lines differ from what the chapter gives\n{shown}"
