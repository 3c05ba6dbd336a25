"""The judge: nobody passes without solving, nobody who solved fails, and every failure says what to do."""

import json
import os
import subprocess
import sys

import nbformat
import pytest

from minigrad_course import cells
from minigrad_course.cells import CourseError
from minigrad_course.report import judge
from minigrad_course.restore import restore
from minigrad_course.strip import write_exercises

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


def test_solved_exercises_pass_whatever_the_reader_prints_and_tries_beside_them(course):
    course.solve(mean="print('looking'); return sum(values) / len(values)")

    def play(notebook):
        own = cell(notebook, "imports").copy()
        own.update(metadata={}, source="import time; print(time.time()); 1 / 0", outputs=[], id="mine")
        notebook.cells.insert(3, type(notebook)(own))
        notebook.cells[2].source = "x = np.arange(3.0)\nx + 100"

    course.edit(course.exercises, play)
    report = judge(course.exercises)
    assert report.passed
    assert report.scores == {"mul_rule": (2, 2), "mean": (3, 3)}


def test_a_wrong_solution_gets_its_hint_and_one_that_does_not_compile_is_named(course):
    # An open bracket would be an _IncompleteInputError from Python 3.13 on.
    course.solve(mul_rule="return g * y, -g * x", mean="return )")
    report = judge(course.exercises)
    assert report.scores == {"mul_rule": (0, 2), "mean": (0, 3)}
    assert "gy: expected g*x = 6.0, got -6.0" in report.remarks["mul_rule"]
    assert "The sign: d(xy) = y dx + x dy." in report.remarks["mul_rule"]
    assert "SyntaxError" in report.remarks["mean"]


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


def edited_source(check):
    check.update(source="pass", outputs=[])


def edited_outputs(check):
    check.update(outputs=[], execution_count=None)


def skipping_tag(check):
    check.metadata.tags = ["nbval-skip", "raises-exception"]


def unlocked(check):
    check.metadata.nbgrader.update(locked=False, grade=False, solution=True)
    edited_source(check)


def turned_into_text(check):
    check.cell_type = "markdown"
    del check["outputs"], check["execution_count"]


CHEATS = {
    f"rule_{cheat.__name__}": cheat
    for cheat in (edited_source, edited_outputs, skipping_tag, unlocked, turned_into_text)
}


def test_an_edited_check_does_not_help(course):
    def copy_the_exercise(notebook):
        whole = [found for found in notebook.cells if "mul_rule" in cells.grade_id(found)]
        for name in CHEATS:
            notebook.cells += [
                nbformat.from_dict(json.loads(json.dumps(one).replace("mul_rule", name))) for one in whole
            ]

    course.edit(course.chapter, copy_the_exercise)
    write_exercises(course.chapter)
    course.solve(mul_rule="return 0, 0")

    def cheat(notebook):
        for name, edit in CHEATS.items():
            solution = cell(notebook, name)
            solution.source = solution.source.replace(f'raise NotImplementedError("exercise {name}")', "return 0, 0")
            edit(cell(notebook, f"test_{name}"))

    course.edit(course.exercises, cheat)
    report = judge(course.exercises)
    assert report.scores == {"mul_rule": (0, 2), "mean": (3, 3), **dict.fromkeys(CHEATS, (0, 2))}
    assert all("gx: expected g*y = 15.0, got 0" in report.remarks[name] for name in CHEATS)


def test_a_check_that_is_handed_out_may_raise_and_a_judged_one_may_not(course):
    """Where the truth is itself a handed-out copy, its tag for Run All does not reach the judge."""
    handed_out = cells.read(course.exercises)
    assert "raises-exception" in cell(handed_out, "test_mul_rule").metadata.tags
    restored, _ = restore(handed_out, handed_out)
    assert cell(restored, "test_mul_rule").metadata.tags == []


def test_a_missing_cell_and_a_doubled_one_fail(course):
    course.solve()

    def change(notebook):
        notebook.cells.remove(cell(notebook, "test_mean"))
        notebook.cells.append(type(notebook)({**cell(notebook, "test_mul_rule"), "id": "copy"}))

    course.edit(course.exercises, change)
    report = judge(course.exercises)
    assert "the cell test_mean is missing" in report.remarks["structure"]
    assert "2 cells called test_mul_rule" in report.remarks["structure"]
    assert report.scores["mean"] == (0, 3)
    assert not report.passed


def test_withheld_solutions_are_replaced_by_a_pristine_copy(course):
    pristine = course.exercises.parent / ".pristine" / course.exercises.name
    pristine.parent.mkdir()
    pristine.write_bytes(course.exercises.read_bytes())
    course.chapter.unlink()
    course.edit(course.exercises, lambda notebook: edited_source(cell(notebook, "test_mul_rule")))
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
