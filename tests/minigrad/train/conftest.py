"""What the tests of training share."""

import pytest
import training

from minigrad.train import Run


@pytest.fixture(scope="session")
def undisturbed() -> Run:
    """The training that nothing interrupted: what every resumed one must come to."""
    return training.train()
