"""Ctrl-C: the step under way is taken whole, and what there is can be used, saved and gone on with."""

import os
import signal
import subprocess
import sys

import pytest
import training
from training import numbers, train

from minigrad import nn
from minigrad.train import Checkpoint
from minigrad.train._checkpoint import newest


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


class At:
    """Ctrl-C at one moment of the fourth step or the second epoch."""

    def __init__(self, moment):
        setattr(self, moment, self.receive)

    def receive(self, run):
        if run.step == 3 or (run.step == 6 and run.is_between_epochs):
            interrupt()


@pytest.mark.parametrize(("moment", "steps"), [("on_step_begin", 4), ("on_backward_end", 4), ("on_epoch_end", 6)])
def test_a_run_that_was_interrupted_goes_on_to_the_last_bit(moment, steps, tmp_path, undisturbed):
    handler = signal.getsignal(signal.SIGINT)
    part = train(callbacks=[At(moment), Checkpoint(tmp_path)])
    assert (part.step, part.stopped) == (steps, "interrupted")
    assert signal.getsignal(signal.SIGINT) is handler
    again = train(resume=tmp_path)
    assert numbers(again) == numbers(undisturbed)
    assert again.tracker.history == undisturbed.tracker.history


def test_in_the_middle_of_a_validation(tmp_path, undisturbed):
    class In(nn.CrossEntropyLoss):
        def forward(self, x, y):
            calls.append(self)
            if len(calls) == 11 + 2:
                interrupt()
            return super().forward(x, y)

    calls = []
    part = train(loss=In(), callbacks=[Checkpoint(tmp_path)])
    assert (part.step, part.epoch, part.stopped) == (6, 0, "interrupted")
    again = train(resume=tmp_path)
    assert numbers(again) == numbers(undisturbed)
    assert again.tracker.history == undisturbed.tracker.history


def test_while_waiting_for_data_it_comes_at_once():
    class Waiting:
        def __iter__(self):
            interrupt()
            yield
            raise AssertionError("it went on")

    run = train(data=Waiting())
    assert (run.step, run.stopped) == (0, "interrupted")


def test_a_second_one_does_not_wait():
    class Twice:
        def on_backward_end(self, run):
            interrupt()
            interrupt()
            raise AssertionError("it went on")

    run = train(callbacks=[Twice()])
    assert (run.step, run.stopped, run.is_whole) == (0, "interrupted", False)


def test_while_paused_it_ends_the_run():
    class Pause:
        def on_step_end(self, run):
            run.control.pause()
            signal.setitimer(signal.ITIMER_REAL, 0.05)

    before = signal.signal(signal.SIGALRM, lambda *_: interrupt())
    try:
        run = train(callbacks=[Pause()])
    finally:
        signal.signal(signal.SIGALRM, before)
    assert (run.step, run.stopped) == (1, "interrupted")


def test_a_program_in_a_terminal(tmp_path):
    program = subprocess.Popen([sys.executable, training.__file__, tmp_path], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    while program.stdout.readline().strip() != "5":
        assert program.poll() is None
    program.send_signal(signal.SIGINT)
    *more, reason = program.communicate(timeout=60)[0].split()
    assert (program.returncode, reason) == (0, "interrupted")
    last = int(more[-1]) if more else 5
    assert newest(tmp_path).name == f"step-{last:09d}.safetensors"
