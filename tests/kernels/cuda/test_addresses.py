"""The layout of an array on a GPU is never read: it lies at an address of the GPU, where the computer has no memory."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent.parent.parent / "inaccessible.py"


@pytest.fixture(scope="module")
def report() -> dict:
    """What tests/inaccessible.py says, if it lives to say it."""
    if sys.platform == "win32" or importlib.util.find_spec("numba_cuda") is None:
        pytest.skip("needs pages of memory as POSIX has them, and numba-cuda")
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_ENABLE_CUDASIM"}
    done = subprocess.run([sys.executable, PROGRAM], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr  # of a crash, the line that has read
    return json.loads(done.stdout)


def test_reading_such_an_address_would_end_the_program(report) -> None:
    assert report["crashes"]


def test_no_operation_reads_one_and_all_views_lie_in_their_memory(report) -> None:
    assert report["errors"] == {}


def test_no_captured_step_reads_one(report) -> None:
    assert report["captured"] == 2


def test_no_operation_is_left_out(report) -> None:
    from op_cases import CASES

    from minigrad_kernels.cuda.tables import TABLE

    sampled = {case.op.name for case in CASES.values()}
    assert sampled & set(TABLE) <= set(report["kernels"])
    assert sampled - {"transfer"} <= set(report["engine"])
    assert sum(report["launches"].values()) > 5000
