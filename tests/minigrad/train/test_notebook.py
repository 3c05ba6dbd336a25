"""Training in a notebook: the stop button, during `fit` and during `await fit_async`, in a real kernel."""

import time

import pytest

manager = pytest.importorskip("jupyter_client.manager", reason="jupyter_client is not installed: make env-dev")

BEGIN = """
import minigrad as mg
from minigrad import nn, optim
from minigrad.train import Control, fit, fit_async
model = nn.Linear(3, 1)
control = Control()
class Say:
    def on_step_end(self, run):
        if run.step == 3:
            print("going", flush=True)
given = dict(model=model, data=[(mg.ones(2, 3), mg.zeros(2, 1))], loss=nn.MSELoss(), epochs=10**9,
             optimizer=optim.SGD(model.parameters(), lr=0.01), callbacks=[Say()], control=control, progress=False)
"""
USABLE = """
run = control.run
print(run.stopped, run.step > 2, len(run.tracker.series("loss")[1]) == run.step, run.is_whole, model(mg.ones(1, 3)).shape)
"""


def test_the_stop_button_leaves_model_and_log_usable():
    kernel, client = manager.start_new_kernel()
    try:
        assert said(client, BEGIN) == []
        for cell in ("run = None; run = fit(**given); print(run is control.run)", "run = await fit_async(**given)"):
            printed = said(client, cell, lambda text: text == "going\n" and kernel.interrupt_kernel())
            assert printed[0] == "going\n"
            assert not any("Error" in text and "CancelledError" not in text for text in printed), printed
            assert said(client, USABLE) == ["interrupted True True True (1, 1)\n"]
        assert said(client, "fit(**given | {'epochs': 2}).stopped is None or print('no')") == []
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)


def said(client, code, heard=lambda text: None):
    """What a cell prints, or its error; `heard` is told of each piece at once."""
    asked, texts, end = client.execute(code), [], time.monotonic() + 60
    while time.monotonic() < end:
        message = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != asked:
            continue
        content = message["content"]
        if message["msg_type"] in ("stream", "error"):
            texts.append(content["text"] if "text" in content else f"{content['ename']}: Error {content['evalue']}")
            heard(texts[-1])
        elif message["msg_type"] == "status" and content["execution_state"] == "idle":
            client.get_shell_msg(timeout=60)
            return texts
    raise AssertionError(f"the cell does not end; so far it said {texts}")
