"""Packages that a data set needs beside NumPy: imported when it is made, and named when they are missing."""

from __future__ import annotations

import importlib
from types import ModuleType


def needed(module: str, by: str, *, package: str) -> ModuleType:
    """The module. Errors: ModuleNotFoundError, which says what to install."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise
        raise ModuleNotFoundError(
            f"{by} needs the package {package}, which is not installed.\n"
            f"  got:      no module named {error.name!r} in this environment\n"
            "  expected: minigrad with what its data sets need\n"
            '  try:      pip install "minigrad[data]", then restart the kernel',
            name=error.name,
        ) from error
