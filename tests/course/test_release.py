"""The folders for a class: no solution leaks, the judge works there, nbgrader takes them as they are."""

import os
import shutil
import sqlite3
import subprocess
import sys

import pytest

from minigrad_course.cells import CourseError, read, write
from minigrad_course.release import release
from minigrad_course.report import judge

from .conftest import Course, cell

pytest.importorskip("nbgrader", reason="nbgrader is not installed (make env-dev)")


@pytest.fixture
def released(course, tmp_path):
    return release([course.chapter], tmp_path / "class")


def test_students_get_no_solution(released):
    students, _ = released
    for path in students.rglob("*"):
        if path.is_file():
            assert "len(values)" not in path.read_text(encoding="utf-8"), path


def test_the_judge_works_in_the_handed_out_folder(released):
    students, _ = released
    notebook = students / "01_sample.ipynb"
    handed_out = read(notebook)
    cell(handed_out, "test_mean").update(source="pass", outputs=[])
    write(handed_out, notebook)
    assert judge(notebook).scores == {"mul_rule": (0, 2), "mean": (0, 3)}


def test_a_folder_where_students_worked_is_left_alone(course, released):
    with pytest.raises(CourseError, match="already holds notebooks"):
        release([course.chapter], released[0].parent)


def nbgrader(folder, *arguments: str) -> None:
    # nbgrader calls the command `alembic` of its environment, so the environment must be active.
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path})
    assert done.returncode == 0, done.stdout + done.stderr


def scores(folder) -> dict[str, float]:
    with sqlite3.connect(folder / "gradebook.db") as database:
        rows = database.execute(
            "select base_cell.name, auto_score from grade join base_cell on base_cell.id = grade.cell_id"
        ).fetchall()
    database.close()
    return dict(rows)


@pytest.mark.parametrize("settings", ["ours", "nbgrader's own"])
def test_nbgrader_generates_and_grades(course, released, settings):
    _, folder = released
    if settings == "nbgrader's own":
        (folder / "nbgrader_config.py").unlink()
    nbgrader(folder, "generate_assignment", "01_sample")
    handed_out = folder / "release" / "01_sample" / "01_sample.ipynb"
    generated = read(handed_out)
    assert (
        "NotImplementedError" in cell(generated, "mean").source and "len(values)" not in cell(generated, "mean").source
    )
    assert bool(cell(generated, "see_mul_rule").outputs) == (settings == "ours")

    submitted = folder / "submitted" / "ann" / "01_sample" / "01_sample.ipynb"
    submitted.parent.mkdir(parents=True)
    shutil.copy(handed_out, submitted)

    def work(notebook):
        cell(notebook, "mul_rule").source = cell(read(course.chapter), "mul_rule").source
        cell(notebook, "test_mean").source = 'print("mean: correct")'  # an edited check does not help here either

    Course(folder).edit(submitted, work)
    nbgrader(folder, "autograde", "01_sample")
    assert scores(folder) == {"test_mul_rule": 2.0, "test_mean": 0.0, "why": 0.0}
    marked = read(folder / "autograded" / "ann" / "01_sample" / "01_sample.ipynb")
    assert "not solved yet" in cell(marked, "test_mean").outputs[-1].evalue
