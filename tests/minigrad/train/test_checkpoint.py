"""Checkpoints: what goes on from one is what would have come; a file that is none is an error, and nothing else."""

import json
import os
import random
import signal
import struct
import subprocess
import sys

import numpy as np
import pytest
import training
from training import numbers, train

import minigrad as mg
from minigrad import nn, optim
from minigrad.data import DataLoader
from minigrad.metrics import Accuracy, Mean, MetricTracker
from minigrad.optim import lr_scheduler
from minigrad.train import Checkpoint, CheckpointError, Control, fit, load_checkpoint, save_checkpoint
from minigrad.train._checkpoint import newest
from minigrad.train._file import read, write
from minigrad.train._pack import unpack


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


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = write(tmp_path / "a.safetensors", {"x": 1})

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(path, {"x": 2})
    monkeypatch.undo()
    assert read(path) == {"x": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_plain_data_come_back_as_they_were(tmp_path):
    state = {
        "numbers": [1, -(2**127), 0.1, float("inf"), float("nan"), True, None, "ä", (1, (2,))],
        3: {"x": np.arange(6.0).reshape(2, 3).T, "empty": np.zeros((0, 3), np.int64), "zero": np.array(2.0)},
        "long": [{"loss": 1.5 * n} for n in range(1000)],
        "scalar": np.float32(0.1),
        "$": "a key of our own",
        "a.b": {"c": mg.ones(2)},
        "a": {"b.c": mg.zeros(3)},
    }
    back = read(write(tmp_path / "a.safetensors", state))
    assert repr(back["numbers"]) == repr(state["numbers"])
    for name, value in state[3].items():
        assert (back[3][name].dtype, back[3][name].shape) == (value.dtype, value.shape)
        assert (back[3][name] == value).all()
    assert type(back["scalar"]) is np.float32
    assert back["long"] == state["long"]
    assert (back["$"], back["a.b"]["c"].shape, back["a"]["b.c"].shape) == ("a key of our own", (2,), (3,))
    with pytest.raises(CheckpointError, match=r"function at a\.0"):
        write(tmp_path / "b.safetensors", {"a": [lambda: 0]})


def parts():
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    return model, optim.Adam(model.parameters(), lr=0.1, amsgrad=True)


def step(model, optimizer):
    optimizer.zero_grad()
    model(mg.randn(5, 3)).square().mean().backward()
    optimizer.step()


def test_the_parts_of_a_loop_by_hand(tmp_path):
    model, optimizer = parts()
    tracker, accuracy, mean = MetricTracker(), Accuracy(), Mean()
    step(model, optimizer)
    tracker.log(step=1, loss=0.5)
    mean.update(2.0, weight=3)
    path = save_checkpoint(
        tmp_path / "a.safetensors", model, optimizer, tracker=tracker, accuracy=accuracy, mean=mean, epoch=3
    )
    step(model, optimizer)
    other, its_optimizer = parts()
    new, again = MetricTracker(), Mean()
    assert load_checkpoint(path, other, its_optimizer, tracker=new, mean=again)["epoch"] == 3
    step(other, its_optimizer)
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
    assert set(SCHEDULES) <= set(lr_scheduler.__all__)


# -- files that are none, and files of something else ------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    model, optimizer = parts()
    step(model, optimizer)
    return save_checkpoint(tmp_path / "a.safetensors", model, optimizer, epoch=1)


def header(about, body=b""):
    text = about if isinstance(about, bytes) else json.dumps(about).encode()
    return struct.pack("<Q", len(text)) + text + body


def array(shape, dtype="F32", size=None):
    return {"x": {"dtype": dtype, "shape": shape, "data_offsets": [0, 4 if size is None else size]}}


FORMAT = {"format": "minigrad checkpoint 1"}
HOSTILE = {
    "empty": b"",
    "seven bytes": b"1234567",
    "a header longer than the file": struct.pack("<Q", 10**6) + b"{}",
    "a header of 2**63 bytes": struct.pack("<Q", 2**63) + b"{}",
    "no JSON": header(b"{'x': 1}"),
    "a list": header([1, 2]),
    "nested too deeply": header(b'{"a":' * 5000 + b"1" + b"}" * 5000),
    "a negative shape": header(array([-1]), b"1234"),
    "a shape beyond all memory": header(array([2**40, 2**40]), b"1234"),
    "more than the file has": header(array([10**9], size=4 * 10**9), b"1234"),
    "offsets that lie": header(array([1], size=-4), b"1234"),
    "an unknown dtype": header(array([1], "PY")),
    "a pickle": b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
    "weights alone": header(array([1]), b"1234"),
    "no state": header({"__metadata__": FORMAT}),
    "a state that is no JSON": header({"__metadata__": {**FORMAT, "state": "{"}}),
    "NaN": header({"__metadata__": {**FORMAT, "state": '{"parts": {"model": NaN}}'}}),
    "a state nested too deeply": header({"__metadata__": {**FORMAT, "state": "[" * 10**5 + "]" * 10**5}}),
    "an array that is not there": header({"__metadata__": {**FORMAT, "state": '{"$": "array", "name": "y"}'}}),
    "a kind that is not there": header({"__metadata__": {**FORMAT, "state": '{"$": "code", "value": "1"}'}}),
    "a key that cannot be one": header({"__metadata__": {**FORMAT, "state": '{"$": "pairs", "value": [[[1], 2]]}'}}),
    "a state of something else": header({"__metadata__": {**FORMAT, "state": "[1, 2]"}}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_an_error(name, tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(HOSTILE[name])
    model, optimizer = parts()
    with pytest.raises(CheckpointError, match=r"got:[\s\S]*try:"):
        load_checkpoint(path, model, optimizer)


def test_numbers_that_json_has_not_are_refused():
    for text, arrays in (("[NaN]", {}), ('{"$": "text", "name": "a"}', {"a": np.frombuffer(b"[Infinity]", np.uint8)})):
        with pytest.raises(CheckpointError, match="is not JSON"):
            unpack(text, arrays)


def test_without_safetensors_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(ModuleNotFoundError, match=r"minigrad\[train\]"):
        write(tmp_path / "a.safetensors", {})


def test_a_truncated_or_overwritten_file_is_an_error_or_a_state(saved):
    whole, chance = saved.read_bytes(), random.Random(0)
    for place in range(0, len(whole), 97):
        saved.write_bytes(whole[:place])
        with pytest.raises(CheckpointError):
            read(saved)
    start = 8 + struct.unpack("<Q", whole[:8])[0]
    model, optimizer = parts()
    refused = 0
    for _ in range(150):
        damaged = bytearray(whole)
        damaged[chance.randrange(start)] = chance.randrange(256)
        saved.write_bytes(damaged)
        try:
            load_checkpoint(saved, model, optimizer)
        except CheckpointError:
            refused += 1
    assert refused > 75


def changed(saved, change):
    """The file with its description changed."""
    state = read(saved)
    change(state["parts"])
    write(saved, state)
    model, optimizer = parts()
    before = [p.numpy().copy() for p in model.parameters()]
    with pytest.raises(CheckpointError) as error:
        load_checkpoint(saved, model, optimizer)
    assert not optimizer.state
    assert all((p.numpy() == x).all() for p, x in zip(model.parameters(), before, strict=True))
    return str(error.value)


def put(*path, value):
    def change(state):
        for key in path[:-1]:
            state = state[key]
        state[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s["model"].pop("0.weight"), "missing 0.weight"),
        (put("model", "head.weight", value=np.zeros(2, np.float32)), "unexpected head.weight"),
        (
            put("model", "0.weight", value=np.zeros((3, 4), np.float32)),
            r"0.weight is (3, 4) float32 for (4, 3) float32",
        ),
        (put("model", "0.weight", value=np.zeros((4, 3), np.float64)), "float64 for (4, 3) float32"),
        (put("model", "0.weight", value="zeros"), "0.weight is str 'zeros'"),
        (put("optimizer", "state", 0, "exp_avg", value=np.zeros(1, np.float32)), "optimizer.state.0.exp_avg"),
        (put("optimizer", "state", 0, "exp_avg", value="text"), "optimizer.state.0.exp_avg"),
        (put("optimizer", "state", 99, value={}), "optimizer.state.99"),
        (put("optimizer", "param_groups", 0, "lr", value="fast"), "optimizer.param_groups.0.lr"),
        (put("optimizer", "param_groups", 0, "params", value=[0]), "optimizer.param_groups.0.params"),
        (put("optimizer", "param_groups", value=[]), "optimizer.param_groups"),
        (put("optimizer", value=3), "optimizer"),
        (put("model", value=None), "model"),
    ],
)
def test_the_state_of_something_else_is_an_error_and_changes_nothing(saved, change, said):
    assert said in changed(saved, change)


def test_a_run_s_state_that_does_not_fit_changes_nothing(tmp_path, undisturbed):
    state = read(save_checkpoint(tmp_path / "a.safetensors", undisturbed))
    before = numbers(undisturbed)
    for change in (
        put("random", "default", "bit_generator", value="MT19937"),
        put("random", "default", "state", "state", value=-1),
        put("place", "position", value=-3),
        put("metrics", value={}),
        put("scheduler", "base_lrs", value=["x"]),
        put("data", 0, "seed", value="x"),
        put("tracker", "history", value=[{"loss": "high"}]),
    ):
        run = read(tmp_path / "a.safetensors")
        change(run["run"])
        run["run"]["model"]["0.weight"] += 1
        with pytest.raises(CheckpointError):
            load_checkpoint(write(tmp_path / "b.safetensors", run), undisturbed)
        assert numbers(undisturbed) == before
    assert load_checkpoint(write(tmp_path / "b.safetensors", state), undisturbed) == {}
    assert isinstance(undisturbed.data, DataLoader)
