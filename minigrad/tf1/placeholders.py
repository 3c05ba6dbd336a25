"""Tensors whose values come from outside, each time a session runs."""

from __future__ import annotations

from typing import Any

from minigrad import dtypes
from minigrad.tf1.convert import as_dtype, convert_to_tensor
from minigrad.tf1.dims import unknown
from minigrad.tf1.graph import get_default_graph
from minigrad.tf1.nodes import Identity
from minigrad.tf1.shapes import as_sizes
from minigrad.tf1.tensors import Tensor


def placeholder(dtype: Any = dtypes.float32, shape: Any = None, name: str | None = None) -> Tensor:
    """A tensor that must be fed.

    Args:
        shape: None in it for a size that each run tells; no shape at all for one of any rank.
    """
    declaration = get_default_graph().symbols  # of the whole graph, even within a branch: it is fed from outside
    symbol = declaration.add(
        None, (), {}, None, as_dtype(dtype), name=name or "Placeholder", kind="placeholder", type="Placeholder"
    )
    sizes = as_sizes(shape)
    symbol.shape = sizes if sizes is None else tuple(unknown(symbol) if n is None else n for n in sizes)  # type: ignore[assignment]
    return symbol.tensor


def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """A tensor that may be fed; where it is not, it has the value of `input`."""
    x = convert_to_tensor(input)
    symbol = _DEFAULT.add((x,), None, x.dtype, name=name or _DEFAULTED, type=_DEFAULTED)
    sizes = as_sizes(shape)
    symbol.shape = sizes if sizes is None else tuple(unknown(symbol) if n is None else n for n in sizes)  # type: ignore[assignment]
    return symbol.tensor


_DEFAULTED = "PlaceholderWithDefault"
_DEFAULT = Identity("placeholder_with_default")

__all__ = ["placeholder", "placeholder_with_default"]
