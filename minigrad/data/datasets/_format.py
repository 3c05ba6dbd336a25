"""Reading files of others without trusting them: every size is checked before memory is taken for it."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from minigrad.errors import MinigradError

# How many bytes a file may unpack to, where nothing else is said. MNIST's largest has 47 million, CIFAR's 184.
LIMIT = 2**30
# What a byte of gzip can unpack to at most: two bits stand for up to 258 bytes (RFC 1951).
GZIP_FACTOR = 1032


class FormatError(MinigradError, ValueError):
    """A file that is not what its format says: cut off, damaged, or made to do harm."""


@contextmanager
def opened(path: str | Path, what: str) -> Iterator[tuple[IO[bytes], int]]:
    """A file, unpacked while it is read if it is gzip's, and how many bytes can be in it at most.

    Errors: FormatError where gzip finds its data damaged or cut off.
    """
    path = Path(path)
    length = os.path.getsize(path)
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        try:
            if packed:
                with gzip.GzipFile(fileobj=raw) as file:
                    yield file, length * GZIP_FACTOR  # type: ignore[misc]
            else:
                yield raw, length
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise FormatError(
                f"{what}: the packed file is damaged or cut off.",
                got=f"{path}, {length:,} bytes: {error}",
                hint="delete it and let it be downloaded again",
            ) from error


def damaged(what: str, path: object, *, got: str, expected: str) -> FormatError:
    """The error for a file that is not what it should be."""
    return FormatError(
        f"{what}: {path} is not what its format says.",
        got=got,
        expected=expected,
        hint="delete it and let it be downloaded again, or read it with what wrote it",
    )
