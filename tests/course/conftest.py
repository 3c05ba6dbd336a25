"""A small solved chapter with two exercises, executed once, and copied for each test that changes it."""

import copy
import textwrap
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from minigrad_course import cells
from minigrad_course.run import run
from minigrad_course.strip import write_exercises

MISTAKES = """
[[mul_rule]]
name = "the sign of gy"
old = "g * x"
new = "-g * x"
hint = "The sign"

[[mul_rule]]
name = "the factors are swapped"
body = "return g * x, g * y"
hint = "the other factor"

[[mean]]
name = "no 1/N"
old = " / len(values)"
new = ""
hint = "divide by how many"

[[mean]]
name = "nothing comes back"
body = "sum(values)"
hint = "return"
"""


def code(source: str, grade_id: str = "", **marks: object):
    cell = nbformat.v4.new_code_cell(textwrap.dedent(source).strip())
    return _marked(cell, grade_id, marks)


def prose(source: str, grade_id: str = "", **marks: object):
    return _marked(nbformat.v4.new_markdown_cell(textwrap.dedent(source).strip()), grade_id, marks)


def _marked(cell, grade_id, marks):
    cell.metadata["slideshow"] = {"slide_type": "fragment"}
    if grade_id:
        base = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
        cell.metadata["nbgrader"] = {**base, "grade_id": grade_id, **marks}
    return cell


def sample_chapter():
    return nbformat.v4.new_notebook(
        cells=[
            prose("# A small chapter"),
            code(
                """
                import numpy as np
                from minigrad.check.exercise import check, expect_close
                """,
                "imports",
                locked=True,
            ),
            code("x = np.arange(3.0)\nx"),
            code(
                '''
                def mul_rule(g, x, y):
                    """The gradients of x*y with respect to x and to y."""
                    ### BEGIN SOLUTION
                    return g * y, g * x
                    ### END SOLUTION
                ''',
                "mul_rule",
                solution=True,
            ),
            code("print(mul_rule(1.0, 2.0, 3.0))", "see_mul_rule", locked=True),
            code(
                """
                with check("mul_rule"):
                    gx, gy = mul_rule(3.0, 2.0, 5.0)
                    expect_close(gx, 15.0, "gx", formula="g*y", mistakes=[(6.0, "Use the other factor.")])
                    expect_close(gy, 6.0, "gy", formula="g*x", hints={-1: "The sign: d(xy) = y dx + x dy."})
                """,
                "test_mul_rule",
                grade=True,
                locked=True,
                points=2,
            ),
            prose("Why is that so?", "why", solution=True, grade=True, points=1),
            code("print(x.sum())"),
            code(
                '''
                def mean(values):
                    """The mean."""
                    ### BEGIN SOLUTION
                    return sum(values) / len(values)
                    ### END SOLUTION
                ''',
                "mean",
                solution=True,
            ),
            code(
                """
                with check("mean"):
                    hints = {3: "1/N: divide by how many there are.", "none": "Did you return it?"}
                    expect_close(mean([1.0, 2.0, 6.0]), 3.0, "mean", hints=hints)
                """,
                "test_mean",
                grade=True,
                locked=True,
                points=3,
            ),
        ]
    )


class Course:
    """A folder laid out as `notebooks/` is, with one chapter."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.chapter = folder / "01_sample.ipynb"
        self.exercises = folder / "exercises" / "01_sample.ipynb"
        self.mistakes = folder / "mistakes" / "01_sample.toml"

    def edit(self, path: Path, change: Callable[[nbformat.NotebookNode], object]) -> None:
        """Change a notebook on disk."""
        notebook = cells.read(path)
        change(notebook)
        cells.write(notebook, path)

    def solve(self, **bodies: str) -> None:
        """Write solutions into the exercises, as a student would; the right one where none is given."""
        solved = cells.read(self.chapter)

        def change(notebook):
            for name in ("mul_rule", "mean"):
                source = cell(solved, name).source
                stub = f'raise NotImplementedError("exercise {name}")'
                target = cell(notebook, name)
                target.source = target.source.replace(stub, bodies[name]) if name in bodies else source

        self.edit(self.exercises, change)


def cell(notebook, grade_id: str):
    """The cell with this grade_id."""
    return next(found for found in notebook.cells if cells.grade_id(found) == grade_id)


@pytest.fixture(scope="session")
def executed(tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("executed") / "01_sample.ipynb"
    cells.write(sample_chapter(), path)
    return run(path)


@pytest.fixture
def course(executed, tmp_path: Path) -> Course:
    made = Course(tmp_path / "notebooks")
    cells.write(copy.deepcopy(executed), made.chapter)
    write_exercises(made.chapter)
    made.mistakes.parent.mkdir()
    made.mistakes.write_text(MISTAKES)
    (made.exercises.parent / "conftest.py").write_text(
        (cells.NOTEBOOKS / "exercises" / "conftest.py").read_text(encoding="utf-8")
    )
    return made
