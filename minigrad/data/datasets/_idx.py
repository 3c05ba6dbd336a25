"""IDX, the format of MNIST: an array of numbers behind a header of a few bytes."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy

from minigrad.data.datasets._format import LIMIT, damaged, opened

# The third byte of a file.
DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | Path, *, limit: int = LIMIT) -> numpy.ndarray:
    """The array in an IDX file, as it is or packed by gzip.

    The header: two bytes of 0, one that says the dtype, one that says how many dimensions; then the size of each, four
    bytes, the first byte the highest. What follows are the numbers, the last dimension running fastest.

    The sizes must account for the file's length to the byte, and they are compared with it before any memory is taken:
    a header that promises more than the file can hold costs nothing.

    Args:
        limit: how many bytes the numbers may take at most.

    Source: http://yann.lecun.com/exdb/mnist, section "The IDX file format".

    Errors: FormatError, FileNotFoundError.
    """
    with opened(path, "read_idx") as (file, most):
        head = file.read(4)
        if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in DTYPES:
            raise damaged("read_idx", path, got=f"it begins with {head!r}", expected="0, 0, a dtype, dimensions")
        dimensions = head[3]
        sizes_of = file.read(4 * dimensions)
        if dimensions > 32 or len(sizes_of) < 4 * dimensions:
            raise damaged("read_idx", path, got=f"{dimensions} dimensions, then {len(sizes_of)} bytes of sizes",
                          expected="at most 32 dimensions, four bytes for the size of each")  # fmt: skip
        shape = struct.unpack(f">{dimensions}I", sizes_of)
        dtype = numpy.dtype(DTYPES[head[2]])
        size = math.prod(shape) * dtype.itemsize
        header = 4 + 4 * dimensions
        if size > min(limit, most - header):
            raise damaged("read_idx", path, got=f"a header that promises shape {shape}, {size:,} bytes",
                          expected=f"no more than the file can hold ({most - header:,}) or limit ({limit:,})")  # fmt: skip
        numbers = file.read(size)
        if len(numbers) < size or file.read(1):
            got = f"{len(numbers):,} bytes" if len(numbers) < size else "more than that"
            raise damaged("read_idx", path, got=got, expected=f"{size:,} bytes for shape {shape}")
    array = numpy.frombuffer(numbers, dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="))
