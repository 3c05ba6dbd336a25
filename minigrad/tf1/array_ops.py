"""Tensors arranged otherwise, joined and taken apart, and elements picked."""

from __future__ import annotations

import math
from typing import Any

from minigrad import dtypes, ops
from minigrad.tf1.convert import apply, as_dtype, as_list, convert_to_tensor
from minigrad.tf1.dims import Dim, unknown
from minigrad.tf1.errors import InvalidValue
from minigrad.tf1.graph import get_default_graph
from minigrad.tf1.math_ops import same_dtype
from minigrad.tf1.sizes import size_of, sizes_of
from minigrad.tf1.slicing import strided_slice
from minigrad.tf1.tensors import Tensor


def reshape(tensor: Any, shape: Any, name: str | None = None) -> Tensor:
    """The same elements in another shape; one size may be -1. Sizes may be tensors whose values follow from shapes."""
    x = convert_to_tensor(tensor, name="tensor")
    sizes = sizes_of(shape if isinstance(shape, Tensor) or hasattr(shape, "as_list") else as_list(shape))
    given = [n for n in sizes if n != -1]
    if x.symbol.shape is not None and len(given) == len(sizes) - 1:
        elements, known = math.prod(x.symbol.shape), math.prod(given)
        uncertain = isinstance(elements, Dim) or isinstance(known, Dim)
        if uncertain and known and elements % known:  # what is left over only the true sizes tell
            made = get_default_graph().current.add(
                ops.reshape, (x.symbol,), {"shape": sizes}, sizes, x.dtype, name=name or "Reshape"
            )
            made.shape = tuple(unknown(made) if n == -1 else n for n in sizes)
            return made.tensor
    if x.symbol.shape is None and -1 in sizes:
        made = apply("reshape", x, name=name or "Reshape", shape=sizes)
        made.symbol.shape = tuple(unknown(made.symbol) if n == -1 else n for n in sizes)
        return made
    return apply("reshape", x, name=name or "Reshape", shape=sizes)


def transpose(a: Any, perm: Any = None, name: str | None = None) -> Tensor:
    """The dimensions in the order `perm`, by default reversed."""
    x = convert_to_tensor(a, name="a")
    dims = tuple(reversed(range(len(x.shape)))) if perm is None else tuple(int(n) for n in perm)
    return apply("permute", x, name=name or "transpose", dims=dims)


def expand_dims(input: Any, axis: int | None = None, name: str | None = None, dim: int | None = None) -> Tensor:
    """With a new dimension of size 1 at `axis`."""
    x = convert_to_tensor(input)
    place = int(axis if axis is not None else dim if dim is not None else 0)
    sizes = list(_shape_of(x, "expand_dims"))
    sizes.insert(place if place >= 0 else place + len(sizes) + 1, 1)
    return apply("reshape", x, name=name or "ExpandDims", shape=tuple(sizes))


def squeeze(input: Any, axis: Any = None, name: str | None = None, squeeze_dims: Any = None) -> Tensor:
    """Without the dimensions of size 1, all or those at `axis`. Errors: ValueError for one of another size."""
    x = convert_to_tensor(input)
    axis = squeeze_dims if axis is None else axis
    sizes = _shape_of(x, "squeeze")
    wanted = (
        [d for d, n in enumerate(sizes) if n == 1] if axis is None else [int(d) % len(sizes) for d in as_list(axis)]
    )
    for d in wanted:
        if sizes[d] != 1 and not isinstance(sizes[d], Dim):
            raise InvalidValue(
                f"Can not squeeze dim[{d}], expected a dimension of 1, got {sizes[d]}.",
                got=str(x.shape),
                expected=f"size 1 at axis {d}",
                hint="tf.reduce_sum over an axis that shall disappear",
            )
    return apply("reshape", x, name=name or "Squeeze", shape=tuple(n for d, n in enumerate(sizes) if d not in wanted))


def concat(values: Any, axis: Any, name: str = "concat") -> Tensor:
    """Joined along an axis that exists."""
    tensors = [convert_to_tensor(x) for x in as_list(values)]
    for x in tensors[1:]:
        same_dtype(tensors[0], x, "ConcatV2")
    return apply("cat", *tensors, name=name, dim=int(axis))


def stack(values: Any, axis: int = 0, name: str = "stack") -> Tensor:
    """Joined along a new axis."""
    tensors = [convert_to_tensor(x) for x in values]
    for x in tensors[1:]:
        same_dtype(tensors[0], x, "Pack")
    return apply("stack", *tensors, name=name, dim=axis)


def unstack(value: Any, num: int | None = None, axis: int = 0, name: str = "unstack") -> list[Tensor]:
    """The slices along an axis, without it. Errors: ValueError where their number is not known."""
    x = convert_to_tensor(value)
    sizes = _shape_of(x, "unstack")
    axis = axis % len(sizes)
    count = num if num is not None else sizes[axis]
    if isinstance(count, Dim):
        raise InvalidValue(
            f"Cannot infer num from shape {x.shape}.",
            got=str(x),
            expected=f"a known size at axis {axis}",
            hint="num=…, or tf.while_loop for as many steps as there are",
        )
    with get_default_graph().name_scope(name):
        return [apply("getitem", x, index=(slice(None),) * axis + (n,), name="slice") for n in range(count)]


def split(value: Any, num_or_size_splits: Any, axis: int = 0, num: Any = None, name: str = "split") -> list[Tensor]:
    """In so many equal parts along an axis, or in parts of the sizes in a list, of which one may be -1."""
    x = convert_to_tensor(value)
    sizes = _shape_of(x, "split")
    axis = int(axis) % len(sizes)
    whole = sizes[axis]
    if isinstance(num_or_size_splits, int):
        if whole % num_or_size_splits:
            raise InvalidValue(
                "Dimension size must be evenly divisible.",
                got=f"{whole} in {num_or_size_splits} parts",
                expected=f"a divisor of {whole}",
                hint="a list of sizes for unequal parts",
            )
        parts = [whole // num_or_size_splits] * num_or_size_splits
    else:
        parts = [size_of(n) for n in num_or_size_splits]
        rest = whole - sum(n for n in parts if n != -1)
        parts = [rest if n == -1 else n for n in parts]
        if sum(parts) != whole and not isinstance(whole, Dim):
            raise InvalidValue("The parts do not add up.", got=f"{parts} of {whole}", expected=f"a sum of {whole}")
    found, start = [], 0
    with get_default_graph().name_scope(name):
        for n in parts:
            index = (slice(None),) * axis + (slice(start, start + n),)
            found.append(apply("getitem", x, index=index, name="slice"))
            start = start + n
    return found


def slice_(input_: Any, begin: Any, size: Any, name: str = "Slice") -> Tensor:
    """The part of `size` from `begin` on; a size of -1 reaches to the end."""
    x = convert_to_tensor(input_)
    ends = zip(sizes_of(begin), sizes_of(size), strict=True)
    return strided_slice(x, tuple(slice(b, None if n == -1 else b + n) for b, n in ends), name)


def tile(input: Any, multiples: Any, name: str = "Tile") -> Tensor:
    """The whole tensor again and again, so many times along each axis."""
    x, times = convert_to_tensor(input), sizes_of(multiples)
    sizes = _shape_of(x, "tile")
    with get_default_graph().name_scope(name) as scope:
        apart = apply("reshape", x, shape=tuple(n for size in sizes for n in (1, size)))
        repeated = apply(
            "broadcast_to", apart, shape=tuple(n for t, size in zip(times, sizes, strict=True) for n in (t, size))
        )
        return apply(
            "reshape", repeated, name=scope, shape=tuple(t * size for t, size in zip(times, sizes, strict=True))
        )


def pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", name: str = "Pad", constant_values: float = 0) -> Tensor:
    """With more elements before and behind along each axis, all of one value."""
    if mode.upper() != "CONSTANT":
        raise InvalidValue("Unknown padding mode.", got=f"mode={mode!r}", expected="'CONSTANT'", hint="tf.concat")
    pairs = [tuple(size_of(n) for n in pair) for pair in paddings]
    flat = tuple(n for pair in reversed(pairs) for n in pair)
    return apply("constant_pad_nd", convert_to_tensor(tensor), name=name, pad=flat, value=constant_values)


def reverse(tensor: Any, axis: Any, name: str = "ReverseV2") -> Tensor:
    """The order reversed along axes."""
    return apply("flip", convert_to_tensor(tensor), name=name, dims=tuple(as_list(axis)))


def broadcast_to(input: Any, shape: Any, name: str = "BroadcastTo") -> Tensor:
    """Repeated to a larger shape."""
    return apply("broadcast_to", convert_to_tensor(input), name=name, shape=sizes_of(shape))


def gather(params: Any, indices: Any, validate_indices: Any = None, name: str | None = None, axis: int = 0) -> Tensor:
    """The slices of `params` along an axis that `indices` name, in the shape of these."""
    return apply(
        "take_slices", convert_to_tensor(params), convert_to_tensor(indices), name=name or "GatherV2", dim=axis
    )


def one_hot(
    indices: Any,
    depth: int,
    on_value: Any = 1,
    off_value: Any = 0,
    axis: int = -1,
    dtype: Any = None,
    name: str | None = None,
) -> Tensor:
    """For each index a row that is `on_value` at its place and `off_value` elsewhere; along `axis`, by default the last."""
    x = convert_to_tensor(indices)
    wanted = as_dtype(dtype) if dtype is not None else dtypes.float32
    with get_default_graph().name_scope(name or "one_hot") as scope:
        rows = apply("is_class", x, classes=size_of(depth))
        ndim = len(rows.shape)
        if axis % ndim != ndim - 1:
            rows = apply("permute", rows, dims=(*range(axis), ndim - 1, *range(axis, ndim - 1)))
        if (on_value, off_value) == (1, 0):
            return apply("cast", rows, name=scope, dtype=wanted)
        on, off = convert_to_tensor(on_value, wanted), convert_to_tensor(off_value, wanted)
        return apply("where", rows, on, off, name=scope)


def where(condition: Any, x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x` where the condition holds, `y` elsewhere; a condition of one dimension chooses whole rows."""
    c = convert_to_tensor(condition, dtype=dtypes.bool_)
    with get_default_graph().name_scope(name or "Select") as scope:
        x, y = same_dtype(x, y, "Select")
        if c.shape.ndims == 1 and (x.shape.ndims or 0) > 1:
            c = apply("reshape", c, shape=(c.symbol.shape[0], *(1,) * (len(x.shape) - 1)))
        return apply("where", c, x, y, name=scope)


def _shape_of(x: Tensor, name: str) -> tuple:
    if x.symbol.shape is None:
        raise InvalidValue(
            f"{name}: the rank of the tensor must be known.",
            got=str(x),
            expected="a known number of dimensions",
            hint="x.set_shape([None, 784])",
        )
    return tuple(x.symbol.shape)


newaxis = None

__all__ = [
    "broadcast_to", "concat", "expand_dims", "gather", "newaxis", "one_hot", "pad", "reshape", "reverse", "split",
    "squeeze", "stack", "tile", "transpose", "unstack", "where",
]  # fmt: skip
