"""What a cell of a chapter is: the vocabulary that every other file here shares.

The marks are nbgrader's own metadata, schema 3, in ``cell.metadata.nbgrader``:

======== ============================================== ==================================================
kind     metadata                                       grade_id
======== ============================================== ==================================================
solution ``solution: true, grade: false, locked: false`` the exercise's name: ``mul_rule``
check    ``solution: false, grade: true, locked: true``  ``test_mul_rule``, with ``points``
see      ``solution: false, grade: false, locked: true`` ``see_mul_rule``: its stored output is the target
locked   ``solution: false, grade: false, locked: true`` anything else: a cell the checks rely on (imports)
answer   ``solution: true, grade: true, locked: false``  a question answered in prose, graded by a person
======== ============================================== ==================================================
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).resolve().parent.parent
MAY_RAISE = "raises-exception"  # the tag of a cell whose error does not keep those below from running
REGION = re.compile(
    r"(?P<indent>^[ \t]*)### BEGIN SOLUTION[^\n]*\n(?P<body>.*?)^[ \t]*### END SOLUTION[^\n]*$",
    re.DOTALL | re.MULTILINE,
)


class CourseError(Exception):
    """Something about a chapter or a command that its author or reader must repair; the message says how."""


@dataclass
class Exercise:
    """One exercise of a chapter: its solution cell, its check cell, and where they stand among the cells."""

    name: str
    solution: NotebookNode
    check: NotebookNode

    @property
    def points(self) -> float:
        return self.check.metadata.nbgrader.points


def grade_id(cell: NotebookNode) -> str:
    """The cell's name in nbgrader's metadata, or the empty string."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def mark(cell: NotebookNode, name: str) -> bool:
    """One of nbgrader's marks (``solution``, ``grade``, ``locked``) of a cell."""
    return bool(cell.metadata.get("nbgrader", {}).get(name, False))


def is_solution(cell: NotebookNode) -> bool:
    """Whether the cell is where a student writes code."""
    return cell.cell_type == "code" and mark(cell, "solution")


def is_check(cell: NotebookNode) -> bool:
    """Whether the cell judges an exercise."""
    return cell.cell_type == "code" and mark(cell, "grade") and not mark(cell, "solution")


def is_locked(cell: NotebookNode) -> bool:
    """Whether a reader may not change the cell: checks, see cells, and the cells they rely on."""
    return bool(grade_id(cell)) and not mark(cell, "solution")


def exercise_of(cell: NotebookNode) -> str:
    """The name of the exercise a cell belongs to (its solution, check or see cell), or the empty string."""
    if is_solution(cell):
        return grade_id(cell)
    return re.sub("^(test|see)_", "", grade_id(cell)) if re.match("(test|see)_", grade_id(cell)) else ""


def exercises(chapter: NotebookNode) -> list[Exercise]:
    """The exercises of a solved chapter, in order. An exercise is a solution cell with a check cell."""
    checks = {exercise_of(cell): cell for cell in chapter.cells if is_check(cell)}
    pairs = [(grade_id(cell), cell) for cell in chapter.cells if is_solution(cell)]
    return [Exercise(name, cell, checks[name]) for name, cell in pairs if name in checks]


def doubled(chapter: NotebookNode) -> list[str]:
    """The grade_ids that more than one cell carries."""
    counts = Counter(grade_id(cell) for cell in chapter.cells if grade_id(cell))
    return [name for name, count in counts.items() if count > 1]


def bodies(source: str) -> list[str]:
    """What stands between the solution marks of a cell."""
    return [match["body"] for match in REGION.finditer(source)]


def read(path: Path) -> NotebookNode:
    """A notebook as nbformat 4; an unreadable file is a `CourseError` that names it."""
    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise CourseError(f"No notebook at {path}.\n  try: a chapter's number or name, such as 03") from None
    except Exception as error:  # nbformat raises many kinds for a damaged file
        raise CourseError(
            f"{path} is not a readable notebook.\n  got: {error}\n  try: open it in JupyterLab"
        ) from error


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook the way Jupyter does, so that opening and saving it changes nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text(notebook), encoding="utf-8")


def text(notebook: NotebookNode) -> str:
    """The notebook as it stands in its file."""
    return nbformat.writes(notebook) + "\n"


def chapters(folder: Path = NOTEBOOKS) -> list[Path]:
    """The solved chapters of a folder, in order."""
    return sorted(folder.glob("[0-9][0-9]_*.ipynb"))


def find(name: str, folder: Path = NOTEBOOKS) -> Path:
    """A chapter by path, by name (``03_backward``) or by number (``03`` or ``3``)."""
    if name.endswith(".ipynb"):
        return Path(name)
    number = name.zfill(2)
    found = [path for path in chapters(folder) if path.stem == name or path.stem.startswith(f"{number}_")]
    if len(found) != 1:
        known = ", ".join(path.stem for path in chapters(folder)) or "none"
        raise CourseError(
            f"No single chapter is called {name!r}.\n  got: {len(found)} of them in {folder}\n"
            f"  expected: one of {known}\n  try: its number, its name, or the path of the notebook"
        )
    return found[0]
