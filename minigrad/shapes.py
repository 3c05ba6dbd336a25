"""Shape rules: the output's shape from the inputs' shapes, or an error that says what does not fit.

A rule takes the inputs' specs (anything with `.shape`; a Python scalar has none) and the operation's parameters.
"""

from __future__ import annotations

import math
from typing import Any

import numpy

from minigrad.errors import IndexingError, ShapeError


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of anything; a Python number has none."""
    return tuple(getattr(x, "shape", ()))


def same(x: Any, **_: Any) -> tuple[int, ...]:
    """The shape of the input."""
    return shape_of(x)


def broadcast(*xs: Any, **_: Any) -> tuple[int, ...]:
    """NumPy's broadcasting: aligned at the right, sizes must be equal or 1, and 1 is repeated."""
    shapes = [shape_of(x) for x in xs if x is not None]
    result: list[int] = []
    for place in range(1, max(map(len, shapes)) + 1):
        sizes = {s[-place] for s in shapes if len(s) >= place} - {1}
        if len(sizes) > 1:
            raise ShapeError(
                f"the shapes do not broadcast: dimension {-place} has sizes {' and '.join(map(str, sorted(sizes)))}.",
                got=", ".join(map(str, shapes)),
                expected="equal sizes, or 1, counted from the right",
                hint="x.unsqueeze(dim) or x.reshape(…) to line the dimensions up",
            )
        result.append(sizes.pop() if sizes else 1)
    return tuple(reversed(result))


def normal_dim(dim: int, ndim: int) -> int:
    """A dimension counted from the front. Errors: IndexingError when there is no such dimension."""
    if not -max(ndim, 1) <= dim < max(ndim, 1):
        raise IndexingError(
            "no such dimension.",
            got=f"dim={dim}",
            expected=f"{-max(ndim, 1)} to {max(ndim, 1) - 1}, for {ndim} dimensions",
            hint="a dim that x.shape has; x.ndim counts them",
        )
    return dim % ndim if ndim else 0


def normal_dims(dim: int | tuple[int, ...] | list[int] | None, ndim: int) -> tuple[int, ...]:
    """All dimensions that `dim` means, counted from the front; `None` means every one."""
    if dim is None:
        return tuple(range(ndim))
    dims = tuple(normal_dim(d, ndim) for d in (dim if isinstance(dim, (tuple, list)) else (dim,)))
    if len(set(dims)) != len(dims):
        raise ShapeError(
            "a dimension is named twice.",
            got=f"dim={dim}",
            expected="each once",
            hint="drop the repeated dim",
        )
    return dims if ndim else ()


def reduced(x: Any, *, dim: Any = None, keepdim: bool = False, **_: Any) -> tuple[int, ...]:
    """The shape without the reduced dimensions, or with size 1 in their place when `keepdim`."""
    shape = shape_of(x)
    dims = normal_dims(dim, len(shape))
    if keepdim:
        return tuple(1 if d in dims else n for d, n in enumerate(shape))
    return tuple(n for d, n in enumerate(shape) if d not in dims)


def reduced_nonempty(x: Any, *, dim: Any = None, keepdim: bool = False, **_: Any) -> tuple[int, ...]:
    """As `reduced`, for reductions that have no value for zero elements (a maximum)."""
    shape = shape_of(x)
    if any(shape[d] == 0 for d in normal_dims(dim, len(shape))):
        raise ShapeError(
            "zero elements have no largest or smallest.",
            got=str(shape),
            expected="at least one element to reduce",
            hint="check x.numel() first, or leave the empty dimension out of dim",
        )
    return reduced(x, dim=dim, keepdim=keepdim)


def along(x: Any, *, dim: Any) -> tuple[int, ...]:
    """The shape of the input, which has the dimension `dim`."""
    normal_dims(dim, len(shape_of(x)))
    return shape_of(x)


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


def reshape(x: Any, *, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The new shape, its one -1 filled in."""
    size, known = math.prod(shape_of(x)), math.prod(n for n in shape if n != -1)
    unknown = sum(n == -1 for n in shape)
    fits = (
        unknown <= 1
        and all(n >= -1 for n in shape)
        and (size == known if not unknown else known > 0 and size % known == 0)
    )
    if not fits:
        raise ShapeError(
            "the number of elements would change.",
            got=f"{shape_of(x)} with {size} elements, to {tuple(shape)}",
            expected=f"a shape with {size} elements; one size may be -1",
            hint="reshape(-1) to flatten",
        )
    return tuple(size // known if n == -1 else n for n in shape)


def permute(x: Any, *, dims: tuple[int, ...]) -> tuple[int, ...]:
    """The sizes in their new order."""
    shape = shape_of(x)
    if sorted(normal_dim(d, len(shape)) for d in dims) != list(range(len(shape))):
        raise ShapeError(
            "dims must name every dimension once.",
            got=f"dims={tuple(dims)} for {shape}",
            expected=f"a permutation of 0 to {len(shape) - 1}",
            hint="x.transpose(d0, d1) to swap two",
        )
    return tuple(shape[d] for d in dims)


def broadcast_to(x: Any, *, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The wanted shape, if the input's can be repeated to it."""
    if len(shape_of(x)) > len(shape) or any(n < 0 for n in shape) or broadcast(x, Shaped(shape)) != tuple(shape):
        raise ShapeError(
            "cannot be repeated to that shape.",
            got=f"{shape_of(x)} to {tuple(shape)}",
            expected="sizes equal or 1, counted from the right, and no new size of -1",
            hint="unsqueeze where the new dimension belongs",
        )
    return tuple(shape)


def cat(*xs: Any, dim: int = 0) -> tuple[int, ...]:
    """The sizes added along `dim`; all others must be equal."""
    shapes = [shape_of(x) for x in xs]
    if not shapes:
        raise ShapeError("nothing to join.", got="an empty list", expected="at least one tensor", hint="cat([x])")
    if not shapes[0]:
        raise ShapeError(
            "numbers have no dimension to be joined along.",
            got=", ".join(map(str, shapes)),
            expected="at least one dimension",
            hint="stack, which makes one",
        )
    d = normal_dim(dim, len(shapes[0]))
    for s in shapes:
        if len(s) != len(shapes[0]) or any(m != n for e, (m, n) in enumerate(zip(s, shapes[0], strict=True)) if e != d):
            raise ShapeError(
                f"the shapes differ outside dimension {d}.",
                got=", ".join(map(str, shapes)),
                expected=f"equal sizes in every dimension but {d}",
                hint="stack for a new dimension, or another dim",
            )
    return (*shapes[0][:d], sum(s[d] for s in shapes), *shapes[0][d + 1 :])


def stack(*xs: Any, dim: int = 0) -> tuple[int, ...]:
    """A new dimension of as many as there are inputs, all of one shape."""
    shapes = {shape_of(x) for x in xs}
    if len(shapes) != 1:
        raise ShapeError(
            "the shapes differ." if shapes else "nothing to stack.",
            got=", ".join(str(shape_of(x)) for x in xs),
            expected="at least one tensor, all of one shape",
            hint="cat joins along an existing dimension",
        )
    shape = shapes.pop()
    d = normal_dim(dim, len(shape) + 1)
    return (*shape[:d], len(xs), *shape[d:])


def take_along_dim(x: Any, indices: Any, *, dim: int) -> tuple[int, ...]:
    """The shape of `indices`, which agrees with the input's outside `dim` or is broadcast to it."""
    shape, wanted = list(shape_of(x)), list(shape_of(indices))
    if len(shape) != len(wanted):
        raise ShapeError(
            "the indices need as many dimensions as the input.",
            got=f"input {tuple(shape)}, indices {tuple(wanted)}",
            expected=f"{len(shape)} dimensions",
            hint="indices.unsqueeze(dim)",
        )
    d = normal_dim(dim, len(shape))
    along = wanted[d]
    shape[d] = wanted[d] = 1
    result = list(broadcast(Shaped(tuple(shape)), Shaped(tuple(wanted))))
    result[d] = along
    return tuple(result)


def cross_entropy(x: Any, target: Any, *, reduction: str = "mean", **_: Any) -> tuple[int, ...]:
    """Logits (N, C, …) or (C,) with class indices (N, …) or (); a scalar unless `reduction="none"`."""
    a, t = shape_of(x), shape_of(target)
    wanted = (a[0], *a[2:]) if len(a) > 1 else ()
    if not a or t != wanted:
        raise ShapeError(
            "the targets do not fit the logits.",
            got=f"logits {a}, target {t}",
            expected=f"logits (N, C, …) with target (N, …): here target {wanted}",
            hint="class indices, one for each example; one-hot rows: target.argmax(1)",
        )
    return reduction_shape(wanted, reduction)


def mse_loss(x: Any, y: Any, *, reduction: str = "mean") -> tuple[int, ...]:
    """A scalar unless `reduction="none"`. The shapes must be equal: broadcasting a target is nearly always a mistake."""
    a, b = shape_of(x), shape_of(y)
    if a != b:
        raise ShapeError(
            "input and target differ in shape.",
            got=f"input {a}, target {b}",
            expected="equal shapes",
            hint="target.reshape(input.shape), or squeeze the input",
        )
    return reduction_shape(a, reduction)


def reduction_shape(shape: tuple[int, ...], reduction: str) -> tuple[int, ...]:
    """The shape of one loss for each example, after the reduction."""
    if reduction not in ("mean", "sum", "none"):
        raise ShapeError(
            "no such reduction.",
            got=f"reduction={reduction!r}",
            expected="'mean', 'sum' or 'none'",
            hint="reduction='mean'",
        )
    return shape if reduction == "none" else ()


class Shaped:
    """Only a shape, where a rule wants something that has one."""

    def __init__(self, shape: tuple[int, ...]):
        self.shape = shape


def getitem(x: Any, *, index: Any) -> tuple[int, ...]:
    """NumPy's indexing, basic and advanced."""
    try:
        return numpy.broadcast_to(numpy.False_, shape_of(x))[index].shape
    except IndexError as error:
        raise IndexingError(
            "the index does not fit.",
            got=f"index {index!r} on shape {shape_of(x)}: {error}",
            expected="integers within range, slices, None, ..., integer arrays or boolean masks of the same shape",
            hint="x.shape shows the sizes; negative indices count from the end",
        ) from None


def given(*_: Any, shape: tuple[int, ...], **__: Any) -> tuple[int, ...]:
    """The shape that was asked for."""
    return tuple(shape)


def index_put(x: Any, y: Any, *, index: Any) -> tuple[int, ...]:
    """The shape of `x`; `y` must broadcast to what is indexed."""
    place = getitem(x, index=index)
    try:
        broadcast_to(y, shape=place)
    except ShapeError:
        raise ShapeError(
            "the value does not fit the place.",
            got=f"value {shape_of(y)}, place {place}",
            expected=f"a value that broadcasts to {place}",
            hint="value.reshape(…)",
        ) from None
    return shape_of(x)


def one_hot(x: Any, *, classes: int) -> tuple[int, ...]:
    """One more dimension, of as many as there are classes."""
    return (*shape_of(x), classes)
