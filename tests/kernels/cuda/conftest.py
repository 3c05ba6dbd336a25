"""CUDA's kernels in the simulator: in every test of this folder."""

import pytest

from minigrad_kernels.cuda import runtime


@pytest.fixture(autouse=True, scope="session")
def simulated() -> None:
    runtime.simulate()
