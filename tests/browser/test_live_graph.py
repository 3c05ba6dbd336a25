"""A graph that grows in the page while later cells run."""

import pytest

pytestmark = pytest.mark.browser

FIRST = """
import minigrad as mg
from minigrad_widgets import LiveGraph
live = LiveGraph()
x = mg.tensor([1.0], requires_grad=True)
y = mg.exp(x)
live
"""


def test_the_first_picture_grows_with_the_next_cells(run_notebook):
    notebook = run_notebook([FIRST, "z = y * (y + 1)", "z.backward()\nlive.stop()", "w = z * 2"])
    assert notebook.errors() == []
    first = notebook.page.locator(".mg-graph")
    first.locator(".mg-node").nth(3).wait_for()
    texts = first.locator(".mg-node").all_inner_texts()
    assert len(texts) == 4, "what ran after stop() is not drawn"
    assert "grad" in first.inner_text() and "z = 10.1" in first.inner_text()
