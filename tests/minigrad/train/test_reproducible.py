"""The same seed, the same numbers: with each backend, and with every kind of batch."""

import pytest
from training import numbers, train

from minigrad.train import Checkpoint


@pytest.mark.parametrize("backend", ["numpy", "numba", "auto"])
def test_one_seed_gives_the_same_run_to_the_last_bit(backend, tmp_path):
    first, second = (train(backend=backend, epochs=2) for _ in range(2))
    assert numbers(first) == numbers(second)
    assert first.tracker.history == second.tracker.history

    class Stop:
        def on_step_end(self, run):
            if run.step == 8:
                run.control.stop()

    train(backend=backend, epochs=2, callbacks=[Checkpoint(tmp_path), Stop()])
    assert numbers(train(backend=backend, epochs=2, resume=tmp_path)) == numbers(first)
