"""Worker processes: the same batches, and an end to every way in which they can go wrong."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from samples import Drawn, Failing, Killed, Marked, Seeded, Shared, Slow, Stubborn, mark

import minigrad
from minigrad.data import DataLoader, WorkerError


def epochs(num_workers, **options):
    minigrad.manual_seed(0)
    loader = DataLoader(Drawn(), 5, shuffle=True, num_workers=num_workers, **options)
    return [(b["index"].tolist(), b["drawn"].tolist(), b["x"].tolist()) for _ in range(2) for b in loader]


def test_one_seed_gives_the_same_batches_with_any_number_of_workers():
    here = epochs(0)
    assert epochs(2) == here
    assert epochs(3, persistent_workers=True, prefetch_factor=1, collate_fn=None) == here


def test_resumed_by_other_workers():
    loader = DataLoader(Drawn(length=2), 5, shuffle=True, num_workers=2, generator=minigrad.Generator(0))
    batches = iter(loader)
    next(batches), next(batches)
    state = loader.state_dict()
    resumed = DataLoader(Drawn(length=2), 5, shuffle=True, generator=minigrad.Generator(7))
    resumed.load_state_dict(state)
    assert str(list(resumed)) == str(list(batches))


def test_batches_are_ours_to_write_to_and_stay():
    batches = list(DataLoader(Drawn(), 4, num_workers=1, prefetch_factor=1))
    batches[0]["x"].array[:] = -1
    assert [batch["x"][0, 0].item() for batch in batches[1:]] == [4 * 20_000 * k for k in range(1, 6)]


def test_what_a_worker_knows_of_itself():
    minigrad.manual_seed(0)
    first, second = DataLoader(Seeded(), 2, num_workers=2)
    assert first["number"].tolist() == [0, 0] and second["number"].tolist() == [1, 1]
    assert second["seed"][0].item() == first["seed"][0].item() + 1
    drawn = first["drawn"].tolist() + second["drawn"].tolist()
    assert len(set(drawn)) == 4
    minigrad.manual_seed(0)
    assert [x for b in DataLoader(Seeded(), 2, num_workers=2) for x in b["drawn"].tolist()] == drawn
    assert [b.tolist() for b in DataLoader(Marked(), 2, num_workers=2, worker_init_fn=mark)] == [[0, 0], [1, 1]]


def test_a_source_shared_out_among_workers():
    batches = [b.tolist() for b in DataLoader(Shared(), 2, num_workers=2)]
    assert batches == [[0, 2], [1, 3], [4, 6], [5, 7], [8], [9]]


def test_an_error_keeps_its_type_and_names_sample_and_worker():
    with pytest.raises(KeyError) as caught:
        list(DataLoader(Failing(KeyError, "missing"), 4, num_workers=2))
    sample, worker = caught.value.__notes__
    assert sample == "This was sample 5 of Failing."
    assert worker.startswith("Worker 1's traceback:") and "in __getitem__" in worker and "in work" not in worker
    with pytest.raises(WorkerError, match="worker 1 raised Stubborn: a b"):
        list(DataLoader(Failing(Stubborn, "a", "b"), 4, num_workers=2))


def test_a_persistent_worker_outlives_an_error_and_an_epoch_that_was_left():
    loader = DataLoader(Failing(KeyError, "missing"), 2, num_workers=1, persistent_workers=True)
    first = iter(loader)
    next(first)
    with pytest.raises(KeyError):
        list(loader)
    with pytest.raises(WorkerError, match="a new epoch has begun"):
        next(first)
    batches = iter(loader)
    assert [next(batches).tolist() for _ in range(2)] == [[0, 1], [2, 3]]


def test_nothing_of_an_epoch_that_was_left_comes_in_the_next():
    def second_epoch(num_workers):
        options = {"num_workers": num_workers, "persistent_workers": num_workers > 0}
        loader = DataLoader(range(12), 2, shuffle=True, generator=minigrad.Generator(0), **options)
        next(iter(loader))
        return [batch.tolist() for batch in loader]

    assert second_epoch(1) == second_epoch(0)


def test_a_killed_worker_is_reported():
    with pytest.raises(WorkerError, match=r"SIGKILL, while it made batch 4, samples \[8, 9\]"):
        list(DataLoader(Killed(), 2, num_workers=2))


def test_a_worker_that_takes_too_long():
    with pytest.raises(WorkerError, match=r"batch 0 not finished after 0.2 s"):
        list(DataLoader(Slow(0.15), 4, num_workers=1, timeout=0.2))


def test_functions_without_a_name_are_sent_by_value():
    assert list(DataLoader(range(4), 2, num_workers=1, collate_fn=lambda batch: sum(batch))) == [1, 5]


@pytest.mark.parametrize("is_a_file", [True, False], ids=["script", "notebook"])
def test_what_cannot_be_sent_is_said(monkeypatch, is_a_file):
    monkeypatch.setattr("minigrad.data._workers.main_is_a_file", lambda: is_a_file)
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with pytest.raises(WorkerError, match="cannot be sent to worker processes"):
        list(DataLoader(range(4), 2, num_workers=1, collate_fn=lambda batch: sum(batch)))


@pytest.mark.parametrize(
    "how, start", [(signal.SIGINT, "forkserver"), (signal.SIGKILL, "forkserver"), (signal.SIGKILL, "fork")]
)
def test_an_interrupted_or_killed_program_leaves_no_worker(how, start, tmp_path):
    script = Path(__file__).parents[2] / "samples.py"
    program = subprocess.Popen(
        [sys.executable, script, tmp_path, start], start_new_session=True, stderr=subprocess.PIPE
    )
    started = tmp_path / "started"
    wait(lambda: started.exists() and started.read_text())
    pids = [int(pid) for pid in started.read_text().split()]
    assert len(set(pids)) == 2 and all(map(alive, pids))
    os.killpg(program.pid, how) if how == signal.SIGINT else program.kill()
    assert program.communicate(timeout=20)[1] == b""
    wait(lambda: not any(map(alive, pids)))
    assert (tmp_path / "interrupted").exists() == (how == signal.SIGINT)


def wait(until):
    limit = time.monotonic() + 30
    while not until():
        assert time.monotonic() < limit
        time.sleep(0.02)


def alive(pid):
    if not Path("/proc/self").exists():
        return subprocess.run(["ps", "-p", str(pid)], stdout=subprocess.DEVNULL).returncode == 0
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
