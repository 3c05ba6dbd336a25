"""Arrays as PNG files, for small pictures within a view (ISO/IEC 15948)."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy

# Up to here the pixels are stored as they are: packed, they would differ from one version of zlib to the next.
STORED = 16_384
# Channels: PNG's number for grey, grey and alpha, colour, colour and alpha.
_COLOUR = {1: 0, 2: 4, 3: 2, 4: 6}


def png(pixels: numpy.ndarray) -> bytes:
    """A picture (H, W, C) of uint8, with 1 to 4 channels, as the bytes of a file."""
    high, wide, channels = pixels.shape
    rows = numpy.zeros((high, 1 + wide * channels), numpy.uint8)  # each row begins with 0: not filtered
    rows[:, 1:] = pixels.reshape(high, -1)
    raw = rows.tobytes()
    header = struct.pack(">IIBBBBB", wide, high, 8, _COLOUR[channels], 0, 0, 0)
    packed = _stored(raw) if len(raw) <= STORED else zlib.compress(raw, 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def data_address(pixels: numpy.ndarray) -> str:
    """The picture as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode()


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _stored(raw: bytes) -> bytes:
    """zlib's format around bytes that are not packed: one block (RFC 1950, and 1951 section 3.2.4)."""
    return (
        b"\x78\x01\x01" + struct.pack("<HH", len(raw), len(raw) ^ 0xFFFF) + raw + struct.pack(">I", zlib.adler32(raw))
    )
