"""Checkpoint files: written whole or not at all, read as they were written; a file that is none is an error, and nothing else."""

import json
import os
import random
import struct
import sys

import numpy as np
import pytest
from training import parts

import minigrad as mg
from minigrad.train import CheckpointError, load_checkpoint
from minigrad.train._file import read, write
from minigrad.train._pack import unpack


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
