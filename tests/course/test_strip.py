"""From solved to exercises, and noticing when the two have drifted apart."""

import nbformat
import pytest

from minigrad_course import cells
from minigrad_course.cells import CourseError
from minigrad_course.strip import QUESTION, stale, strip, stub, write_exercises

from .conftest import cell, code


def test_bodies_go_and_everything_else_stays(executed):
    stripped = strip(executed)
    assert cell(stripped, "mul_rule").source == (
        "def mul_rule(g, x, y):\n"
        '    """The gradients of x*y with respect to x and to y."""\n'
        '    raise NotImplementedError("exercise mul_rule")'
    )
    assert cell(stripped, "why").source == QUESTION
    for name in ("test_mul_rule", "see_mul_rule", "imports"):
        before, after = cell(executed, name), cell(stripped, name)
        assert (after.source, after.outputs, after.execution_count) == (
            before.source,
            before.outputs,
            before.execution_count,
        )
        assert after.metadata.editable is False
    assert "SOLUTION" not in "".join(found.source for found in stripped.cells)


def test_run_all_goes_past_an_unsolved_exercise(executed):
    """JupyterLab stops at the first error, unless the cell has this tag."""
    stripped = strip(executed)
    tagged = {cells.grade_id(found) for found in stripped.cells if "raises-exception" in found.metadata.get("tags", [])}
    assert tagged == {"see_mul_rule", "test_mul_rule", "test_mean"}


def test_what_a_solution_showed_goes_with_it():
    solved = code("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", "x", solution=True)
    solved.outputs = [nbformat.v4.new_output("stream", text="the answer is 1")]
    assert strip(nbformat.v4.new_notebook(cells=[solved])).cells[0].outputs == []


def test_each_region_keeps_its_indentation():
    source = """
    class Layer:
        def forward(self, x):
            ### BEGIN SOLUTION
            return x
            ### END SOLUTION

        def backward(self, g):
            ### BEGIN SOLUTION
            return g
            ### END SOLUTION
    """
    lines = stub(code(source, "layer", solution=True)).splitlines()
    assert [line for line in lines if "raise" in line] == ['        raise NotImplementedError("exercise layer")'] * 2
    assert "    def backward(self, g):" in lines


@pytest.mark.parametrize(
    "source",
    [
        "def f(): return 1",
        "### BEGIN SOLUTION\nx = 1",
        "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION",
    ],
)
def test_a_badly_marked_solution_is_refused(source):
    with pytest.raises(CourseError, match="'f' is not marked"):
        stub(code(source, "f", solution=True))


def test_stale_exercises_are_noticed(course):
    assert stale(course.chapter) == ""
    course.edit(course.chapter, lambda nb: cell(nb, "mean").update(source=cell(nb, "mean").source.replace("The", "A")))
    assert "stale: 2 lines differ" in stale(course.chapter)
    assert "A mean." in stale(course.chapter)
    write_exercises(course.chapter)
    assert stale(course.chapter) == ""
    course.exercises.unlink()
    assert "no exercises yet" in stale(course.chapter)


def test_exercises_are_found_with_their_checks(executed):
    assert [(found.name, found.points) for found in cells.exercises(executed)] == [
        ("mul_rule", 2),
        ("mean", 3),
    ]
