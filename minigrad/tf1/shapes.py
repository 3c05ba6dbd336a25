"""Shapes of which parts may be unknown, as a program sees them: `TensorShape` and `Dimension`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minigrad.tf1.dims import Dim
from minigrad.tf1.errors import InvalidType, InvalidValue


class Dimension:
    """One size of a shape; `value` is None where it is not known before the graph runs."""

    __slots__ = ("size",)

    def __init__(self, size: int | None):
        self.size = size

    @property
    def value(self) -> int | None:
        return None if self.size is None or isinstance(self.size, Dim) else int(self.size)

    def __int__(self) -> int:
        if self.value is None:
            raise InvalidType(
                "This size is not known before the graph runs, so it is no Python number.",
                got="Dimension(None)",
                expected="a known size",
                hint="tf.shape(x)[0], a tensor, which the run computes; -1 for one size of a reshape",
            )
        return self.value

    __index__ = __int__

    def __eq__(self, other: object) -> Any:
        other = other.value if isinstance(other, Dimension) else other
        return None if self.value is None or other is None else self.value == other

    def __ne__(self, other: object) -> Any:
        same = self == other
        return None if same is None else not same

    def __hash__(self) -> int:
        return hash(self.value)

    def __mul__(self, other: Any) -> Dimension:
        other = other.size if isinstance(other, Dimension) else other
        return Dimension(None if self.size is None or other is None else self.size * other)

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Dimension:
        other = other.size if isinstance(other, Dimension) else other
        return Dimension(None if self.size is None or other is None else self.size // other)

    def __repr__(self) -> str:
        return f"Dimension({self.value})"

    def __str__(self) -> str:
        return "?" if self.value is None else str(self.value)


class TensorShape:
    """A shape as far as it is known: sizes, or `?`; of a tensor of unknown rank nothing, `dims` is then None.

    Args:
        sizes: numbers, None for those that are unknown; None alone for an unknown rank.
    """

    __slots__ = ("sizes",)

    def __init__(self, sizes: Any):
        self.sizes = as_sizes(sizes)

    @property
    def dims(self) -> list[Dimension] | None:
        return None if self.sizes is None else [Dimension(n) for n in self.sizes]

    @property
    def ndims(self) -> int | None:
        return None if self.sizes is None else len(self.sizes)

    rank = ndims

    def as_list(self) -> list[int | None]:
        """The sizes as a list, None for each unknown one. Errors: ValueError where not even the rank is known."""
        if self.sizes is None:
            raise InvalidValue(
                "as_list() is not defined on an unknown TensorShape.",
                got="a shape of unknown rank",
                expected="at least a known number of dimensions",
                hint="tensor.set_shape([None, 784])",
            )
        return [Dimension(n).value for n in self.sizes]

    def is_fully_defined(self) -> bool:
        """Whether every size is known."""
        return self.sizes is not None and None not in self.as_list()

    def num_elements(self) -> int | None:
        """How many elements there are, if that is known."""
        if not self.is_fully_defined():
            return None
        count = 1
        for n in self.as_list():
            count *= n  # type: ignore[operator]
        return count

    def is_compatible_with(self, other: Any) -> bool:
        """Whether the shapes can be those of one array: unknown sizes fit any."""
        other = other if isinstance(other, TensorShape) else TensorShape(other)
        if self.sizes is None or other.sizes is None:
            return True
        pairs = zip(self.as_list(), other.as_list())
        return self.ndims == other.ndims and all(m is None or n is None or m == n for m, n in pairs)

    def __len__(self) -> int:
        return len(self.as_list())

    def __iter__(self) -> Iterator[Dimension]:
        self.as_list()
        return iter(self.dims)  # type: ignore[arg-type]

    def __getitem__(self, key: Any) -> Any:
        if self.sizes is None:
            return Dimension(None)
        return TensorShape(self.sizes[key]) if isinstance(key, slice) else Dimension(self.sizes[key])

    def __eq__(self, other: object) -> bool:
        try:
            other = other if isinstance(other, TensorShape) else TensorShape(other)
        except TypeError:
            return NotImplemented
        if self.sizes is None or other.sizes is None:
            return self.sizes is other.sizes
        return self.as_list() == other.as_list()

    def __hash__(self) -> int:
        return hash(None if self.sizes is None else tuple(self.as_list()))

    def __repr__(self) -> str:
        return f"TensorShape({None if self.sizes is None else [Dimension(n) for n in self.sizes]})"

    def __str__(self) -> str:
        if self.sizes is None:
            return "<unknown>"
        return f"({', '.join(str(Dimension(n)) for n in self.sizes)}{',' if len(self.sizes) == 1 else ''})"


def as_sizes(shape: Any) -> tuple | None:
    """A shape that a user may write (a number, a list, a TensorShape) as a tuple; None for an unknown rank.

    Errors: TypeError for what is no shape, ValueError for a negative size.
    """
    if shape is None:
        return None
    if isinstance(shape, TensorShape):
        return shape.sizes
    if isinstance(shape, (int, Dimension)):
        shape = (shape,)
    try:
        sizes = tuple(n.size if isinstance(n, Dimension) else n for n in shape)
        sizes = tuple(n if n is None or isinstance(n, Dim) else n.__index__() for n in sizes)
    except (TypeError, AttributeError):
        raise InvalidType(
            "This is not a shape.",
            got=f"{type(shape).__name__} {shape!r}"[:80],
            expected="a list of whole numbers, None where a size is unknown",
            hint="shape=[None, 784]",
        ) from None
    if any(n is not None and n < 0 for n in sizes):
        raise InvalidValue(
            "A size cannot be negative.",
            got=str(list(sizes)),
            expected="sizes from 0 on; None where a size is unknown",
            hint="-1 has a meaning only in tf.reshape",
        )
    return sizes


__all__ = ["Dimension", "TensorShape"]
