"""What the tests of the engine share: PyTorch as a peer, and the backend as it was before each test."""

from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

import minigrad


@pytest.fixture(scope="session")
def torch() -> ModuleType:
    """PyTorch, on one thread. Without it the test is skipped, which fails a CI run."""
    found = pytest.importorskip("torch", reason="PyTorch, the peer of these tests, is not installed: make peer")
    found.set_num_threads(1)
    return found


@pytest.fixture(autouse=True)
def same_backend() -> Iterator[None]:
    """A test may choose a backend; the next one begins with the one that was there."""
    before = minigrad.current_backend()
    yield
    minigrad.backend(before)


@pytest.fixture(params=["numpy", "numba"])
def backend(request: pytest.FixtureRequest) -> str:
    """Every backend of the CPU in turn, in force."""
    if request.param == "numba":
        pytest.importorskip("numba", reason="Numba is not installed: pip install minigrad[numba]")
    minigrad.backend(request.param)
    return request.param


@pytest.fixture
def count(record_property: Callable[[str, object], None]) -> Callable[[str, int], None]:
    """`count(what, how_many)`: the sums over all tests are printed at the end of the run (tests/conftest.py)."""
    return lambda what, how_many: record_property("count", (what, how_many))
