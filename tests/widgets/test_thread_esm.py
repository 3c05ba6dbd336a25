"""The JavaScript of `KernelView` for CUDA kernels, alone in a browser."""

from xml.etree import ElementTree

import pytest
import thread_kernels as kernels
from thread_kernels import numbers, zeros

from minigrad_widgets import KernelView

pytestmark = pytest.mark.browser

NAMESPACE = "{http://www.w3.org/2000/svg}"


VIEWS = {
    "guarded": lambda: KernelView(kernels.add, 2, 32, zeros(50), numbers(50), numbers(50)),
    "banks": lambda: KernelView(kernels.columns, 1, (32, 8), zeros(32, 8), numbers(8, 32)),
    "races": lambda: KernelView(kernels.racy, 1, 32, zeros(32), numbers(32)),
    "divergent": lambda: KernelView.compare(
        {"one": kernels.uneven, "two": kernels.uneven}, (2, 2), (2, 2), zeros(4), numbers(4)
    ),
    "nothing": lambda: KernelView(kernels.add, 1, 32, zeros(0), numbers(0), numbers(0)),
}


def elements(svg):
    """Every element of a drawing with its attributes; what is hidden stands where it likes."""
    found = []
    for e in ElementTree.fromstring(svg).iter():
        attributes = {name.rpartition("}")[2]: value for name, value in e.attrib.items()}
        hidden = attributes.get("visibility") == "hidden"
        found.append((e.tag.removeprefix(NAMESPACE), "hidden" if hidden else attributes, e.text or ""))
    return found


@pytest.mark.parametrize("name", VIEWS)
def test_the_browser_draws_at_every_moment_what_python_draws(mount, name):
    from minigrad_widgets.marks import sheet

    view = VIEWS[name]()
    page = mount(view)
    for position in [0, 1, 2, 5, 3, len(view) // 2, len(view) - 1, 4]:
        if position >= len(view):
            continue
        page.evaluate("(n) => model.set('position', n)", position)
        shown = page.evaluate(
            "() => [...document.querySelectorAll('.mg-kernel-panel > svg')].map((s) => new XMLSerializer().serializeToString(s))"
        )
        assert len(shown) == len(view._drawings)
        for svg, drawing in zip(shown, view._drawings):
            expected = sheet(drawing.width, drawing.height, *drawing.marks(drawing.panel.at(position)))
            assert elements(svg)[1:] == elements(expected)[1:]


def test_keys_step_and_go_on_to_what_is_wasted(mount):
    page = mount(VIEWS["banks"]())
    page.locator(".mg-view").focus()
    at = lambda: page.evaluate("model.state.position")
    for key, expected in [("k", 1), ("ArrowRight", 2), ("j", 1), ("m", 17), ("m", 19), ("End", 32), ("Home", 0)]:
        page.keyboard.press(key)
        assert at() == expected
    said = page.get_by_label("steps done").get_attribute("aria-valuetext")
    assert said == "step 0 of 32: columns: before the first instruction; "
    for button in page.locator("button").all():
        assert button.get_attribute("aria-label") or button.inner_text()


def test_a_thread_shows_its_elements_and_an_element_its_threads(mount):
    page = mount(VIEWS["guarded"]())
    page.locator("[data-part=thread]").nth(3).hover()
    note = page.locator(".mg-touched")
    assert note.inner_text() == "thread 3 of block 0: reads x[3] = 4, reads y[3] = 4, writes z[3] = 8"
    box = page.locator("[data-part=touched]")
    assert box.get_attribute("d").count("M") == 4  # its seat and three elements
    page.evaluate("model.set('position', 6)")
    page.locator("[data-part=lane]").nth(1).hover()
    assert note.inner_text() == "z[33]: thread 1 of block 1 writes it in line 6"
    page.mouse.move(0, 0)
    assert note.inner_text().startswith("Point at") and box.get_attribute("d") == ""
    page.locator(".mg-view").focus()
    page.keyboard.press("ArrowDown")
    assert note.inner_text().startswith("thread 0 of block 1: reads x[32]")
    page.keyboard.press("ArrowUp")
    assert note.inner_text().startswith("Point at")


def test_a_view_that_is_removed_listens_no_more(mount):
    page = mount(VIEWS["guarded"]())
    assert page.evaluate("model.listening()") == 4
    assert page.evaluate("() => { window.ends[1](); return model.listening(); }") == 1  # the clock's


def test_names_stay_text(mount):
    page = mount(KernelView({'<img src=x onerror="alert(1)">': kernels.add}, 1, 32, zeros(2), numbers(2), numbers(2)))
    assert page.locator("img").count() == 0
