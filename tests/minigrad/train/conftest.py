"""What the tests of training share."""

from pathlib import Path

import pytest
import training

from minigrad.train import Run, save_checkpoint


@pytest.fixture(scope="session")
def undisturbed() -> Run:
    """The training that nothing interrupted: what every resumed one must come to."""
    return training.train()


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A checkpoint of `training.parts` after a step."""
    model, optimizer = training.parts()
    training.one_step(model, optimizer)
    return save_checkpoint(tmp_path / "a.safetensors", model, optimizer, epoch=1)
