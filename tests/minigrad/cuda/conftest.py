"""The engine on device="cuda": in the simulator, or with MINIGRAD_GPU=1 (`make gpu`) on a GPU."""

import os
from collections.abc import Iterator

import pytest

import minigrad

if os.environ.get("MINIGRAD_GPU") != "1":
    minigrad.cuda.simulate()


@pytest.fixture
def limited() -> Iterator[None]:
    """A test may limit the memory; the next one has what there is."""
    yield
    minigrad.cuda.set_memory_limit(None)
