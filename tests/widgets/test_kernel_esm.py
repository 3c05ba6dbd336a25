"""The JavaScript of `KernelView`, alone in a browser."""

from xml.etree import ElementTree

import loops
import numpy as np
import pytest

from minigrad_widgets import Cache, KernelView

pytestmark = pytest.mark.browser

NAMESPACE = "{http://www.w3.org/2000/svg}"


def both(**keywords):
    orders = {"i, j, k": loops.matmul_ijk, "i, k, j": loops.matmul_ikj}
    return KernelView.compare(orders, *loops.matrices(8), **keywords)


def elements(svg):
    """Every element of a drawing with its attributes; what is hidden stands where it likes."""
    found = []
    for e in ElementTree.fromstring(svg).iter():
        attributes = {name.rpartition("}")[2]: value for name, value in e.attrib.items()}
        hidden = attributes.get("visibility") == "hidden"
        found.append((e.tag.removeprefix(NAMESPACE), "hidden" if hidden else attributes, e.text or ""))
    return found


@pytest.mark.parametrize(
    "view",
    [
        both,
        lambda: KernelView(loops.planes, *loops.volume(), cache=Cache(line=16, size=64, ways=2)),
        lambda: KernelView(loops.matmul_ijk, *loops.matrices(3), cache=Cache(line=8, size=8, ways=1)),
        lambda: KernelView(lambda x: None, np.ones(3)),
    ],
)
def test_the_browser_draws_at_every_moment_what_python_draws(mount, view):
    from minigrad_widgets.marks import sheet

    view = view()
    page = mount(view)
    for position in sorted({0, 1, 2, 3, 20, 21, 300, 1087, 1088, 1500, len(view) - 1, 7}, key=lambda n: n % 11):
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


def test_keys_step_and_go_on_to_the_next_miss(mount):
    view = both()
    misses = [n + 1 for n in np.flatnonzero(~(view.caches["i, j, k"].hit & view.caches["i, k, j"].hit[:1088]))]
    page = mount(view)
    page.locator(".mg-view").focus()
    at = lambda: page.evaluate("model.state.position")
    for key, expected in [("k", 1), ("ArrowRight", 2), ("j", 1), ("End", 1600), ("PageUp", 1520), ("Home", 0)]:
        page.keyboard.press(key)
        assert at() == expected
    page.keyboard.press("PageDown")
    assert at() == 80
    page.keyboard.press("m")
    assert at() == min(n for n in misses if n > 80)
    page.get_by_role("button", name="next miss").click()
    assert at() == sorted(n for n in misses if n > 80)[1]


def test_the_slider_says_what_happens_in_each_kernel(mount):
    page = mount(both(position=2))
    said = page.get_by_label("accesses done").get_attribute("aria-valuetext")
    assert said.startswith("step 2 of 1600: i, j, k: reads y[0, 0] = 7: miss, its line comes in; i, k, j: reads")
    for button in page.locator("button").all():
        assert button.get_attribute("aria-label") or button.inner_text()


def test_playing_comes_to_its_end(mount):
    page = mount(both(position=-20))
    page.locator(".mg-view").focus()
    page.keyboard.press(" ")
    page.wait_for_function("() => model.state.position === 1600 && !model.state.playing")


def test_a_view_that_is_removed_listens_no_more(mount):
    page = mount(both())
    assert page.evaluate("model.listening()") == 4
    assert page.evaluate("() => { window.ends[1](); return model.listening(); }") == 1  # the clock's


@pytest.mark.parametrize("name", ['<img src=x onerror="alert(1)">', "x y"])
def test_names_stay_text(mount, name):
    page = mount(KernelView({name: loops.matmul_ijk}, *loops.matrices(2), position=1))
    assert page.locator("img").count() == 0
    assert page.locator(".mg-kernel-panel text").first.inner_html().startswith(name[0].replace("<", "&lt;"))
