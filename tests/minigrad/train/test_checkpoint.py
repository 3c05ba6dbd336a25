"""Checkpoints: what goes on from one is what would have come without a break."""

import signal
import subprocess
import sys

import pytest
import training
from training import numbers, one_step, parts, train

import minigrad as mg
from minigrad import nn
from minigrad.metrics import Accuracy, Mean, MetricTracker
from minigrad.optim import lr_scheduler
from minigrad.train import Checkpoint, CheckpointError, Control, fit, load_checkpoint, save_checkpoint
from minigrad.train._checkpoint import newest
from minigrad.train._file import read


class StopAt:
    def __init__(self, step):
        self.step = step

    def on_step_end(self, run):
        if run.step == self.step:
            run.control.stop()


# A step in the middle of an epoch; its last one; the last of all.
@pytest.mark.parametrize("step", [1, 6, 9, 24])
def test_a_resumed_run_is_the_undisturbed_one_to_the_last_bit(step, tmp_path, undisturbed):
    train(callbacks=[StopAt(step), Checkpoint(tmp_path)])
    again = train(resume=tmp_path)
    assert numbers(again) == numbers(undisturbed)
    assert again.tracker.history == undisturbed.tracker.history
    assert (again.step, again.epoch, again.position) == (24, 4, 0)


def test_the_first_of_several_runs_has_nothing_to_go_on_from(tmp_path):
    folder = tmp_path / "runs" / "first"
    for epochs in (1, 2):
        run = train(callbacks=[Checkpoint(folder)], resume=str(folder), epochs=epochs)
        assert run.epoch == epochs
    assert [row["epoch"] for row in run.tracker.history if "validation_loss" in row] == [1, 2]
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        train(callbacks=[Checkpoint(folder)], resume=tmp_path / "runs" / "fisrt")


def test_a_shorter_run_into_the_folder_of_a_longer_one_is_the_one_that_is_gone_on_with(tmp_path):
    long, short = (train(callbacks=[Checkpoint(tmp_path)], epochs=epochs) for epochs in (3, 1))
    again = train(callbacks=[Checkpoint(tmp_path, keep=2)], resume=tmp_path, epochs=2)
    assert (long.step, short.step, again.epoch, again.step) == (18, 6, 2, 12)
    assert sorted(path.name[-14:-12] for path in tmp_path.iterdir()) == ["06", "12"]


def test_what_is_saved_is_what_everyone_has_been_told(tmp_path):
    class Counts:
        seen = 0

        def on_epoch_end(self, run):
            self.seen += 1

        def state_dict(self):
            return {"seen": self.seen}

        def load_state_dict(self, state):
            self.seen = state["seen"]

    counts = Counts()
    train(callbacks=[Checkpoint(tmp_path / "first", keep=1), counts], epochs=2)
    saved = read(newest(tmp_path / "first"))["run"]["callbacks"]
    assert ["Counts", {"seen": 2}] in saved
    assert len(list((tmp_path / "first").iterdir())) == 1


def test_a_rate_that_was_set_by_hand_holds_on(tmp_path):
    control = Control()
    control.learning_rate = 0.125
    train(callbacks=[StopAt(2), Checkpoint(tmp_path)], control=control)
    again = train(callbacks=[StopAt(3)], resume=tmp_path)
    assert (again.control.learning_rate, again.learning_rate) == (0.125, 0.125)


def test_batches_from_a_list_and_a_generator_s_own_order_too(tmp_path):
    class Shuffled:
        def __iter__(self):
            x, y = mg.tensor(training.Noisy().x), mg.tensor(training.Noisy().y)
            for i in mg.randperm(44).reshape(11, 4):
                yield x[i], y[i]

    whole = train(data=Shuffled())
    train(data=Shuffled(), callbacks=[StopAt(9), Checkpoint(tmp_path)])
    assert numbers(train(data=Shuffled(), resume=tmp_path)) == numbers(whole)


def test_a_run_in_memory_goes_on_too(undisturbed):
    part = train(callbacks=[StopAt(9)])
    told = [callback for callback in part.callbacks if not isinstance(callback, StopAt)]
    same = {
        name: getattr(part, name)
        for name in ("epochs", "validation", "scheduler", "metrics", "accumulate", "clip_grad_norm")
    }
    with mg.backend("numpy"):
        again = fit(part.model, part.data, part.loss_function, part.optimizer, callbacks=told, resume=part, **same)
    assert numbers(again) == numbers(undisturbed)
    assert again.tracker.history == undisturbed.tracker.history


@pytest.mark.parametrize("writing", [False, True])
def test_a_program_that_is_killed_goes_on_to_the_last_bit(writing, tmp_path, undisturbed):
    kill = ["--kill-while-writing", "9"] if writing else []
    program = subprocess.Popen([sys.executable, training.__file__, tmp_path, *kill], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    said = iter(program.stdout.readline, "")
    if not writing:
        for line in said:
            if line.strip() == "9":
                program.kill()
    assert program.wait(timeout=60) == -signal.SIGKILL
    program.stdout.close()
    path = newest(tmp_path)
    if writing:  # the ninth was about to get its name
        assert path.name == "step-000000008.safetensors"
        assert (tmp_path / ".step-000000009.safetensors.unfinished").exists()
    again = train(callbacks=[Checkpoint(tmp_path)], resume=tmp_path)
    assert numbers(again) == numbers(undisturbed)
    assert again.tracker.history == undisturbed.tracker.history


def test_the_parts_of_a_loop_by_hand(tmp_path):
    model, optimizer = parts()
    tracker, accuracy, mean = MetricTracker(), Accuracy(), Mean()
    one_step(model, optimizer)
    tracker.log(step=1, loss=0.5)
    mean.update(2.0, weight=3)
    path = save_checkpoint(
        tmp_path / "a.safetensors", model, optimizer, tracker=tracker, accuracy=accuracy, mean=mean, epoch=3
    )
    one_step(model, optimizer)
    other, its_optimizer = parts()
    new, again = MetricTracker(), Mean()
    assert load_checkpoint(path, other, its_optimizer, tracker=new, mean=again)["epoch"] == 3
    one_step(other, its_optimizer)
    assert [p.numpy().tobytes() for p in model.parameters()] == [p.numpy().tobytes() for p in other.parameters()]
    assert (new.history, again.compute()) == (tracker.history, 2.0)
    with pytest.raises(CheckpointError, match="does not hold scheduler"):
        load_checkpoint(path, other, scheduler=lr_scheduler.StepLR(its_optimizer, 1))
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        load_checkpoint(tmp_path / "b.safetensors", other)


def test_the_weights_of_a_run_alone(tmp_path, undisturbed):
    path = save_checkpoint(tmp_path / "a.safetensors", undisturbed, note="best")
    model = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 2))
    before = mg.default_generator().stream.bit_generator.state
    found = load_checkpoint(path, model)
    assert (found["step"], found["note"]) == (24, "best")
    assert model[0].weight.numpy().tobytes() == undisturbed.model[0].weight.numpy().tobytes()
    assert mg.default_generator().stream.bit_generator.state == before


SCHEDULES = {
    "StepLR": {"step_size": 2},
    "MultiStepLR": {"milestones": [1, 3, 3]},
    "ExponentialLR": {"gamma": 0.9},
    "CosineAnnealingLR": {"T_max": 5},
    "CosineAnnealingWarmRestarts": {"T_0": 2},
    "LinearLR": {},
    "ConstantLR": {},
    "PolynomialLR": {},
    "OneCycleLR": {"max_lr": 1.0, "total_steps": 9},
    "CyclicLR": {"base_lr": 0.01, "max_lr": 0.1, "cycle_momentum": False},
    "LambdaLR": {"lr_lambda": lambda epoch: 1 / (1 + epoch)},
    "ReduceLROnPlateau": {"patience": 0},
    "SequentialLR": None,
    "ChainedScheduler": None,
}


def scheduled(name):
    model, optimizer = parts()
    if SCHEDULES[name] is not None:
        return model, optimizer, getattr(lr_scheduler, name)(optimizer, **SCHEDULES[name])
    both = [lr_scheduler.LinearLR(optimizer), lr_scheduler.MultiStepLR(optimizer, [1, 2])]
    if name == "ChainedScheduler":
        return model, optimizer, lr_scheduler.ChainedScheduler(both, optimizer)
    return model, optimizer, lr_scheduler.SequentialLR(optimizer, both, milestones=[2])


def test_every_schedule_is_tried():
    assert set(lr_scheduler.__all__) - {"LRScheduler"} == set(SCHEDULES)


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_goes_on_where_it_was(name, tmp_path):
    def steps(scheduler, count):
        rates = []
        for _ in range(count):
            scheduler.step(*([1.0] if name == "ReduceLROnPlateau" else []))
            rates.append(scheduler.optimizer.param_groups[0]["lr"])
        return rates

    model, optimizer, scheduler = scheduled(name)
    steps(scheduler, 2)
    path = save_checkpoint(tmp_path / "a.safetensors", model, optimizer, scheduler)
    rest = steps(scheduler, 4)
    model, optimizer, scheduler = scheduled(name)
    load_checkpoint(path, model, optimizer, scheduler)
    assert steps(scheduler, 4) == rest
