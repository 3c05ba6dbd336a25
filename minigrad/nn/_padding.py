"""Padding: images and sequences surrounded by more elements. A width for all sides, or for each: left, right, top, bottom."""

from __future__ import annotations

from typing import Any

from minigrad.nn import functional
from minigrad.nn._module import Module


class _Pad(Module):
    sides = 4
    mode = "constant"

    def __init__(self, padding: Any):
        super().__init__()
        self.padding = (padding,) * self.sides if isinstance(padding, int) else tuple(padding)

    def forward(self, input: Any) -> Any:
        return functional.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return str(self.padding)


class ZeroPad1d(_Pad):
    """Zeros before and behind (N, C, L)."""

    sides = 2


class ZeroPad2d(_Pad):
    """Zeros around (N, C, H, W)."""


class ReflectionPad1d(_Pad):
    """The sequence mirrored at both ends, the end itself not repeated."""

    sides, mode = 2, "reflect"


class ReflectionPad2d(_Pad):
    """The image mirrored at its borders, the border itself not repeated."""

    mode = "reflect"


class ReplicationPad1d(_Pad):
    """The first and last elements again and again."""

    sides, mode = 2, "replicate"


class ReplicationPad2d(_Pad):
    """The border again and again."""

    mode = "replicate"


class CircularPad1d(_Pad):
    """Before the sequence its end, behind it its beginning."""

    sides, mode = 2, "circular"


class CircularPad2d(_Pad):
    """The image laid side by side with itself."""

    mode = "circular"


class _ConstantPad(_Pad):
    def __init__(self, padding: Any, value: float):
        super().__init__(padding)
        self.value = value

    def forward(self, input: Any) -> Any:
        return functional.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """`value` before and behind (N, C, L)."""

    sides = 2


class ConstantPad2d(_ConstantPad):
    """`value` around (N, C, H, W); a negative width cuts off."""
