"""The JavaScript of `ModuleTree`, alone in a browser."""

import pytest

import minigrad as mg
from minigrad import nn
from minigrad_widgets import ModuleTree

pytestmark = pytest.mark.browser


def test_the_tree_opens_moves_and_shows_what_is_live(mount):
    mg.manual_seed(0)
    inner = nn.Sequential(nn.Linear(8, 8), nn.ReLU())
    model = nn.Sequential(inner, nn.Linear(8, 2))
    model.add_module('<img src=x onerror="alert(1)">', nn.Identity())
    tree = ModuleTree(model, (4, 8), opened=[""])
    page = mount(tree)
    rows = lambda: page.locator("[role=treeitem]").evaluate_all("(all) => all.map((row) => row.dataset.key)")
    here = lambda: page.evaluate("document.activeElement.dataset.key")
    assert rows() == ["", "0", "1", '<img src=x onerror="alert(1)">'] and page.locator("img").count() == 0
    assert page.locator("[role=tree] [tabindex='0']").count() == 1

    page.locator("[role=treeitem]").first.focus()
    for key, at in [("ArrowDown", "0"), ("ArrowRight", "0"), ("ArrowRight", "0.0"), ("Enter", "0.0"), ("End", None)]:
        page.keyboard.press(key)
        assert here() == (at if at is not None else rows()[-1])
    assert page.evaluate("model.state.opened") == ["", "0", "0.0"] and "0.0·weight" in rows()
    page.keyboard.press("Home")
    down, left = (
        [("Down", "0"), ("Down", "0.0"), ("Down", "0.0·weight")],
        [("Left", "0.0"), ("Left", "0.0"), ("Left", "0")],
    )
    for key, at in down + left:
        page.keyboard.press(f"Arrow{key}")
        assert here() == at
    page.keyboard.press("*")
    assert set(page.evaluate("model.state.opened")) == {"", "0", "1"}

    linear = page.locator("[data-key='1']")
    said = linear.get_attribute("aria-label")
    assert said.startswith("1, Linear, output (4, 2), numbers learned 18, multiply-adds 64, time ")
    assert linear.get_attribute("aria-level") == "2" and linear.get_attribute("aria-expanded") == "true"
    page.get_by_role("button", name="Open all").click()
    assert len(rows()) == len(tree.parts)

    model(mg.ones(4, 8)).sum().backward()
    inner.eval()
    tree.update()
    page.evaluate("(live) => model.set('_live', live)", tree._live)
    assert page.locator("[data-key='0'] .mg-badge").inner_text() == "evaluation"
    assert f"‖gradient‖ {tree._live['norms']['1'][0]}" in linear.get_attribute("aria-label")
    page.get_by_role("button", name="Close all").click()
    assert len(rows()) == 4 and page.locator("[role=tree] [tabindex='0']").count() == 1
    assert page.evaluate("() => { window.ends[1](); return model.listening(); }") == 0
