"""The JavaScript of `AbstractionsView`, alone in a browser."""

import pytest
import three

from minigrad_widgets import AbstractionsView

pytestmark = pytest.mark.browser


@pytest.fixture
def page(mount):
    return mount(AbstractionsView(three.net(), three.symbols(), three.film()))


def item(page, title):
    return page.locator(".mg-item", has=page.get_by_text(title, exact=True))


def outlined(page):
    return {
        text.split(",")[0] for text in page.locator(".mg-linked").evaluate_all("(all) => all.map((i) => i.ariaLabel)")
    }


def test_pointing_at_a_layer_outlines_its_counterparts(page):
    item(page, "ip2").hover()
    assert {"w2", "b2", "matmul", "add", "2.weight", "2.bias", "linear"} <= outlined(page)
    assert "w1" not in outlined(page) and "0.weight" not in outlined(page)
    assert page.locator(".mg-band.mg-here").count() == 1
    said = page.locator(".mg-side").inner_text()
    assert "ip2" in said and "2.weight" in said and "gets .grad" in said and "w2" in said


def test_a_click_keeps_it_and_a_second_one_lets_it_go(page):
    item(page, "relu1").click()
    assert page.evaluate("model.state.selection").startswith("0 l")
    page.mouse.move(2, 2)
    assert "mg-selected" in item(page, "relu1").get_attribute("class")
    item(page, "relu1").click()
    assert page.evaluate("model.state.selection") == ""


def test_arrow_keys_go_through_a_column_and_across(page):
    now = lambda: page.evaluate("document.activeElement.getAttribute('aria-label').split(',')[0]")
    item(page, "data").focus()
    for key, expected in [
        ("ArrowDown", "ip1"), ("ArrowDown", "relu1"), ("ArrowRight", "relu"), ("ArrowRight", "relu"),
        ("ArrowUp", "linear"), ("ArrowLeft", "w1"), ("ArrowLeft", "ip1"), ("ArrowLeft", "ip1"),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert now() == expected
    page.keyboard.press("Enter")
    assert page.evaluate("model.state.selection") == "0 l1"
    assert page.locator(".mg-drawing [tabindex='0']").count() == 1


def test_a_column_without_the_step_says_so(page):
    item(page, "the optimiser writes").hover()
    assert "no update here" in page.locator(".mg-side").inner_text()


def test_no_words_stick_out_of_their_item(page):
    over = page.evaluate(
        """() => [...document.querySelectorAll('.mg-item')].flatMap((item) => {
          const box = item.querySelector('.mg-box').getBoundingClientRect();
          return [...item.querySelectorAll('text')].filter((t) => {
            const r = t.getBoundingClientRect();
            return r.width && (r.left < box.left || r.right > box.right || r.bottom > box.bottom);
          }).map((t) => t.textContent);
        })"""
    )
    assert over == []


def test_a_view_that_is_removed_listens_no_more(page):
    assert page.evaluate("model.listening()") == 1
    assert page.evaluate("() => { window.ends[1](); return model.listening(); }") == 0


def test_names_stay_text(mount):
    net = three.net(three.NET.replace('"ip1"', '"<img src=x onerror=alert(1)>"'))
    page = mount(AbstractionsView(net))
    item(page, "relu1").hover()
    page.locator(".mg-item").nth(1).click()
    assert page.locator("img").count() == 0 and "<img" in page.locator(".mg-side").inner_text()
