"""The JavaScript of `RewriteView`, alone in a browser."""

import pytest
import rewritten

from minigrad_widgets import RewriteView

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def view():
    return RewriteView(rewritten.record())


def column(page, side):
    return page.locator(".mg-column").nth(side)


def test_the_browser_shows_at_every_position_what_python_computes(mount, view):
    page = mount(view)
    for at, change in enumerate(view.record.changes):
        page.evaluate("(at) => model.set('position', at)", at)
        for side, stage in enumerate((change.before, change.after)):
            shown = column(page, side).evaluate(
                """(column) => Object.fromEntries([...column.querySelectorAll('.mg-node')].map(
                  (n) => [n.dataset.key, [n.dataset.state, n.querySelector('.mg-words').textContent]]))"""
            )
            expected = view._drawn[stage].standing[at, ("left", "right")[side]]
            assert shown == {key: [state.name, state.words] for key, state in expected.items()}
        lines = (
            column(page, 0)
            .locator("line")
            .evaluate_all("(all) => all.map((l) => ['x1', 'y1', 'x2', 'y2'].map((n) => Number(l.getAttribute(n))))")
        )
        boxes = view._drawn[change.before].layout.boxes
        linked = view._drawn[change.before].links(change)
        expected = [[*boxes[a][:2], *boxes[b][:2]] for a, b in linked]
        assert [[round(x) for x in line] for line in lines] == [[round(x) for x in line] for line in expected]
        assert page.locator(".mg-caption").inner_text() == view._caption(at)


def test_pointing_at_a_value_shows_what_became_of_it_on_the_other_side(mount, view):
    page = mount(view)
    page.evaluate("model.set('position', 3)")
    column(page, 0).locator(".mg-node", has_text="tanh₁").hover()
    assert column(page, 1).locator(".mg-linked").count() == 1
    assert "kernel 1" in column(page, 1).locator(".mg-linked").text_content()
    assert "becomes" in page.locator(".mg-side").inner_text()
    column(page, 1).locator(".mg-node", has_text="kernel 1").click()
    assert page.evaluate("model.state.selection").startswith("4 v")
    assert column(page, 0).locator(".mg-linked").count() == 2
    assert page.locator(".mg-side pre").inner_text().strip() == rewritten.SOURCE.strip()
    page.evaluate("model.set('position', 4)")  # the last stage once more: the kernel is still chosen
    assert column(page, 0).locator(".mg-linked").count() == 4
    page.evaluate("model.set('position', 0)")  # the kernel is not there yet
    assert page.locator(".mg-linked").count() == 0


def test_keys_and_the_table_go_from_rewrite_to_rewrite(mount, view):
    page = mount(view)
    at = lambda: page.evaluate("model.state.position")
    page.locator(".mg-view").focus()
    for key, expected in [("k", 1), ("ArrowRight", 2), ("j", 1), ("End", 4), ("k", 4), ("Home", 0)]:
        page.keyboard.press(key)
        assert at() == expected
    page.get_by_role("button", name="common", exact=True).click()
    assert at() == 2 and page.locator(".mg-passes .mg-now").inner_text().startswith("common")
    said = page.get_by_label("rewrite", exact=True).get_attribute("aria-valuetext")
    assert said.startswith("step 2 of 4: 3. common")


def test_nodes_are_reached_by_keys_and_say_what_became_of_them(mount, view):
    page = mount(view)
    page.evaluate("model.set('position', 0)")
    removed = column(page, 0).locator(".mg-node[data-state=removed]")
    assert removed.get_attribute("aria-label").endswith("✕ removed")
    column(page, 0).locator("[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.evaluate("model.state.selection").startswith("0 v")


def test_groups_of_a_large_graph_ask_to_be_opened(mount):
    view = RewriteView(rewritten.chain(200), rewrites=["common"])
    page = mount(view)
    closed = column(page, 0).locator(".mg-node[data-kind=group]").first
    closed.click()
    assert page.evaluate("model.state.opened")[-1].startswith("0 /unchanged")


def test_a_view_that_is_removed_listens_no_more(mount, view):
    page = mount(view)
    assert page.evaluate("model.listening()") == 5
    assert page.evaluate("() => { window.ends[1](); return model.listening(); }") == 1  # the clock's


def test_names_and_kernels_stay_text(mount):
    markup = '<img src=x onerror="alert(1)">'
    page = mount(RewriteView(rewritten.record(rewritten.program((markup, "w", "b")), source=markup), position=3))
    column(page, 1).locator(".mg-node", has_text="kernel 1").click()
    assert page.locator("img").count() == 0 and page.locator(".mg-side pre").inner_text() == markup
