"""The JavaScript of `BatchView`, alone in a browser."""

import numpy as np
import pytest

from minigrad.data.transforms import Compose, RandomAffine, RandomHorizontalFlip, ToTensor
from minigrad_widgets import BatchView
from minigrad_widgets.base import _STATIC as static

pytestmark = pytest.mark.browser

IMAGE = np.random.default_rng(0).integers(0, 256, (8, 8), dtype=np.uint8)


def test_sliders_buttons_and_keys_say_what_to_draw(mount):
    view = BatchView(IMAGE, 3, transform=Compose([RandomAffine(20, (0.1, 0.1)), ToTensor(), RandomHorizontalFlip()]))
    page = mount(view, "seed", "settings")
    assert page.locator(".mg-images image").count() == 15
    sliders = page.locator("input[type=range]")
    assert [s.get_attribute("aria-label") for s in sliders.all()] == [
        "RandomAffine: degrees", "RandomAffine: translate, across", "RandomAffine: translate, down",
        "RandomHorizontalFlip: p",
    ]  # fmt: skip
    page.get_by_label("RandomAffine: degrees").fill("45")
    assert page.evaluate("model.state.settings") == {**view.settings, "0.degrees": 45}
    assert page.locator("output").first.inner_text() == "45" and page.evaluate("model.saved") == 1
    page.get_by_role("button", name="draw again").click()
    page.locator(".mg-view").focus()
    for key, seed in (("n", 2), ("p", 1), ("p", 0), ("p", 0)):
        page.keyboard.press(key)
        assert page.evaluate("model.state.seed") == seed
    # What Python would answer.
    view.settings = {"0.degrees": 45}
    view._note = "refused"
    page.evaluate("(told) => model.set('_data', told)", view._told())
    assert "RandomAffine(degrees=45" in page.locator("pre").inner_text()
    assert page.locator(".mg-note").inner_text() == "refused"
    assert page.evaluate("() => { window.ends[1](); return model.listening(); }") == 0


def test_keys_that_are_pressed_in_a_view_do_not_leave_it(mount):
    page = mount(BatchView(IMAGE, 3, transform=RandomAffine(20)), "seed", "settings")
    page.evaluate("() => { window.left = []; document.addEventListener('keydown', (event) => left.push(event.key)); }")
    page.get_by_label("RandomAffine: degrees").focus()
    for key in ("ArrowDown", "x", "Enter", "Control+s"):
        page.keyboard.press(key)
    page.locator(".mg-view").press("ArrowUp")
    assert page.evaluate("left") == ["Control", "s"]
    assert page.evaluate("model.state.settings") == {"degrees": 19}


def test_every_view_is_made_so():
    modules = {p.name: p.read_text(encoding="utf-8") for p in static.glob("*.js")}
    views = [name for name, code in modules.items() if "function render(" in code]
    assert len(views) > 9 and all("= viewRoot(" in modules[name] for name in views)


def test_a_sheet_has_no_sliders(mount):
    page = mount(BatchView(np.stack([IMAGE] * 3), [1, 2, "<b>x</b>"]), "seed", "settings")
    assert page.locator(".mg-images image").count() == 3 and page.locator(".mg-view b").count() == 0
    assert not page.get_by_role("button", name="draw again").is_visible()
