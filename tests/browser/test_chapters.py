"""Whole chapters in a real JupyterLab, as a reader runs them."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.mark.parametrize("name", ["00_start_here", "03_backward"])
def test_a_chapter_runs_whole_and_its_steppers_step(run_notebook, name):
    notebook = run_notebook(NOTEBOOKS / f"{name}.ipynb")
    assert notebook.errors() == []
    steppers = notebook.page.locator(".mg-stepper")
    assert steppers.count() > 0
    for stepper in steppers.all():
        stepper.scroll_into_view_if_needed()
        stepper.focus()
        before = stepper.locator(".mg-count").inner_text()
        notebook.page.keyboard.press("k")
        assert stepper.locator(".mg-count").inner_text() != before
        assert stepper.locator(".mg-node[data-state=running]").count() == 1
