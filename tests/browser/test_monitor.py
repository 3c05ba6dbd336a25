"""A run in a notebook, steered by hand while it trains."""

import pytest

pytestmark = pytest.mark.browser

SETUP = """
import minigrad as mg
from minigrad import nn, optim
from minigrad.train import Films, fit_async
from minigrad_widgets import TrainingMonitor
mg.manual_seed(0)
x, y = mg.randn(64, 4), mg.tensor([0, 1] * 32)
model = nn.Linear(4, 2)
optimizer = optim.SGD(model.parameters(), lr=0.1)
monitor = TrainingMonitor()
monitor
"""
TRAIN = """
run = await fit_async(model, [(x, y)] * 10, nn.CrossEntropyLoss(), optimizer, epochs=10**6, progress=False,
                      callbacks=[monitor, Films(every=20)])
"""
AFTER = "print(run.stopped, run.learning_rate == run.control.learning_rate < 0.1, run.step == run.tracker.last['step'])"


def test_a_run_is_paused_given_another_rate_and_stopped_and_a_step_of_it_is_stepped_through(open_notebook):
    notebook = open_notebook([SETUP, TRAIN, AFTER])
    page = notebook.page
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    words = page.locator(".mg-words")
    page.locator(".mg-film").first.wait_for()

    assert words.get_attribute("aria-live") == "off"  # a screen reader would read ten steps a second
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Go on").wait_for()
    page.wait_for_function("() => document.querySelector('.mg-words').textContent.endsWith('paused')")
    assert words.get_attribute("aria-live") == "polite"
    rested = words.inner_text()
    page.wait_for_timeout(300)
    assert words.inner_text() == rested

    slider = page.get_by_label("learning rate")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    page.locator(".mg-handles .mg-number", has_text="0.07").wait_for()
    page.get_by_role("button", name="Go on").click()
    page.wait_for_function("(rested) => document.querySelector('.mg-words').textContent !== rested", arg=rested)

    page.get_by_role("button", name="Stop").click()
    page.get_by_text("stopped by hand True True").wait_for()
    page.locator(".mg-film").last.press("Enter")
    stepper = page.locator(".mg-stepper")
    stepper.wait_for()
    count = stepper.locator(".mg-count").inner_text()
    stepper.focus()
    page.keyboard.press("k")
    assert stepper.locator(".mg-count").inner_text() != count
    assert notebook.errors() == []


def test_the_notebooks_stop_button_leaves_a_run_that_can_be_gone_on_with(open_notebook):
    notebook = open_notebook([SETUP, TRAIN])
    page = notebook.page
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    page.locator(".mg-film").first.wait_for()
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
    page.wait_for_function("() => document.querySelector('.mg-words').textContent.endsWith('interrupted')")
    page.evaluate(
        """() => { const panel = window.jupyterapp.shell.currentWidget;
          panel.content.model.sharedModel.insertCell(2, {cell_type: 'code', source:
            `again = await fit_async(model, [(x, y)] * 10, nn.CrossEntropyLoss(), optimizer, epochs=monitor.run.epoch + 2,
                                     progress=False, resume=monitor.run)
print(again.step == 10 * again.epochs, again.stopped, len(again.tracker.history) > again.step)`});
          panel.content.activeCellIndex = 2;
          window.jupyterapp.commands.execute('notebook:run-cell'); }"""
    )
    page.get_by_text("True None True").wait_for()
