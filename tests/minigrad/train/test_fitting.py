"""Checkpoints of something else: an error that says where it does not fit, and nothing is changed."""

import numpy as np
import pytest
from training import numbers, parts

from minigrad.data import DataLoader
from minigrad.train import CheckpointError, load_checkpoint, save_checkpoint
from minigrad.train._file import read, write


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
