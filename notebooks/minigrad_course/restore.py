"""Give a student's notebook its locked cells back, so that only the student's own work is judged.

After *Run All* the outputs stored in a student's notebook are the student's own, and a check cell can be
edited to accept anything. So no locked cell is believed: source, outputs, count, type and tags come from the
truth, found by grade_id. Locked is what the truth says is locked, whatever the student's metadata say.
"""

from __future__ import annotations

import copy
from collections import Counter
from pathlib import Path

from nbformat import NotebookNode

from .cells import MAY_RAISE, CourseError, exercise_of, exercises, grade_id, is_locked, is_solution, read

PRISTINE = ".pristine"


def truth_for(notebook: Path) -> Path:
    """The notebook that locked cells are taken from.

    The solved chapter one folder up; or, where a class withholds the solutions, the copy in ``.pristine/``
    beside it.
    """
    places = [notebook.parent.parent / notebook.name, notebook.parent / PRISTINE / notebook.name]
    for place in places:
        if place.exists():
            return place
    looked = "\n".join(f"    {place}" for place in places)
    raise CourseError(
        f"Nothing to judge {notebook.name} against.\n  looked for:\n{looked}\n"
        "  try: keep the notebook in the folder and under the name that it was handed out with,\n"
        "       or name the notebook that was handed out: --judge-against FILE"
    )


def restore(student: NotebookNode, truth: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """A copy of the student's notebook with locked cells restored, and what is wrong with its structure.

    Structure is wrong when a cell of the truth (solution or locked) is missing, doubled, or has become text.
    """
    if not exercises(truth):
        raise CourseError("The notebook has no exercise.\n  try: the file from notebooks/exercises/")
    student = copy.deepcopy(student)
    locked = {grade_id(cell): cell for cell in truth.cells if is_locked(cell)}
    solutions = {grade_id(cell) for cell in truth.cells if is_solution(cell)}
    counts = Counter(grade_id(cell) for cell in student.cells)
    problems = []
    for name in [grade_id(cell) for cell in truth.cells if grade_id(cell) in locked or grade_id(cell) in solutions]:
        if counts[name] == 0:
            problems.append(f"the cell {name} is missing: copy it back from the notebook you were given")
        elif counts[name] > 1:
            problems.append(f"there are {counts[name]} cells called {name}: delete the copies")
    for position, cell in enumerate(student.cells):
        name = grade_id(cell)
        if name in locked:
            student.cells[position] = cell = copy.deepcopy(locked[name])
            if exercise_of(cell) and MAY_RAISE in cell.metadata.get("tags", []):
                # The handed-out copy of a check may raise, for Run All's sake; a judged one may not.
                cell.metadata.tags.remove(MAY_RAISE)
        elif name in solutions and cell.cell_type != "code":
            problems.append(f"the cell {name} is no longer code: change its type back")
    return student, problems


def load(notebook: Path, against: Path | None = None) -> tuple[NotebookNode, NotebookNode, list[str]]:
    """A student's notebook, restored; the truth it is judged by; the problems of its structure."""
    truth = read(against or truth_for(notebook))
    restored, problems = restore(read(notebook), truth)
    return restored, truth, problems
