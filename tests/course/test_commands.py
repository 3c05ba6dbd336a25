"""The commands, as an instructor and a student type them."""

import os
import subprocess
import sys

import pytest

from minigrad_course.__main__ import main
from minigrad_course.cells import CourseError, find

from .conftest import cell


def test_lint_strip_and_prove_answer_with_their_exit_status(course, capsys):
    chapter = str(course.chapter)
    assert main(["lint", chapter]) == 0
    assert main(["strip", "--check", chapter]) == 0
    assert main(["prove", chapter]) == 0
    course.edit(course.chapter, lambda nb: cell(nb, "mean").update(execution_count=None))
    assert main(["lint", chapter]) == 1
    assert main(["strip", "--check", chapter]) == 1
    assert "python -m minigrad_course strip" in capsys.readouterr().out
    assert main(["strip", chapter]) == 0
    assert main(["strip", "--check", chapter]) == 0


def test_the_judges_table(course, capsys):
    course.solve(mean="return sum(values)")
    assert main(["judge", str(course.exercises)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "exercise  points",
        "mul_rule  2 / 2  correct",
        "mean      0 / 3",
        "    exercise mean: not right yet",
        "    mean: expected 3.0, got 9.0",
        "    hint: 1/N: divide by how many there are.",
        "total     2 / 5",
    ]


def test_a_student_judges_by_number_in_the_handed_out_folder(course, tmp_path):
    assert main(["release", str(course.chapter), "--to", str(tmp_path / "class")]) == 0
    done = subprocess.run(
        [sys.executable, "-m", "minigrad_course", "judge", "1"],
        cwd=tmp_path / "class" / "students",
        capture_output=True,
        text=True,
        env=dict(os.environ),
    )
    assert done.returncode == 1, done.stderr
    assert "total     0 / 5" in done.stdout


def test_what_cannot_be_done_is_said_and_gives_two(tmp_path, capsys):
    assert main(["run", str(tmp_path / "absent.ipynb")]) == 2
    assert "No notebook at" in capsys.readouterr().err
    (tmp_path / "broken.ipynb").write_text("{")
    assert main(["lint", str(tmp_path / "broken.ipynb")]) == 2
    assert "not a readable notebook" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["1", "01", "01_sample"])
def test_chapters_are_found_by_number_and_name(course, name):
    assert find(name, course.folder) == course.chapter
    with pytest.raises(CourseError, match="expected: one of 01_sample"):
        find("7", course.folder)
