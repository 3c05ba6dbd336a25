"""The JavaScript of the views, alone in a browser."""

import programs
import pytest
from browsing import wait_in

from minigrad_widgets import BackwardStepper, GraphView, TrainingMonitor
from minigrad_widgets.positions import state_of

pytestmark = pytest.mark.browser


def position(page):
    return page.evaluate("model.state.position")


@pytest.mark.parametrize("opened", [None, []])
@pytest.mark.parametrize("film", [programs.diamond, programs.mlp, lambda: programs.mlp(train=True)])
def test_the_browser_shows_at_every_position_what_python_computes(mount, film, opened):
    view = BackwardStepper(film(), opened=opened)
    page = mount(view)
    for at, frame in enumerate(view._frames):
        page.evaluate("(at) => model.set('position', at)", at)
        shown = page.evaluate(
            """() => Object.fromEntries([...document.querySelectorAll('.mg-node')].map(
              (n) => [n.dataset.key, [n.dataset.state, n.querySelector('.mg-words').textContent]]))"""
        )
        expected = {key: state_of(card, frame, at) for key, card in view._cards.items()}
        assert shown == {key: [state.name, state.words] for key, state in expected.items()}


def test_keys_step_and_jump(mount):
    view = BackwardStepper(programs.diamond(), position=5)
    page = mount(view)
    page.locator(".mg-view").focus()
    for key, expected in [
        ("k", 6),
        ("ArrowRight", 7),
        ("j", 6),
        ("J", 5),
        ("ArrowLeft", 4),
        ("End", len(view) - 1),
        ("k", len(view) - 1),
        ("Home", 0),
        ("j", 0),
    ]:
        page.keyboard.press(key)
        assert position(page) == expected


def test_buttons_and_slider_move_too_and_the_kernel_is_told_once(mount):
    view = BackwardStepper(programs.diamond())
    page = mount(view)
    page.get_by_label("to the beginning").click()
    assert position(page) == 0
    wait_in(page, 200)
    before = page.evaluate("model.saved")
    slider = page.get_by_label("position in the film")
    slider.evaluate("(s) => { for (let n = 0; n < 12; n++) { s.value = n; s.dispatchEvent(new Event('input')); } }")
    assert position(page) == 11
    wait_in(page, 250)
    assert page.evaluate("model.saved") == before + 1
    assert slider.get_attribute("aria-valuetext").startswith(f"step 11 of {len(view) - 1}: ")


def test_an_answer_to_an_earlier_position_does_not_move_the_reader_back(mount):
    page = mount(BackwardStepper(programs.diamond(), position=5))
    page.evaluate(  # in one turn of the page, so that it is not at rest in between, however slow the machine is
        """() => {
          const press = (key) =>
            document.querySelector(".mg-view").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
          press("Home");
          model.set("position", 3);  // what Python was told before, and says again
          [..."kkkj"].forEach(press);
        }"""
    )
    assert position(page) == 2
    wait_in(page, 250)
    page.evaluate("model.set('position', 4)")  # at rest, Python may move the reader
    assert position(page) == 4 and page.locator(".mg-count").inner_text().startswith("4 /")


def test_playing_goes_on_by_itself_and_stops_at_the_end(mount):
    view = BackwardStepper(programs.diamond(), position=-2)
    page = mount(view)
    page.locator(".mg-view").focus()
    page.keyboard.press(" ")
    assert page.evaluate("model.state.playing")
    page.wait_for_function("(last) => model.state.position === last", arg=len(view) - 1)
    page.wait_for_function("() => !model.state.playing")
    page.get_by_label("play (space)").click()
    assert position(page) == 0 and page.evaluate("model.state.playing")


def test_the_ledger_counts_what_has_arrived(mount):
    view = BackwardStepper(programs.diamond())
    page = mount(view)
    key = next(k for k, c in view._cards.items() if c["name"] == "c")
    frames = view._cards[key]["passes"][0]["frames"]
    page.locator(f".mg-node[data-key={key}]").click()
    for count, at in enumerate(frames, 1):
        page.evaluate("(at) => model.set('position', at)", at)
        ledger = page.locator(".mg-side")
        assert f"{count} of 3 contributions in" in ledger.inner_text()
        assert ledger.locator(".mg-ledger .mg-now").count() == 1
        assert ledger.locator(".mg-ledger .mg-out").count() == 3 - count


def test_the_queue_shows_first_what_runs_next(mount):
    view = BackwardStepper(programs.mlp())
    page = mount(view)
    compared = 0
    for at, frame in enumerate(view._frames):
        following = view._frames[at + 1] if at + 1 < len(view._frames) else None
        if frame.number >= 0 and following and following.kind in ("backward", "accumulate"):
            page.evaluate("(at) => model.set('position', at)", at)
            chip = page.locator(".mg-queue .mg-queued", has_text="next").inner_text()
            card = view._cards[following.nodes[0]]
            assert chip.startswith(card["name"] or card["title"])
            compared += 1
    assert compared > 5


def test_a_node_is_pinned_and_let_go(mount):
    view = BackwardStepper(programs.diamond())
    page = mount(view)
    key = next(k for k, c in view._cards.items() if c["name"] == "c")
    node = page.locator(f".mg-node[data-key={key}]")
    node.click()
    assert page.evaluate("model.state.selection") == key
    assert "c = mul" in page.locator(".mg-side h3").inner_text()
    assert "mg-selected" in node.get_attribute("class")
    page.get_by_text("Follow the steps again").click()
    assert page.evaluate("model.state.selection") == ""


def test_the_local_rule_has_mathematics_and_this_nodes_numbers(mount):
    view = BackwardStepper(programs.diamond())
    page = mount(view)
    key = next(k for k, c in view._cards.items() if c["name"] == "c")
    page.evaluate("(at) => model.set('position', at)", view._cards[key]["passes"][0]["runs"][0])
    side = page.locator(".mg-side")
    assert side.locator(".mg-rule math").count() == 4
    assert "g · y = " in side.inner_text() and "c = a * b" in side.inner_text()
    heights = side.locator(".mg-rule math").evaluate_all("(all) => all.map((m) => m.getBoundingClientRect().height)")
    assert min(heights) > 8


def test_arrow_keys_walk_over_the_nodes_with_one_tab_stop(mount):
    page = mount(GraphView(programs.mlp()))
    stops = "document.querySelectorAll('.mg-drawing [tabindex=\"0\"]').length"
    assert page.evaluate(stops) == 1
    page.locator(".mg-drawing [tabindex='0']").focus()
    first = page.evaluate("document.activeElement.dataset.key")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.key") != first
    assert page.evaluate(stops) == 1


def test_modules_ask_to_be_closed_and_opened(mount):
    view = GraphView(programs.mlp())
    page = mount(view)
    page.locator(".mg-handle", has_text="2: Linear").click()
    assert page.evaluate("model.state.opened") == [k for k in view.opened if not k.endswith("2: Linear")]
    view.close_all()
    page = mount(view)
    closed = page.locator(".mg-node[data-kind=group]").first
    assert closed.get_attribute("aria-expanded") == "false"
    closed.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("model.state.opened") == ["/Sequential"]


def test_a_new_structure_is_drawn_whatever_arrives_first(mount):
    view = BackwardStepper(programs.mlp(), position=-1)
    page = mount(view)
    view.close_all()
    page.evaluate(
        "(s) => { model.state._data = s.data; model.set('position', s.position); model.set('opened', []); }",
        {"data": view._data, "position": 3},
    )
    assert page.locator(".mg-node").count() == len(view._scene.nodes)
    assert position(page) == 3


def test_hovering_shows_a_values_numbers(mount):
    page = mount(GraphView(programs.diamond()))
    assert "e = sub" in page.locator(".mg-side").inner_text()  # the result, until something is pointed at
    page.locator(".mg-node", has_text="c = ").hover()
    text = page.locator(".mg-side").inner_text()
    assert "c = mul" in text and "Gradient" in text and "programs.py" in text


def test_every_node_says_what_it_is(mount):
    page = mount(BackwardStepper(programs.mlp()))
    for node in page.locator(".mg-node, .mg-handle").all():
        assert node.get_attribute("role") == "button" and node.get_attribute("aria-label")
    for button in page.locator("button").all():
        assert button.get_attribute("aria-label") or button.inner_text()
    assert page.locator("svg.mg-drawing").get_attribute("role") == "group"


def test_a_view_that_is_removed_listens_no_more(mount):
    page = mount(BackwardStepper(programs.diamond()))
    assert page.evaluate("model.listening()") > 3
    assert (
        page.evaluate("() => { window.ends[1](); return model.listening(); }") == 1
    )  # the clock's, which is the model's


def test_no_words_stick_out_of_their_node(mount):
    page = mount(BackwardStepper(programs.mlp(), position=9))
    for at in (0, 5, 9, 12):
        page.evaluate("(at) => model.set('position', at)", at)
        over = page.evaluate(
            """() => [...document.querySelectorAll('.mg-node')].flatMap((node) => {
              const boxes = [...node.querySelectorAll('.mg-box')];
              const box = boxes.at(-1).getBoundingClientRect();
              return [...node.querySelectorAll('text')].filter((t) => {
                const r = t.getBoundingClientRect();
                return r.width && (r.left < box.left || r.right > box.right || r.bottom > box.bottom);
              }).map((t) => t.textContent);
            })"""
        )
        assert over == []


def test_the_monitor_shows_curves_as_they_come(mount):
    monitor = TrainingMonitor()
    page = mount(monitor)
    assert page.locator("polyline").count() == 0
    for step in range(10):
        monitor.log(step=step, loss=1 / (1 + step))
    monitor.flush()
    page.evaluate("(data) => model.set('_data', data)", monitor._data)
    assert page.locator("polyline").count() == 1
