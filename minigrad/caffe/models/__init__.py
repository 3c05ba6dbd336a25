"""Small networks as prototxt files, to read, to run and to change.

| name | what it shows |
| --- | --- |
| `lenet`, `lenet_solver` | LeNet for scikit-learn's digits, and how to train it |
| `cifar` | convolutions, pooling by maximum and mean, for pictures of 32 x 32 |
| `groups` | AlexNet's parts: LRN, groups, dropout |
| `inception` | a module of GoogLeNet: four paths, one blob |
| `resnet` | three residual blocks, every layer written out |
"""

from __future__ import annotations

from pathlib import Path

from minigrad.caffe.message import PrototxtError, near

_FOLDER = Path(__file__).parent


def path(name: str) -> Path:
    """Where the prototxt file of a network is. Errors: PrototxtError for a name that there is none of."""
    found = _FOLDER / f"{name}.prototxt"
    if not found.exists():
        known = names()
        raise PrototxtError(
            "there is no such network.", got=repr(name), expected=", ".join(known), hint=near(name, known) or None
        )
    return found


def names() -> list[str]:
    """The names of all networks."""
    return sorted(file.stem for file in _FOLDER.glob("*.prototxt"))
