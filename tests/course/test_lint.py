"""Each thing a chapter must be, broken once."""

import nbformat
import pytest

from minigrad_course.lint import lint

from .conftest import cell

nbgrader_format = pytest.importorskip("nbgrader.nbgraderformat", reason="nbgrader is not installed (make env-dev)")


def test_the_sample_is_well_formed(course):
    assert lint(course.chapter) == []


def test_nbgraders_own_validator_agrees(executed):
    nbgrader_format.MetadataValidator().validate_nb(executed)


def shows(name: str, *outputs):
    return lambda nb: cell(nb, name).update(outputs=[nbformat.from_dict(output) for output in outputs])


def stream(text: str, name: str = "stdout") -> dict:
    return {"output_type": "stream", "name": name, "text": text}


FOLDER = "/".join(["", "home", "ann"])  # nobody's: put together here, so that no file holds a path of a machine

BREAKS = {
    "invented keys: colour": lambda nb: cell(nb, "mean").metadata.nbgrader.update(colour="red"),
    "schema_version is 2": lambda nb: cell(nb, "mean").metadata.nbgrader.update(schema_version=2),
    "needs true or false for locked": lambda nb: cell(nb, "mean").metadata.nbgrader.pop("locked"),
    "needs points": lambda nb: cell(nb, "test_mean").metadata.nbgrader.pop("points"),
    "a check cell is locked": lambda nb: cell(nb, "test_mean").metadata.nbgrader.update(locked=False),
    "both solution and grade": lambda nb: cell(nb, "why").metadata.nbgrader.update(grade=False),
    "must be made of letters": lambda nb: cell(nb, "why").metadata.nbgrader.update(grade_id="why not"),
    "more than one cell": lambda nb: cell(nb, "why").metadata.nbgrader.update(grade_id="mean"),
    "has no check cell test_mean": lambda nb: nb.cells.remove(cell(nb, "test_mean")),
    "belongs to no solution cell": lambda nb: nb.cells.remove(cell(nb, "mean")),
    "no slideshow metadata": lambda nb: cell(nb, "mean").metadata.pop("slideshow"),
    "execution count None, not": lambda nb: cell(nb, "mean").update(execution_count=None),
    "prints something": shows("mean", stream("hello")),
    "writes to stderr": shows("see_mul_rule", stream("careful", "stderr")),
    "stores an error": shows("see_mul_rule", {"output_type": "error", "ename": "E", "evalue": "", "traceback": []}),
    "memory address, 0x7f0012ab": shows("see_mul_rule", stream("<object at 0x7f0012ab>")),
    f"folder of this machine: {FOLDER}": shows("see_mul_rule", stream(f"{FOLDER}/data")),
    "not the one line 'mean: correct'": shows("test_mean", stream("fine")),
    "no body between": lambda nb: cell(nb, "mean").update(source="def mean(values): return 3.0"),
    "stands before the solution": lambda nb: nb.cells.insert(0, nb.cells.pop(nb.cells.index(cell(nb, "test_mean")))),
    "has no exercise": lambda nb: [cell.metadata.pop("nbgrader", None) for cell in nb.cells],
    "has not been run": lambda nb: [cell.update(execution_count=None) for cell in nb.cells if "outputs" in cell],
    "widget that is gone": shows(
        "see_mul_rule",
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}},
        },
    ),
}


@pytest.mark.filterwarnings("ignore::nbformat.warnings.DuplicateCellId")
@pytest.mark.parametrize("complaint", BREAKS)
def test_what_is_broken_is_named(course, complaint):
    course.edit(course.chapter, BREAKS[complaint])
    assert complaint in "\n".join(lint(course.chapter))


def test_two_known_mistakes_are_due(course):
    course.mistakes.write_text('[[mean]]\nname = "a"\nbody = "return 0"\nhint = "b"')
    problems = lint(course.chapter)
    assert "mean: 1 known mistakes are listed; at least two are due" in problems
    assert "mul_rule: 0 known mistakes are listed; at least two are due" in problems
