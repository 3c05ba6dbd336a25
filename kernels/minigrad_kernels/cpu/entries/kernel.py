"""What an entry of the table is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from minigrad_kernels.cpu.compile import Loop


class Kernel(NamedTuple):
    """The Python side of compiled loops: how a call is put to them, and when that pays.

    Attributes:
        call: takes the arguments of NumPy's kernel; returns NotImplemented for a call that no loop can take.
        above: from how many elements (of the first input) on it is faster than NumPy's: measured in float32, one
            thread of an AMD Zen 3 (AVX2), rounded up to a power of two. A call of a compiled loop costs 1 to 3 us,
            whatever the size.
        loops: the loops it may come to need, for those who compile ahead.
        signature: the form of the arguments, where gathering them by `*` and `**` would cost too much.
        by_size: what the backend "auto" calls instead, where `call` wins for certain shapes only.
    """

    call: Callable
    above: int
    loops: tuple[Loop, ...]
    signature: Literal["unary", "binary", "ternary", "reduction", "by_rows", "any"] = "any"
    by_size: Callable | None = None
