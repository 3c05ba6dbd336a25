"""A checkpoint's file: safetensors, written whole or not at all, read with suspicion."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy

from minigrad.train._pack import CheckpointError, pack, unpack

SUFFIX = ".safetensors"
_FORMAT = "minigrad checkpoint 1"


def write(path: str | os.PathLike, state: Any) -> Path:
    """Write a state. Whatever happens, there is at `path` either what was there or all of the new: it is written under
    another name in the same folder, brought to the disk, and then renamed, which a file system does in one go.

    Errors: CheckpointError for what cannot be kept; OSError where the disk is full or the folder is not there.
    """
    safetensors = _safetensors()
    path = Path(path)
    text, arrays = pack(state)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        safetensors.numpy.save_file(arrays, unfinished, {"format": _FORMAT, "state": text})
        with open(unfinished, "r+b") as file:
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return path


def read(path: str | os.PathLike) -> Any:
    """The state in a file: arrays, numbers and text. Errors: CheckpointError for any file that `write` did not make.

    Nothing in the file is ever run. Sizes and places of arrays are compared with the file's length before anything is
    made of them.
    """
    safetensors = _safetensors()
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(
            "There is no such checkpoint.",
            got=str(path),
            expected="a file that save_checkpoint wrote",
            hint="a folder instead of a file gives its newest checkpoint: fit(…, resume=folder)",
        )
    arrays: dict[str, numpy.ndarray] = {}
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            about = file.metadata() or {}
            for name in file.keys() if about.get("format") == _FORMAT else ():
                arrays[name] = file.get_tensor(name)
    except (safetensors.SafetensorError, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise CheckpointError(
            f"{path.name} is damaged, or no checkpoint.",
            got=f"{path.stat().st_size:,} bytes; {str(error)[:120]}",
            expected="a file that save_checkpoint wrote, whole",
            hint="another checkpoint: Checkpoint(keep=3) keeps several",
        ) from None
    if about.get("format") != _FORMAT or "state" not in about:
        raise CheckpointError(
            f"{path.name} holds arrays, but is no checkpoint of minigrad.",
            got=f"the format {about.get('format')!r:.60}",
            expected=repr(_FORMAT),
            hint="model.load_state_dict(safetensors.numpy.load_file(path)) for weights alone",
        )
    return unpack(about["state"], arrays)


def _sync_folder(folder: Path) -> None:
    """So that the new name outlives a power cut too; Windows has no such call."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _safetensors() -> Any:
    try:
        import safetensors
        import safetensors.numpy
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "Checkpoints need the package 'safetensors', which is not installed.\n"
            "  got:      no module named 'safetensors' in this environment\n"
            "  expected: safetensors, which writes arrays and no code\n"
            "  try:      pip install 'minigrad[train]'",
            name="safetensors",
        ) from error
    return safetensors
