"""Products of matrices by cuBLAS, NVIDIA's own library, where the extra `cublas` is installed.

nvmath-python gives its functions to Python as they are: sizes, addresses and steps. cuBLAS counts a matrix by columns, and a
matrix of ours, read so, is its transpose. As z' = (x y)' = y' x', it is asked for the product of y and x, in this
order, and finds in z the rows that we want. A transposed operand is read where it lies.

float32 is computed in float32, unless `CHOICES.allow_tf32` lets the tensor cores round each factor first.

Sources: NVIDIA, cuBLAS, "Data Layout", cublas<t>gemmStridedBatched and cublasMath_t.
"""

from __future__ import annotations

import importlib
import importlib.util
import threading
import warnings
from functools import cache
from typing import Any

import numpy

from minigrad_kernels.cuda import launch
from minigrad_kernels.cuda.array import Array
from minigrad_kernels.cuda.elementwise import contiguous
from minigrad_kernels.cuda.products import CHOICES
from minigrad_kernels.cuda.runtime import simulating
from minigrad_kernels.cuda.streams import current_stream


@cache
def bindings() -> Any:
    """nvmath's module of cuBLAS, or None where it or the library itself is not installed, or does not start."""
    if simulating() or importlib.util.find_spec("nvmath") is None:
        return None
    try:
        library = importlib.import_module("nvmath.bindings.cublas")
        library.destroy(library.create())
    except (ImportError, RuntimeError):  # what nvmath raises where it finds no libcublas
        return None
    except library.cuBLASError as error:
        warnings.warn(
            f"cuBLAS is installed and does not start ({error}). minigrad's own kernels compute products of matrices instead.",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
    return library


def serves(dtype: numpy.dtype) -> bool:
    """Whether products in this dtype go to cuBLAS."""
    return dtype.kind == "f" and CHOICES.library == "cublas" and bindings() is not None


def gemm(z: Array, x: Array, y: Array) -> None:
    """z = x y: z (batch, m, n) without gaps, x (batch, m, k) and y (batch, k, n), of any strides, all float32 or float64."""
    GEMM.launch(None, None, (z, _readable(x), _readable(y)))


class Gemm:
    """The call of cuBLAS, as something that is launched."""

    __name__ = "cublas_gemm"

    def launch(self, blocks: None, threads: None, arguments: tuple) -> None:
        launch.announce(self, blocks, threads, arguments)
        z, x, y = arguments
        batch, m, n = z.shape
        library, state = bindings(), _state()
        multiply = library.sgemm_strided_batched_64 if z.dtype == "float32" else library.dgemm_strided_batched_64
        one, zero = _NUMBERS[z.dtype.name]
        (x_leading, x_turned), (y_leading, y_turned) = lies(x), lies(y)  # type: ignore[misc]
        multiply(
            *(state.handle, library.Operation(y_turned), library.Operation(x_turned), n, m, x.shape[2]),
            *(one.ctypes.data, y.address, y_leading, _step(y), x.address, x_leading, _step(x)),
            *(zero.ctypes.data, z.address, n, m * n, batch),
        )

    def __repr__(self) -> str:
        return "<kernel of cuBLAS>"


GEMM = Gemm()
_NUMBERS = {dtype: (numpy.ones(1, dtype), numpy.zeros(1, dtype)) for dtype in ("float32", "float64")}


def lies(x: Array) -> tuple[int, bool] | None:
    """How far it is from one row to the next (from one column, where they lie one after the other), in elements; and which
    of the two it is. None where neither has neighbours side by side, or rows overlap: cuBLAS cannot read that."""
    _, rows, columns = x.shape
    between, down, along = (step // x.dtype.itemsize for step in x.strides)
    if between < 0 and x.shape[0] > 1:
        return None
    if (along == 1 or columns == 1) and (down >= columns or rows == 1):
        return max(down if rows > 1 else columns, 1), False
    if (down == 1 or rows == 1) and along >= rows:
        return along, True
    return None


def _readable(x: Array) -> Array:
    return x if lies(x) else contiguous(x)


def _step(x: Array) -> int:
    return x.strides[0] // x.dtype.itemsize if x.shape[0] > 1 else 0


class _State(threading.local):
    """What cuBLAS holds for a thread of the program.

    Attributes:
        handle: its workspace.
        stream, tf32: as they were last told to it.
    """

    handle: int | None = None
    stream: int | None = None
    tf32: bool | None = None


_states = _State()


def _state() -> _State:
    """With the stream and the rounding that hold now."""
    library, state = bindings(), _states
    if state.handle is None:
        state.handle = library.create()
    stream = current_stream().address
    if state.stream != stream:
        library.set_stream(state.handle, stream)
        state.stream = stream
    if state.tf32 != CHOICES.allow_tf32:
        modes = library.Math
        library.set_math_mode(state.handle, modes.TF32_TENSOR_OP_MATH if CHOICES.allow_tf32 else modes.DEFAULT_MATH)
        state.tf32 = CHOICES.allow_tf32
    return state
