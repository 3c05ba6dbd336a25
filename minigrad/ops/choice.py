"""Choices and limits: one of two values at each place."""

from __future__ import annotations

from minigrad import dtypes
from minigrad.errors import DTypeError
from minigrad.ops.composed import composed
from minigrad.ops.forms import binary, unary


@binary(saves="condition", together="x y", sample=lambda r: (r.booleans(2, 3), r(2, 3), r(3)))
def where(g, z, condition, x, y):
    r""":math:`x` where the condition holds, :math:`y` elsewhere. Each element's gradient goes back to where it came from."""
    return None, lambda: where(condition, g, 0.0), lambda: where(condition, 0.0, g)


@binary(saves="x y", sample=lambda r: (r(2, 3), r(3)))
def maximum(g, z, x, y):
    r"""The larger of two. The gradient goes to the larger input; equal inputs share it, half each."""
    tie = x == y
    return lambda: where(tie, g * 0.5, where(x > y, g, 0.0)), lambda: where(tie, g * 0.5, where(x < y, g, 0.0))


@binary(saves="x y", sample=lambda r: (r(2, 3), r(3)))
def minimum(g, z, x, y):
    r"""The smaller of two. The gradient goes to the smaller input; equal inputs share it, half each."""
    tie = x == y
    return lambda: where(tie, g * 0.5, where(x < y, g, 0.0)), lambda: where(tie, g * 0.5, where(x > y, g, 0.0))


@unary(
    dtype=lambda x, **limits: dtypes.common((x, *limits.values())),
    saves="x",
    sample=lambda r: [(r(2, 3), {"min": -0.7, "max": 0.9}), (r(2, 3), {"max": 0.5})],
)
def clamp(g, z, x, *, min=None, max=None):
    r"""Limit to the range :math:`[\mathit{min}, \mathit{max}]`. The gradient passes where the value was not limited."""
    inside = g
    if min is not None:
        inside = where(x >= min, inside, 0.0)
    if max is not None:
        inside = where(x <= max, inside, 0.0)
    return (inside,)


@composed
def masked_fill(x, mask, value):
    """`value` where the mask holds, `x` elsewhere, in the dtype of x. Errors: DTypeError for a value that does not fit."""
    if isinstance(value, float) and x.dtype.kind != "f":
        raise DTypeError(
            "a floating value cannot be kept among whole numbers.",
            got=f"{value!r} into {tuple(x.shape)} {x.dtype}",
            expected="a whole number",
            hint="x.float() first",
        )
    return where(mask, value, x)


__all__ = ["clamp", "masked_fill", "maximum", "minimum", "where"]
