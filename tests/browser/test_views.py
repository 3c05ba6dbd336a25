"""The views in a real JupyterLab: dragged, clicked and keyed, with a kernel and without."""

import base64
import shutil
from pathlib import Path

import nbformat
import pytest
from browsing import wait_in

pytestmark = pytest.mark.browser

SETUP = """
import minigrad as mg
from minigrad import nn
from minigrad_widgets import BackwardStepper, GraphView, TrainingMonitor
mg.manual_seed(0)
"""
STEPPER = """
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
x, y = mg.randn(5, 4), mg.tensor([0, 2, 1, 1, 0])
with mg.record() as film:
    loss = nn.CrossEntropyLoss()(model(x), y)
    loss.backward()
stepper = BackwardStepper(film)
stepper
"""
MARKUP = '''
evil = '<img src=x onerror="window.hacked = 1">'
class Evil(nn.Module):
    def forward(self, x):
        return x * 2  # <img src=x onerror="window.hacked = 2">
Evil.__name__ = evil
@mg.op(shape=mg.shapes.same, saves="x", kernel=lambda x: x * x)
def evil_op(g, z, x):
    """<img src=x onerror="window.hacked = 3"> :math:`\\\\text{<img src=x onerror=window.hacked=4>}`"""
    return (2 * x * g,)
x = mg.tensor([1.0, 2.0], requires_grad=True)
with mg.record() as film:
    y = evil_op(Evil()(x)).sum()
    y.backward()
for v in film.vertices:
    v.name = v.name and evil
BackwardStepper(film)
'''


def test_the_stepper_is_dragged_clicked_and_keyed(run_notebook):
    notebook = run_notebook([SETUP, STEPPER, "print(stepper.position, stepper.selection, stepper.opened)"])
    assert notebook.errors() == []
    page = notebook.page
    stepper = page.locator(".mg-stepper")
    stepper.wait_for()
    count = stepper.locator(".mg-count")
    start = int(count.inner_text().split("/")[0])

    box = stepper.get_by_label("position in the film").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start / 14, middle)
    page.mouse.down()
    seen = set()
    for share in (0.6, 0.7, 0.8, 0.9, 0.2):
        page.mouse.move(box["x"] + box["width"] * share, middle, steps=3)
        seen.add(count.inner_text())
    page.mouse.up()
    assert len(seen) == 5
    assert "forward" not in stepper.locator(".mg-caption").inner_text()

    cells = len(notebook.cells())
    active = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
    before = page.evaluate(active)
    stepper.focus()
    for key in ("Home", "k", "k", "k", "j"):
        page.keyboard.press(key)
    assert count.inner_text() == "2 / 14"
    page.keyboard.press("End")
    assert count.inner_text() == "14 / 14"
    assert page.evaluate(active) == before and len(notebook.cells()) == cells  # JupyterLab's own j and k kept quiet

    stepper.locator(".mg-node", has_text="linear₂").click()
    assert "linear₂" in stepper.locator(".mg-side h3").inner_text()

    stepper.locator(".mg-handle", has_text="0: Linear").click()
    stepper.locator(".mg-node[data-kind=group]", has_text="0: Linear").wait_for()
    assert count.inner_text() == "12 / 12"  # the same moment in a shorter film
    stepper.locator(".mg-node[data-kind=group]", has_text="0: Linear").click()
    stepper.locator(".mg-handle", has_text="0: Linear").wait_for()

    wait_in(page, 300)
    page.evaluate(
        """() => {
          window.jupyterapp.shell.currentWidget.content.activeCellIndex = 2;
          return window.jupyterapp.commands.execute('notebook:run-cell');
        }"""
    )
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
    )
    told = notebook.cells()[2]["outputs"][0]["text"]
    told = told if isinstance(told, str) else "".join(told)
    assert told.startswith("14 v") and "'/Sequential/0: Linear'" in told


def test_markup_in_every_string_of_the_user_is_inert(run_notebook):
    notebook = run_notebook([SETUP, MARKUP])
    assert notebook.errors() == []
    stepper = notebook.page.locator(".mg-stepper")
    stepper.wait_for()
    stepper.focus()
    for _ in range(12):
        notebook.page.keyboard.press("k")
        assert stepper.locator("img, script").count() == 0
    for node in stepper.locator(".mg-node").all():
        node.click()
        assert stepper.locator("img, script").count() == 0
    wait_in(notebook.page, 200)
    assert notebook.page.evaluate("() => window.hacked") is None
    assert "<img" in stepper.inner_text()


@pytest.fixture(scope="module")
def saved(lab, browser, tmp_path_factory):
    """A notebook that was run and saved, with the state of its widgets."""
    folder = tmp_path_factory.mktemp("saved")

    def save(notebook):
        notebook.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        return Path(shutil.copy(lab.folder / notebook.path, folder / "saved.ipynb"))

    return save


def test_a_saved_stepper_plays_without_its_kernel(run_notebook, open_notebook, saved):
    from playwright.sync_api import TimeoutError as NotInTime

    path = saved(run_notebook([SETUP, STEPPER]))
    assert nbformat.read(path, as_version=4).metadata.get("widgets"), "the state of the widgets was not saved"
    page = open_notebook(path).page
    stepper = page.locator(".mg-stepper")
    # JupyterLab restores widgets while its new, empty kernel starts, and on a busy machine now and then it does not:
    # where that kernel answers too late, its manager drops the error and shows nothing. A reader reloads the page.
    try:
        stepper.wait_for(timeout=20_000)
    except NotInTime:
        page.reload()
        stepper.wait_for()  # now the kernel goes
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    for _ in range(3):  # while the kernel goes JupyterLab may draw the view anew, without the focus
        stepper.focus()
        page.keyboard.press("Home")
        for _ in range(8):
            page.keyboard.press("k")
        wait_in(page, 500)
        if stepper.locator(".mg-count").inner_text() == "8 / 14":
            break
    assert stepper.locator(".mg-count").inner_text() == "8 / 14"
    assert stepper.locator(".mg-node[data-state=running]").count() == 1


def test_a_stored_chapter_shows_the_picture_to_a_reader_who_trusts_nothing(run_notebook, open_notebook, saved):
    """The course stores a view's picture and text only: what is shown until a reader runs the cell."""
    path = saved(run_notebook([SETUP, STEPPER]))
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.pop("widgets")
    for output in notebook.cells[1].outputs:
        output.data.pop("application/vnd.jupyter.widget-view+json")
    nbformat.write(notebook, path)
    page = open_notebook(path).page
    picture = page.locator("img[src^='data:image/svg+xml']")
    picture.wait_for()
    assert picture.evaluate("(i) => i.naturalWidth") > 200
    stored = base64.b64decode(picture.get_attribute("src").partition("base64,")[2]).decode()
    assert "cross_entropy" in stored
    words = picture.get_attribute("alt")  # those that stand in the picture itself
    assert (
        words.startswith("Step 10 of 14. relu takes g") and words.split(" ")[1] in stored and "relu takes g" in stored
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_stand_out_from_their_ground_in_both_themes(run_notebook, theme):
    notebook = run_notebook(
        [SETUP, STEPPER.replace("BackwardStepper(film)", "BackwardStepper(film, position=8)")], theme=theme
    )
    notebook.page.locator(".mg-stepper").wait_for()
    wait_in(notebook.page, 400)  # the colours change softly
    ratios = notebook.page.evaluate(
        """() => {
          const light = (css) => {
            const parts = css.match(/[\\d.]+/g).map((c) => Number(c) / 255);
            const [r, g, b] = parts.map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          return [...document.querySelectorAll('.mg-node:not([data-state=off])')].flatMap((node) => {
            const ground = light(getComputedStyle([...node.querySelectorAll('.mg-box')].at(-1)).fill);
            return [...node.querySelectorAll('text')].map((t) => {
              const ink = light(getComputedStyle(t).fill);
              return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
            });
          });
        }"""
    )
    assert len(ratios) > 15 and min(ratios) >= 4.5  # WCAG AA


def test_the_monitor_moves_while_a_cell_runs(open_notebook):
    notebook = open_notebook(
        [
            SETUP,
            "monitor = TrainingMonitor()\nmonitor",
            "import time\nfor step in range(40):\n    monitor.log(step=step, loss=1 / (1 + step))\n    time.sleep(0.05)",
        ]
    )
    page = notebook.page
    page.evaluate(
        """() => {
          window.seen = new Set();
          setInterval(() => seen.add(document.querySelector('.mg-monitor polyline')?.getAttribute('points')), 50);
          window.jupyterapp.commands.execute('notebook:run-all-cells');
        }"""
    )
    page.wait_for_function("() => document.querySelector('.mg-monitor')?.textContent.includes('39')")
    assert page.evaluate("seen.size") >= 6  # nothing, and five curves
    assert notebook.errors() == []


DECLARED = """
from minigrad.graph import Graph, gradients
from minigrad_widgets import AbstractionsView, NetView, RewriteView
graph = Graph()
x, y = graph.placeholder("x", (8, 6)), graph.placeholder("y", (8,), "int64")
w, b = graph.variable("w", (6, 3)), graph.variable("b", (3,))
declared = nn.functional.cross_entropy(mg.tanh(x @ w + b) * 1.0, y)
fetches = [declared, *gradients(declared, [w, b])]
RewriteView(fetches)
"""
NET = '''
from minigrad import caffe
net = caffe.Net("""
layer { name: "data" type: "Input" top: "data" top: "label" input_param { shape { dim: 8 dim: 6 } shape { dim: 8 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 3 } }
layer { name: "tanh" type: "TanH" bottom: "ip" top: "ip" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
""")
with net.record() as steps:
    net.forward(data=mg.randn(8, 6).numpy(), label=mg.zeros(8).numpy())
    net.backward()
NetView(steps)
'''
COLUMNS = """
model = nn.Sequential(nn.Linear(6, 3), nn.Tanh())
with mg.record() as film:
    nn.functional.cross_entropy(model(mg.randn(8, 6)), mg.zeros(8, dtype=mg.int64)).backward()
AbstractionsView(net, fetches, film)
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_rewrites_layers_and_columns_are_stepped_and_linked(run_notebook, theme):
    notebook = run_notebook([SETUP, DECLARED, NET, COLUMNS], theme=theme, size=(1500, 1400))
    assert notebook.errors() == []
    page = notebook.page
    cells = len(notebook.cells())

    rewrites = page.locator(".mg-rewrite")
    rewrites.scroll_into_view_if_needed()
    rewrites.focus()
    page.keyboard.press("End")
    assert rewrites.locator(".mg-caption").inner_text().startswith("all together")
    kernel = rewrites.locator(".mg-column").nth(1).locator(".mg-node[data-state=joined]").first
    kernel.click()
    for key in ("ArrowDown", "x"):  # which JupyterLab would take for "to the next cell" and "cut this cell"
        rewrites.get_by_role("button").first.press(key)
    assert "def " in rewrites.locator(".mg-side pre").inner_text()
    assert rewrites.locator(".mg-column").nth(0).locator(".mg-linked").count() >= 2

    layers = page.locator(".mg-net")
    layers.scroll_into_view_if_needed()
    layers.focus()
    page.keyboard.press("End")
    page.keyboard.press("j")
    assert layers.locator(".mg-caption").inner_text().startswith("Backward: tanh")
    assert layers.locator(".mg-node[data-state=running]").count() == 1

    columns = page.locator(".mg-abstractions")
    columns.scroll_into_view_if_needed()
    columns.locator(".mg-item", has_text="InnerProduct").hover()
    assert columns.locator(".mg-linked", has_text="matmul").count() >= 1
    assert columns.locator(".mg-linked", has_text="linear").count() == 1
    assert len(notebook.cells()) == cells
