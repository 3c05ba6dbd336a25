"""The judge: nobody passes without solving, nobody who solved fails, and every failure says what to do."""

import os
import subprocess
import sys

import pytest

from minigrad_course import cells
from minigrad_course.cells import CourseError
from minigrad_course.report import judge
from minigrad_course.restore import restore

from .conftest import cell


def nbval(course) -> subprocess.CompletedProcess:
    """The student's command."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval",
        "--nbval-current-env",
        "-p",
        "no:cacheprovider",
        "-q",
    ]
    return subprocess.run(
        [*command, course.exercises.name],
        cwd=course.exercises.parent,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
    )


def test_unsolved_exercises_fail_and_say_so(course):
    report = judge(course.exercises)
    assert report.scores == {"mul_rule": (0, 2), "mean": (0, 3)}
    assert report.remarks["mul_rule"].startswith("exercise mul_rule: not solved yet")
    assert report.remarks["mean"].startswith("exercise mean: not solved yet")


def test_solved_exercises_pass(course):
    course.solve()
    report = judge(course.exercises)
    assert report.passed
    assert report.scores == {"mul_rule": (2, 2), "mean": (3, 3)}


def test_a_wrong_solution_gets_its_hint(course):
    course.solve(mul_rule="return g * y, -g * x")
    report = judge(course.exercises)
    assert report.scores == {"mul_rule": (0, 2), "mean": (3, 3)}
    assert "gy: expected g*x = 6.0, got -6.0" in report.remarks["mul_rule"]
    assert "The sign: d(xy) = y dx + x dy." in report.remarks["mul_rule"]


def test_the_students_command_gives_a_readable_answer(course):
    course.solve(mul_rule="return g * y, -g * x")
    answer = nbval(course)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "test_mul_rule" in answer.stdout
    assert "gy: expected g*x = 6.0, got -6.0" in answer.stdout
    assert "Traceback" not in answer.stdout
    course.edit(
        course.exercises,
        lambda nb: cell(nb, "mul_rule").update(source="def mul_rule(g, x, y): return g*y, g*x"),
    )
    # The stored outputs are now older than the solution, as when a student forgets to run: that is not
    # judged.
    assert nbval(course).returncode == 0


def edited_source(notebook):
    cell(notebook, "test_mul_rule").source = 'print("mul_rule: correct")'


def edited_outputs(notebook):
    cell(notebook, "test_mul_rule").update(outputs=[], execution_count=None)


def skipping_tag(notebook):
    cell(notebook, "test_mul_rule").metadata.tags = ["nbval-skip", "raises-exception"]


def unlocked(notebook):
    cell(notebook, "test_mul_rule").metadata.nbgrader.update(locked=False, grade=False, solution=True)
    edited_source(notebook)


def turned_into_text(notebook):
    cell(notebook, "test_mul_rule").cell_type = "markdown"
    for key in ("outputs", "execution_count"):
        del cell(notebook, "test_mul_rule")[key]


@pytest.mark.parametrize("cheat", [edited_source, edited_outputs, skipping_tag, unlocked, turned_into_text])
def test_an_edited_check_does_not_help(course, cheat):
    course.solve(mul_rule="return 0, 0")
    course.edit(course.exercises, cheat)
    report = judge(course.exercises)
    assert report.scores == {"mul_rule": (0, 2), "mean": (3, 3)}


def test_a_check_that_is_handed_out_may_raise_and_a_judged_one_may_not(course):
    """Where the truth is itself a handed-out copy, its tag for Run All does not reach the judge."""
    handed_out = cells.read(course.exercises)
    assert "raises-exception" in cell(handed_out, "test_mul_rule").metadata.tags
    restored, _ = restore(handed_out, handed_out)
    assert cell(restored, "test_mul_rule").metadata.tags == []


def test_a_missing_cell_fails(course):
    course.solve()
    course.edit(course.exercises, lambda nb: nb.cells.remove(cell(nb, "test_mean")))
    report = judge(course.exercises)
    assert "the cell test_mean is missing" in report.remarks["structure"]
    assert report.scores == {"mul_rule": (2, 2), "mean": (0, 3)}


def test_a_doubled_cell_fails(course):
    course.solve()
    course.edit(course.exercises, lambda nb: nb.cells.append(type(nb)({**cell(nb, "test_mul_rule"), "id": "copy"})))
    report = judge(course.exercises)
    assert "2 cells called test_mul_rule" in report.remarks["structure"]
    assert not report.passed


def test_a_solution_that_does_not_compile_is_named(course):
    course.solve(mean="return )")  # an open bracket would be an _IncompleteInputError from Python 3.13 on
    report = judge(course.exercises)
    assert "SyntaxError" in report.remarks["mean"]
    assert report.scores["mean"] == (0, 3)


def test_the_readers_own_cells_are_not_judged(course):
    course.solve()

    def play(notebook):
        own = cell(notebook, "imports").copy()
        own.update(metadata={}, source="import time; print(time.time()); 1 / 0", outputs=[], id="mine")
        notebook.cells.insert(3, type(notebook)(own))
        notebook.cells[2].source = "x = np.arange(3.0)\nx + 100"

    course.edit(course.exercises, play)
    assert judge(course.exercises).passed


def test_printing_inside_a_solution_is_allowed(course):
    course.solve(mean="print('looking'); return sum(values) / len(values)")
    assert judge(course.exercises).passed


def test_withheld_solutions_are_replaced_by_a_pristine_copy(course):
    pristine = course.exercises.parent / ".pristine" / course.exercises.name
    pristine.parent.mkdir()
    pristine.write_bytes(course.exercises.read_bytes())
    course.chapter.unlink()
    course.edit(course.exercises, edited_source)
    assert judge(course.exercises).scores == {"mul_rule": (0, 2), "mean": (0, 3)}
    pristine.rename(course.folder / "handed_out.ipynb")
    with pytest.raises(CourseError, match="Nothing to judge"):
        judge(course.exercises)
    assert judge(course.exercises, course.folder / "handed_out.ipynb").scores["mul_rule"] == (0, 2)


def test_a_notebook_without_exercises_is_refused(course):
    def only_prose(notebook):
        notebook.cells = [found for found in notebook.cells if not found.metadata.get("nbgrader")]

    course.edit(course.chapter, only_prose)
    course.edit(course.exercises, only_prose)
    with pytest.raises(CourseError, match="no exercise"):
        judge(course.exercises)
    assert nbval(course).returncode not in (0, 5)
