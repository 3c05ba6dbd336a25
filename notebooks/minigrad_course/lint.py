"""What every chapter must be, checked without running it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from .cells import (
    CourseError,
    bodies,
    doubled,
    exercise_of,
    exercises,
    grade_id,
    is_check,
    is_solution,
    mark,
    read,
)
from .mistakes import known_mistakes
from .run import WIDGET_VIEW

KEYS = {"schema_version", "grade", "grade_id", "locked", "solution", "task", "points", "cell_type"}
SLIDES = {"slide", "subslide", "fragment", "skip", "notes", "-"}
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")
# A folder of the author's machine: a home, a temporary or an installation folder, on any system.
MACHINE_PATH = re.compile(r"(/(home|root|Users|tmp|work|usr|opt|var|private)/[\w.-]+|\b[A-Z]:\\\w+)")


def lint(path: Path) -> list[str]:
    """What is wrong with the chapter at ``path``; empty when nothing is."""
    chapter = read(path)
    problems = [f"{name}: more than one cell carries this grade_id" for name in doubled(chapter)]
    if not any(cell.get("execution_count") for cell in chapter.cells):
        return [*problems, f"the chapter has not been run: python -m minigrad_course run {path.stem}"]
    number = 0
    for position, cell in enumerate(chapter.cells):
        number += cell.cell_type == "code"
        problems += [f"cell {position}: {problem}" for problem in _cell(cell, number)]
    problems += _exercises(chapter, path)
    return problems


def _cell(cell: NotebookNode, number: int) -> Iterator[str]:
    if cell.metadata.get("slideshow", {}).get("slide_type") not in SLIDES:
        yield f"has no slideshow metadata (slide_type: one of {', '.join(sorted(SLIDES))})"
    if "nbgrader" in cell.metadata:
        yield from _metadata(cell)
    if cell.cell_type != "code":
        return
    if cell.execution_count != number:
        yield f"has execution count {cell.execution_count}, not {number}: run the chapter from a clean kernel"
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stderr":
            yield f"writes to stderr: {output.text.strip()[:80]}"
        if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", []):
            yield f"stores an error: {output.ename}"
        if WIDGET_VIEW in output.get("data", {}):
            yield "stores a reference to a widget that is gone: python -m minigrad_course run"
        for shown in _texts(output):
            if address := ADDRESS.search(shown):
                yield f"shows a memory address, {address[0]}: give the class a __repr__"
            if folder := MACHINE_PATH.search(shown):
                yield f"shows a folder of this machine: {folder[0]}"
    if folder := MACHINE_PATH.search(cell.source):
        yield f"names a folder of this machine: {folder[0]}"


def _texts(output: NotebookNode) -> list[str]:
    """The readable texts of an output (pictures are base64, where anything may stand)."""
    texts = [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", [])]
    return texts + [str(value) for kind, value in output.get("data", {}).items() if not kind.startswith("image/p")]


def _metadata(cell: NotebookNode) -> Iterator[str]:
    """nbgrader's schema 3, as its own validator asks for it, and no invented keys."""
    data = cell.metadata.nbgrader
    name = grade_id(cell)
    if extra := set(data) - KEYS:
        yield f"{name}: nbgrader metadata has invented keys: {', '.join(sorted(extra))}"
    if data.get("schema_version") != 3:
        yield f"{name}: nbgrader schema_version is {data.get('schema_version')}, not 3"
    missing = [key for key in ("grade", "solution", "locked") if not isinstance(data.get(key), bool)]
    if missing or not isinstance(data.get("task", False), bool):
        yield f"{name}: nbgrader metadata needs true or false for {', '.join(missing) or 'task'}"
    if not re.fullmatch(r"[A-Za-z0-9_\-]+", name):
        yield f"the grade_id {name!r} must be made of letters, digits, _ and -"
    if mark(cell, "grade") and not isinstance(data.get("points"), int | float):
        yield f"{name}: a graded cell needs points"
    if cell.cell_type == "markdown" and mark(cell, "grade") != mark(cell, "solution"):
        yield f"{name}: a markdown cell is both solution and grade (an answer in prose), or neither"
    if is_check(cell) and not mark(cell, "locked"):
        yield f"{name}: a check cell is locked"


def _exercises(chapter: NotebookNode, path: Path) -> Iterator[str]:
    found = exercises(chapter)
    if not found:
        yield "the chapter has no exercise"
    names = [exercise.name for exercise in found]
    for cell in chapter.cells:
        if is_solution(cell) and grade_id(cell) not in names:
            yield f"{grade_id(cell)}: the solution cell has no check cell test_{grade_id(cell)}"
        if is_check(cell) and not (grade_id(cell).startswith("test_") and exercise_of(cell) in names):
            yield f"{grade_id(cell)}: the check cell belongs to no solution cell (test_<exercise>)"
    try:
        mistakes = known_mistakes(path, found)
    except CourseError as error:
        yield str(error)
        mistakes = {name: [] for name in names}
    for exercise in found:
        name, order = exercise.name, chapter.cells.index
        if not bodies(exercise.solution.source):
            yield f"{name}: no body between ### BEGIN SOLUTION and ### END SOLUTION"
        if exercise.solution.outputs:
            yield f"{name}: the solution cell prints something"
        if order(exercise.solution) > order(exercise.check):
            yield f"{name}: the check stands before the solution"
        stored = [(o.output_type, o.get("text")) for o in exercise.check.outputs]
        if stored != [("stream", f"{name}: correct\n")]:
            yield f"{name}: the check shows {stored}, not the one line {name + ': correct'!r}"
        if len(mistakes.get(name, [])) < 2:
            yield f"{name}: {len(mistakes.get(name, []))} known mistakes are listed; at least two are due"
