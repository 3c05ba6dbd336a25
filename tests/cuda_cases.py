"""The kernels of the device "cuda" against NumPy's, which specify them."""

from __future__ import annotations

import os
from typing import Any

import numpy
import pytest

from minigrad_kernels.numpy import TABLE as REFERENCE

ON_A_GPU = os.environ.get("MINIGRAD_GPU") == "1"
simulated = pytest.mark.skipif(ON_A_GPU, reason="only in the simulator")
needs_gpu = pytest.mark.skipif(not ON_A_GPU, reason="needs a CUDA GPU: make gpu")

# What rounding in another order makes of sums of a few dozen numbers.
NEAR: dict[str, dict[str, Any]] = {"float32": {"rtol": 3e-6, "atol": 1e-6}, "float64": {"rtol": 1e-12, "atol": 1e-12}}


def on_device(name: str, *inputs: Any, **parameters: Any) -> numpy.ndarray:
    """The operation on copies of these arrays on the device, its result copied back. Views keep their strides."""
    from minigrad_kernels.cuda.tables import TABLE
    from minigrad_kernels.cuda.transfer import to_numpy

    return to_numpy(TABLE[name](*(there(x) if isinstance(x, numpy.ndarray) else x for x in inputs), **parameters))


def there(x: numpy.ndarray) -> Any:
    """The array on the device, with the strides that it has here."""
    from minigrad_kernels.cuda.array import empty
    from minigrad_kernels.cuda.elementwise import write
    from minigrad_kernels.cuda.transfer import from_numpy

    if x.flags.c_contiguous or not x.size:
        return from_numpy(x)
    low, high = numpy.lib.array_utils.byte_bounds(x)
    memory = empty((high - low,), "uint8")
    layout = numpy.ndarray(x.shape, x.dtype, memory.layout, x.__array_interface__["data"][0] - low, x.strides)
    return write(memory.view(layout), from_numpy(x))


def compare(name: str, *inputs: Any, **parameters: Any) -> None:
    """That the device's kernel gives what NumPy's gives: numbers, shape and dtype."""
    with numpy.errstate(all="ignore"):
        wanted = numpy.asarray(REFERENCE[name](*inputs, **parameters))
    found = on_device(name, *inputs, **parameters)
    assert found.dtype == wanted.dtype
    assert found.shape == wanted.shape
    numpy.testing.assert_allclose(found, wanted, **NEAR.get(wanted.dtype.name, {}))
