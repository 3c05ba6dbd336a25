"""The binary version of CIFAR: records of a label and 32 x 32 pixels, one behind the other."""

from __future__ import annotations

import os
import tarfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy

from minigrad.data.datasets._format import GZIP_FACTOR, LIMIT, FormatError, damaged

PIXELS = 3 * 32 * 32


def read_cifar(path: str | Path, *, label_bytes: int = 1, limit: int = LIMIT) -> tuple[numpy.ndarray, numpy.ndarray]:
    """The images and labels in a file of CIFAR's binary version, such as data_batch_1.bin.

    A record is its labels (one byte for CIFAR-10; coarse and fine for CIFAR-100), then 1,024 bytes of red, of green and
    of blue, row by row. There is no header: the file's length says how many records it has. (The Python version of these
    data is a pickle, which runs whatever code it holds; it is not read.)

    Args:
        label_bytes: 1 for CIFAR-10, 2 for CIFAR-100.
        limit: how long the file may be.

    Returns: images (N, 32, 32, 3) uint8, labels (N, label_bytes) uint8.

    Source: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".

    Errors: FormatError, FileNotFoundError.
    """
    size = os.path.getsize(path)
    if size > limit:
        raise damaged("read_cifar", path, got=f"{size:,} bytes", expected=f"at most {limit:,}")
    return records(Path(path).read_bytes(), label_bytes, str(path))


def read_members(path: str | Path, names: Iterable[str], *, limit: int = LIMIT) -> dict[str, bytes]:
    """Some files out of an archive .tar.gz, read into memory; nothing is unpacked onto the disk.

    Errors: FormatError for a damaged archive, one without these files, or one that unpacks to more than `limit`.
    """
    wanted = set(names)
    found: dict[str, bytes] = {}
    most = min(limit, os.path.getsize(path) * GZIP_FACTOR)
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                if member.offset_data + member.size > most:
                    raise damaged("read_cifar", path, got=f"{member.name!r}, {member.size:,} bytes",
                                  expected=f"an archive of at most {most:,} bytes")  # fmt: skip
                if member.name in wanted and member.isreg():
                    file = archive.extractfile(member)
                    found[member.name] = file.read() if file is not None else b""
                if len(found) == len(wanted):
                    return found
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise FormatError(
            "read_cifar: the archive is damaged or cut off.",
            got=f"{path}: {error}",
            hint="delete it and let it be downloaded again",
        ) from error
    raise damaged("read_cifar", path, got=f"no {', '.join(sorted(wanted - found.keys()))} in it",
                  expected=f"an archive with {len(wanted)} files")  # fmt: skip


def records(content: bytes, label_bytes: int, where: str) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Images and labels of a file that was read. Errors: FormatError."""
    length = label_bytes + PIXELS
    if len(content) % length or not content:
        raise damaged("read_cifar", where, got=f"{len(content):,} bytes",
                      expected=f"a multiple of {length:,}: {label_bytes} for labels and {PIXELS:,} for pixels")  # fmt: skip
    rows = numpy.frombuffer(content, numpy.uint8).reshape(-1, length)
    images = rows[:, label_bytes:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return numpy.ascontiguousarray(images), rows[:, :label_bytes].copy()
