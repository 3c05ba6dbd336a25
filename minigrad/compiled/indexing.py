"""`x[i]` and `x[i, j]` where the indices are tensors: places that are known only when the graph runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from minigrad import ops
from minigrad.device import cpu
from minigrad.graph.special import Special
from minigrad.imperative import wrap
from minigrad.tensor import Tensor


def by_tensors(capture: Any, x: Tensor, real: Callable, index: Any) -> Tensor:
    """`x[index]`. Tensors and arrays of whole numbers must come first in the index; what follows only cuts.

    The places are counted through the dimensions that the indices name, as one number for each place, so that this is a
    `take_slices`, whose gradient is known.
    """
    parts = index if isinstance(index, tuple) else (index,)
    if not any(isinstance(part, (Tensor, numpy.ndarray)) for part in parts):
        return real(x, index)
    leading = 0
    while leading < len(parts) and isinstance(parts[leading], (Tensor, numpy.ndarray, int)):
        leading += 1
    places, rest = parts[:leading], parts[leading:]
    if any(isinstance(part, (Tensor, numpy.ndarray)) for part in rest) or len(places) > x.ndim:
        capture.refuse("tensors stand behind slices in an index", "x.transpose(…) first, so that they lead")
    symbols = [p.array if isinstance(p, Tensor) else capture.symbol(p) for p in places]
    if any(isinstance(p, bool) or (hasattr(p, "dtype") and p.dtype.kind not in "iu") for p in symbols):
        capture.refuse(
            "how many elements a mask selects is known only when its values are", "minigrad.where(mask, x, 0)"
        )
    if x.device is not cpu and len(symbols) > 1:
        capture.refuse("several tensors index together, which is counted on the CPU", "one index into x.flatten(0, 1)")
    sizes = x.shape[:leading]
    shape = numpy.broadcast_shapes(*(getattr(p, "shape", ()) for p in symbols))
    if x.device is cpu:
        flat = capture.graph.special(_PLACES, tuple(symbols), {"sizes": sizes}, shape, numpy.int64)
        taken = ops.take_slices(ops.reshape(x, shape=(-1, *x.shape[leading:])), wrap(flat, cpu), dim=0)
    else:  # its kernels count one index themselves
        taken = ops.take_slices(x, wrap(symbols[0], x.device), dim=0)
    return real(taken, (slice(None),) * len(shape) + rest) if rest else taken


def _places(*indices: Any, sizes: tuple[int, ...]) -> numpy.ndarray:
    """The numbers of places, in the order in which elements are counted. Errors: ValueError for one that is not there."""
    counted = [numpy.where(numpy.less(i, 0), numpy.add(i, n), i) for i, n in zip(indices, sizes, strict=True)]
    return numpy.asarray(numpy.ravel_multi_index(tuple(numpy.broadcast_arrays(*counted)), sizes), numpy.int64)


_PLACES = Special("places", _places)
