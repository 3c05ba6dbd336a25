"""The engine on device="cuda": on the simulator, in every test of this folder."""

from collections.abc import Iterator

import pytest

import minigrad


@pytest.fixture(autouse=True, scope="session")
def simulated() -> None:
    minigrad.cuda.simulate()


@pytest.fixture
def limited() -> Iterator[None]:
    """A test may limit the memory; the next one has what there is."""
    yield
    minigrad.cuda.set_memory_limit(None)
