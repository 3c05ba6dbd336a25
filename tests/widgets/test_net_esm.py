"""The JavaScript of `NetView`, alone in a browser."""

import pytest
import three

from minigrad_widgets import NetView

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("opened", [None, []])
def test_the_browser_shows_at_every_position_what_python_computes(mount, opened):
    view = NetView(three.net_film(passes=2), opened=opened)
    page = mount(view)
    for at in range(len(view)):
        page.evaluate("(at) => model.set('position', at)", at)
        shown = page.evaluate(
            """() => Object.fromEntries([...document.querySelectorAll('.mg-node')].map((n) => [n.dataset.key,
              [n.dataset.state, n.querySelector('.mg-words').textContent, n.querySelector('.mg-more')?.textContent ?? null]]))"""
        )
        expected = view._states_at(at)
        assert shown == {key: [s.name, s.words, s.more] for key, s in expected.items()}
        back = page.locator(".mg-edge").evaluate_all(
            "(all) => all.map((e) => ['now', 'carried'].indexOf(e.dataset.state))"
        )
        spans = view._carried
        assert [b == 0 for b in back] == [any(a == at for a, _ in s) for s in spans]
        assert [b == 1 for b in back] == [any(a < at < b for a, b in s) for s in spans]
        assert page.locator(".mg-caption").inner_text() == view._steps.captions[at]


def test_the_card_shows_what_the_running_layer_reads_and_writes(mount):
    page = mount(NetView(three.net_film(), position=7))
    said = page.locator(".mg-side").inner_text()
    assert "ip2" in said and "▶ backward" in said and "ip2[0] diff" in said and "line 8" in said
    assert said.index("Top") < said.index("Bottom")
    page.evaluate("model.set('position', 8)")
    assert "until it was written over" in page.locator(".mg-side").inner_text()
    page.evaluate("model.set('position', 2)")
    said = page.locator(".mg-side").inner_text()
    assert said.index("Bottom") < said.index("Top") and "num_output: 5" in said


def test_keys_step_and_a_click_follows_a_blob(mount):
    view = NetView(three.net_film())
    page = mount(view)
    page.locator(".mg-view").focus()
    for key, expected in [("k", 1), ("ArrowRight", 2), ("j", 1), ("End", 9), ("Home", 0)]:
        page.keyboard.press(key)
        assert page.evaluate("model.state.position") == expected
    page.locator(".mg-node[data-kind=leaf]", has_text="label").click()
    page.keyboard.press("End")
    assert page.locator(".mg-side h3").inner_text() == "label"
    page.get_by_text("Follow the steps again").click()
    assert page.locator(".mg-side h3").inner_text() == "ip1"


def test_a_net_at_rest_has_no_player(mount):
    page = mount(NetView(three.net()))
    assert not page.get_by_label("player").is_visible()
    page.locator(".mg-node", has_text="InnerProduct").first.click()
    assert "It learns" in page.locator(".mg-side").inner_text()


def test_a_view_that_is_removed_listens_no_more(mount):
    page = mount(NetView(three.net_film()))
    assert page.evaluate("model.listening()") == 5
    assert page.evaluate("() => { window.ends[1](); return model.listening(); }") == 1  # the clock's


def test_names_stay_text(mount):
    markup = "<img src=x onerror=alert(1)>"
    page = mount(NetView(three.net_film(three.NET.replace('"ip1"', f'"{markup}"')), position=2))
    assert page.locator("img").count() == 0 and markup in page.locator(".mg-side").inner_text()
