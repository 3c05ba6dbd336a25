"""What a net has learnt, in files: `.npz` archives of plain arrays, which cannot run code when they are read.

The arrays are named "layer/0", "layer/1" …, after the layers and the places of their blobs. Layers that the net does not have
are passed over, as in Caffe: so a net begins with what another learnt, wherever their layers have the same names.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy

from minigrad.caffe.layer import CaffeError

if TYPE_CHECKING:
    from minigrad.caffe.net import Net


def save(net: Net, path: str | Path) -> None:
    """Write all parameters to a file."""
    arrays: dict[str, Any] = {f"{n}/{i}": b.data for n, blobs in net.params.items() for i, b in enumerate(blobs)}
    with open(path, "wb") as file:
        numpy.savez(file, **arrays)


def copy_from(net: Net, path: str | Path) -> list[str]:
    """Read the parameters of the layers that the file and the net both have; their names.

    Errors: CaffeError if the file is none of ours, or a layer's parameters are of another number or shape; then nothing
    was changed.
    """
    found: dict[str, dict[int, numpy.ndarray]] = {}
    for key, array in arrays_of(path).items():
        name, _, place = key.rpartition("/")
        if name and place.isdigit():
            found.setdefault(name, {})[int(place)] = array
    shared = [name for name in net.params if name in found]
    for name in shared:
        _check(net, name, found[name], str(path))
    for name in shared:
        for i, blob in enumerate(net.params[name]):
            blob.data = found[name][i]
    return shared


def share_with(net: Net, other: Net) -> None:
    """Let the layers that both nets have use the same data: what the other learns, this net knows."""
    for name in net.params:
        if name in other.params:
            _check(net, name, dict(enumerate(other.params[name])), "the other net")
            for own, blob in zip(net.params[name], other.params[name], strict=True):
                own.share_data(blob)


def arrays_of(path: str | Path) -> dict[str, numpy.ndarray]:
    """The arrays in a file. Errors: CaffeError if it is no archive of arrays."""
    try:
        with numpy.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, zipfile.BadZipFile, EOFError, AttributeError) as error:
        raise CaffeError(
            f"{path} is no archive of arrays.",
            got=str(error).split("\n")[0] or type(error).__name__,
            expected="a .npz file, as net.save(path) writes it",
            hint="a .caffemodel must be converted first, where Caffe is installed",
        ) from None


def _check(net: Net, name: str, arrays: dict[int, Any], source: str) -> None:
    got = [tuple(arrays[i].shape) for i in sorted(arrays)]
    expected = [blob.shape for blob in net.params[name]]
    if got != expected:
        raise net.layer_dict[name].error(
            f"has parameters of other shapes than in {source}.",
            got=str(got),
            expected=str(expected),
            hint="another name for the layer, so that it is passed over and begins anew",
        )
