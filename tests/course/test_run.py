"""Executing a chapter: clean, deterministic, and no error passes."""

import nbformat
import pytest

from minigrad_course import cells
from minigrad_course.cells import CourseError
from minigrad_course.run import WIDGET_VIEW, run


def notebook(path, *sources: str):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    cells.write(made, path)
    return path


def test_two_runs_give_the_same_bytes(course):
    before = course.chapter.read_bytes()

    def forget(notebook):
        for number, cell in enumerate(notebook.cells):
            cell.id = f"random-{number}"
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None

    course.edit(course.chapter, forget)
    run(course.chapter)
    assert course.chapter.read_bytes() == before


def test_counts_ids_and_metadata_are_stable(executed):
    code = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert "mul_rule" in [cell.id for cell in code]
    assert "version" not in executed.metadata.language_info
    assert all(cell.metadata.slideshow.slide_type == "fragment" for cell in executed.cells)


def test_a_failing_cell_is_named_with_its_traceback_and_nothing_is_written(tmp_path):
    path = notebook(tmp_path / "n.ipynb", "x = 1", "def f():\n    return 1 / 0\nf()")
    before = path.read_bytes()
    with pytest.raises(CourseError, match=r"(?s)Cell 1 failed.*return 1 / 0.*ZeroDivisionError"):
        run(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("source", "got"), [("import os; os._exit(1)", "Kernel died"), ("while True: pass", "timed out")]
)
def test_a_kernel_that_stops_is_told_from_a_failing_cell(tmp_path, source, got):
    path = notebook(tmp_path / "n.ipynb", "x = 1", source)
    with pytest.raises(CourseError, match=f"(?s)The kernel stopped.*{got}"):
        run(path, timeout=2)


def test_stderr_is_refused(tmp_path):
    path = notebook(tmp_path / "n.ipynb", "import sys\nprint('mind', file=sys.stderr)")
    with pytest.raises(CourseError, match=r"(?s)Cell 0 .* stderr.*got: mind"):
        run(path)


def test_a_widget_is_stored_as_its_static_picture(tmp_path):
    view = f"""class View:
    def _repr_mimebundle_(self, **options):
        return {{"{WIDGET_VIEW}": {{"model_id": "1"}}, "text/html": "<b>still</b>", "text/plain": "View"}}
View()"""
    stored = run(notebook(tmp_path / "n.ipynb", view)).cells[0].outputs[0].data
    assert stored == {"text/html": "<b>still</b>", "text/plain": "View"}


def test_an_expected_error_is_stored_without_colours_and_folders(tmp_path):
    path = tmp_path / "n.ipynb"
    cell = nbformat.v4.new_code_cell("import json; json.loads('x')", metadata={"tags": ["raises-exception"]})
    cells.write(nbformat.v4.new_notebook(cells=[cell]), path)
    shown = "\n".join(run(path).cells[0].outputs[0].traceback)
    assert "decoder.py" in shown
    assert "/decoder.py" not in shown and "\x1b" not in shown
