"""The shapes of products of matrices."""

from __future__ import annotations

from typing import Any

from minigrad.errors import ShapeError
from minigrad.shapes.common import Shaped, broadcast, shape_of


def matmul(x: Any, y: Any) -> tuple[int, ...]:
    """(…, n, k) @ (…, k, m) gives (…, n, m), the leading dimensions broadcast; vectors lose their dimension."""
    a, b = shape_of(x), shape_of(y)
    if not a or not b:
        raise ShapeError("needs at least one dimension on each side.", got=f"{a} @ {b}", hint="x * y for a scalar")
    inner = b[-2:][0]  # of a vector its only size
    if a[-1] != inner:
        raise ShapeError(
            "the inner sizes differ.",
            got=f"{a} @ {b}",
            expected=f"(…, n, k) @ (…, k, m): here k is {a[-1]} on the left and {inner} on the right",
            hint="x @ y.mT if the right side lies transposed",
        )
    batch = broadcast(Shaped(a[:-2]), Shaped(b[:-2]))
    return batch + a[-2:-1] + (b[-1:] if len(b) > 1 else ())


def linear(x: Any, w: Any, b: Any = None) -> tuple[int, ...]:
    """(…, in) with weights (out, in) gives (…, out)."""
    a, c = shape_of(x), shape_of(w)
    if len(c) != 2 or not a or a[-1] != c[1]:
        raise ShapeError(
            "the last dimension of the input is not the layer's input size.",
            got=f"input {a}, weight {c}",
            expected=f"input (…, {c[1] if len(c) == 2 else 'in'}) for a weight of shape (out, in)",
            hint="x.flatten(1) for images, or Linear with another in_features",
        )
    if b is not None and shape_of(b) != c[:1]:
        raise ShapeError(
            "the bias does not fit the weight.",
            got=f"bias {shape_of(b)}, weight {c}",
            expected=f"bias ({c[0]},)",
            hint="b.reshape(-1)",
        )
    return (*a[:-1], c[0])
