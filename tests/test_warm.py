"""`python -m minigrad.warm`: quiet and quick when there is nothing to do, and not in need of Numba."""

import subprocess
import sys

import minigrad.warm

BLOCK_NUMBA = """
import importlib.util, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "numba" else find(name, *rest)
import minigrad.warm
assert minigrad.warm.warm() == {}
minigrad.warm.main()
assert "numba" not in sys.modules
"""


def test_everything_a_first_training_runs_is_ready_afterwards():
    seconds = minigrad.warm.warm()
    assert {"loading Numba", "cross_entropy", "relu", "sgd_update", "adam_update"} <= set(seconds)
    again = minigrad.warm.warm()
    assert sum(again.values()) < 0.1, "a second call compiles again"


def test_without_numba_there_is_nothing_to_do():
    done = subprocess.run([sys.executable, "-c", BLOCK_NUMBA], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
