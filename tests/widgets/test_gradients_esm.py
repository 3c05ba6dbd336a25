"""The JavaScript of `GradientView`, alone in a browser."""

import pytest

import minigrad as mg
from minigrad import nn
from minigrad_widgets import GradientView

pytestmark = pytest.mark.browser


def test_cells_are_chosen_by_mouse_and_keys_and_what_python_adds_is_shown(mount):
    mg.manual_seed(0)
    made = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2))
    made.add_module('<img src=x onerror="alert(1)">', nn.Linear(2, 2))
    view = GradientView()
    page = mount(view)
    side = page.locator(".mg-side")
    assert "Nothing logged yet" in side.inner_text()
    with mg.record() as film:
        made(mg.ones(2, 4)).sum().backward()
    for step in range(12):
        view.log(made, 10 * step, film=film if step == 4 else None)
    view.flush()

    def follow():
        view.selection = page.evaluate("model.state.selection")
        page.evaluate(
            "([data, card]) => { model.set('_card', card); model.set('_data', data); }", [view._data, view._card]
        )

    follow()
    assert page.locator("img").count() == 0
    box = page.locator(".mg-heat svg").bounding_box()
    left, top, wide, high = view._data["grid"]
    page.mouse.click(box["x"] + left + wide * 4.5, box["y"] + top + high * 2.5)
    assert page.evaluate("model.state.selection") == "2 4"
    assert "2.weight" in side.inner_text() and "40" in side.inner_text()  # before Python has said anything
    assert side.locator("svg").count() == 0
    follow()
    assert side.locator("svg").count() == 1 and side.get_by_role("button", name="Open the film of step 40").count() == 1
    page.get_by_role("button", name="Open the film").click()
    assert page.evaluate("model.sent") == [{"ask": "film", "step": 40}]

    page.locator(".mg-heat").focus()
    moves = ["ArrowRight", "ArrowUp", "End", "Home", "ArrowLeft", "ArrowDown"]
    for key, expected in zip(moves, ["2 5", "1 5", "1 11", "1 0", "1 0", "2 0"]):
        page.keyboard.press(key)
        assert page.evaluate("model.state.selection") == expected
    frame = page.locator("[data-part=here]")
    assert float(frame.get_attribute("x")) == pytest.approx(left) and float(frame.get_attribute("y")) == top + 2 * high
    assert side.get_attribute("aria-live") == "polite"
    page.keyboard.press("Escape")
    assert page.evaluate("model.state.selection") == "" and side.get_attribute("aria-live") == "off"

    made[0].weight.grad = made[0].weight.grad * float("nan")
    assert view.log(made, 130)
    view.flush()
    follow()
    assert (
        "Stopped: the gradient of 0.weight has 12 of 12 elements not finite"
        in page.locator("[role=status]").inner_text()
    )
    assert page.evaluate("() => { window.ends[1](); return model.listening(); }") == 0
