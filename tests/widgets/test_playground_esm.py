"""The JavaScript of `OptimizerPlayground`, alone in a browser."""

from xml.etree import ElementTree

import pytest

from minigrad import optim
from minigrad_widgets import OptimizerPlayground
from minigrad_widgets.marks import sheet
from minigrad_widgets.racing import bowl
from minigrad_widgets.racing.picture import SHEET

pytestmark = pytest.mark.browser

TRAITS = ("surface", "start", "options", "terrain", "left_out")


@pytest.fixture
def show(mount):
    def shown(view):
        return mount(view, *TRAITS)

    return shown


def small(**keywords):
    two = {"SGD": (optim.SGD, {"lr": 0.25, "momentum": 0.5}), "Adam": (optim.Adam, {"lr": 0.2})}
    return OptimizerPlayground(bowl(10), two, steps=40, **keywords)


def elements(svg):
    """Every element of a drawing, with what both sides set; the browser adds what makes the ring a button."""
    extra = ("tabindex", "role", "aria-label")
    found = []
    for e in ElementTree.fromstring(svg).iter():
        attributes = {name.rpartition("}")[2]: value for name, value in e.attrib.items()}
        found.append((e.tag.rpartition("}")[2], {k: v for k, v in attributes.items() if k not in extra}, e.text or ""))
    return found[1:]


@pytest.mark.parametrize(
    "view", [small, lambda: OptimizerPlayground(bowl(10), {"fast": (optim.SGD, {"lr": 0.4})}, steps=30, position=3)]
)
def test_the_browser_draws_at_every_step_what_python_draws(show, view):
    view = view()
    page = show(view)
    for position in (0, 1, 7, 30, 2):
        page.evaluate("(n) => model.set('position', n)", position)
        shown = page.evaluate("new XMLSerializer().serializeToString(document.querySelector('.mg-race > svg'))")
        drawing = view._drawing()
        assert elements(shown) == elements(sheet(*SHEET, *drawing.ground(), *drawing.marks(position)))


def test_the_table_says_who_is_lowest_and_who_is_gone(show):
    view = small()
    view.change("SGD", lr=1.0)
    page = show(view)
    gone = view.race["SGD"].diverged
    rows = page.locator(".mg-lane")
    for position in (gone - 1, gone):
        page.evaluate("(n) => model.set('position', n)", position)
        assert (f"diverged at step {gone}" in rows.nth(0).inner_text()) == (position == gone)
        assert "lowest" in rows.nth(1).inner_text() and "lowest" not in rows.nth(0).inner_text()
    assert "off the map" in rows.nth(0).inner_text() or "diverged" in rows.nth(0).inner_text()
    assert f"SGD diverged at step {gone}; Adam loss" in page.get_by_label("steps taken").get_attribute("aria-valuetext")
    rows.nth(0).get_by_role("checkbox").uncheck()
    assert page.evaluate("model.state.left_out") == ["SGD"]
    assert page.locator("[data-lane='0'][visibility=visible]").count() == 0


def test_the_ring_is_dragged_clicked_and_keyed(show):
    page = show(small())
    box = page.locator("[data-part=frame]").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    x, y = page.evaluate("model.state.start")
    assert abs(x) < 0.05 and abs(y) < 0.05
    page.keyboard.press("ArrowRight")  # asked while the kernel has not answered: it waits
    page.keyboard.press("ArrowUp")
    assert page.evaluate("model.state.start") == [x, y] and page.evaluate("model.saved") == 1
    assert page.evaluate("model.state.position") == 0
    ring = page.locator("[data-part=start]")
    page.evaluate("model.set('_data', { ...model.state._data, answers: 9 })")  # the answer to the first
    assert page.evaluate("model.saved") == 2
    assert page.evaluate("model.state.start") == [pytest.approx(x + 0.2, abs=1e-3), pytest.approx(y + 0.15, abs=1e-3)]
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] - 50, box["y"] + 60)
    page.mouse.up()
    assert "x −4" in ring.get_attribute("aria-label")  # held inside the map


def test_a_slider_asks_and_its_keys_are_its_own(show):
    page = show(small())
    rate = page.get_by_label("SGD: learning rate")
    rate.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("model.state.options.SGD.lr") == pytest.approx(0.282)
    assert page.evaluate("model.state.options.Adam.lr") == 0.2 and page.evaluate("model.state.position") == 0
    page.get_by_label("surface").select_option("rosenbrock")
    page.locator(".mg-view").focus()
    page.keyboard.press("End")
    assert page.evaluate("model.state.position") == 40


def test_without_a_kernel_it_says_so_and_plays_on(show):
    page = show(small())
    page.clock.install()
    page.get_by_label("SGD: momentum").fill("3")
    page.clock.run_for(4500)
    assert "No kernel answers" in page.get_by_role("status").inner_text()
    page.locator(".mg-view").focus()
    page.keyboard.press("k")
    assert page.locator(".mg-count").inner_text() == "1 / 40"


def test_names_stay_text_and_nothing_listens_afterwards(show):
    page = show(OptimizerPlayground(bowl(3), {'<img src=x onerror="alert(1)">': optim.SGD}, steps=3))
    assert page.locator("img").count() == 0 and "<img" in page.locator(".mg-lane b").inner_text()
    assert page.evaluate("() => { window.ends[1](); return model.listening(); }") == 1  # the clock's
