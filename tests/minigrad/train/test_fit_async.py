"""`fit_async` gives way to whatever else runs in the loop of events: a button's handler, a cancellation."""

import asyncio
import os
import signal

import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.train import Control, fit, fit_async
from minigrad.train import _fit as module

DATA = [(mg.ones(2, 3), mg.zeros(2, 1))]


def arguments(**options):
    mg.manual_seed(0)
    net = nn.Linear(3, 1)
    return {
        "model": net,
        "data": DATA,
        "loss": nn.MSELoss(),
        "optimizer": optim.SGD(net.parameters(), lr=0.01),
        **options,
    }


@pytest.fixture(autouse=True)
def after_every_step(monkeypatch):
    """Give way after each step, however quick it was, so that the tests do not depend on the machine's speed."""
    monkeypatch.setattr(module, "PATIENCE", 0.0)


def test_it_is_the_same_training():
    alone, run = fit(**arguments(epochs=5)), asyncio.run(fit_async(**arguments(epochs=5)))
    assert run.tracker.history == alone.tracker.history


def test_buttons_work_while_it_runs():
    control = Control()

    async def somebody():
        while control.run is None or control.run.step < 3:
            await asyncio.sleep(0)
        control.pause()
        await asyncio.sleep(0.01)
        at = control.run.step
        await asyncio.sleep(0.02)
        assert control.run.step == at
        control.learning_rate = 0.5
        control.resume()
        while control.run.step < at + 2:
            await asyncio.sleep(0)
        assert control.run.learning_rate == 0.5
        control.stop("by the button")

    async def both():
        run, _ = await asyncio.gather(fit_async(**arguments(epochs=10**6, control=control)), somebody())
        return run

    run = asyncio.run(both())
    assert run.stopped == "by the button"
    assert run.step < 10**5


def test_stop_ends_a_pause():
    control = Control()

    async def both():
        training = asyncio.create_task(fit_async(**arguments(epochs=10**6, control=control)))
        await asyncio.sleep(0)
        control.pause()
        await asyncio.sleep(0.01)
        control.stop()
        return await training

    assert asyncio.run(both()).stopped == "stopped by hand"
    assert not control.paused


def test_cancelling_leaves_a_run_that_is_whole():
    control, ends = Control(), []

    class End:
        def on_fit_end(self, run):
            ends.append(run.stopped)

    async def cancel():
        training = asyncio.create_task(fit_async(**arguments(epochs=10**6, control=control, callbacks=[End()])))
        while control.run is None or control.run.step < 3:
            await asyncio.sleep(0)
        training.cancel()
        await training

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancel())
    assert ends == [control.run.stopped] == ["interrupted"]
    assert control.run.is_whole
    assert len(control.run.tracker.series("loss")[1]) == control.run.step


def test_ctrl_c_during_a_step_ends_it_after_the_step():
    class Interrupt:
        def on_step_begin(self, run):
            if run.step == 2:
                os.kill(os.getpid(), signal.SIGINT)

    run = asyncio.run(fit_async(**arguments(epochs=10**6, callbacks=[Interrupt()])))
    assert (run.step, run.stopped) == (3, "interrupted")


def test_runs_side_by_side_leave_ctrl_c_as_it_was():
    class Seen:
        """The run that ended first is not asked any more while the others go on."""

        def on_epoch_end(self, run):
            if run.epoch == 30:
                handler = signal.getsignal(signal.SIGINT)
                while hasattr(handler, "__self__"):
                    chain.append(handler.__self__)
                    handler = handler.__self__._before

    async def three():
        runs = [fit_async(**arguments(epochs=n, callbacks=[Seen()])) for n in (20, 10, 40)]
        return await asyncio.gather(*runs)

    chain: list = []
    before = signal.getsignal(signal.SIGINT)
    first, second, third = asyncio.run(three())
    assert signal.getsignal(signal.SIGINT) is before
    assert chain == [third.whole]
    assert (first.epoch, second.epoch, third.epoch) == (20, 10, 40)
