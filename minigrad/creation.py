"""Functions that make tensors. All take `dtype`, `device` and `requires_grad` by keyword."""

from __future__ import annotations

import operator
from typing import Any

import numpy

from minigrad import dtypes
from minigrad.device import get_device
from minigrad.dtypes import as_dtype
from minigrad.errors import DTypeError, ShapeError
from minigrad.imperative import wrap
from minigrad.random import Generator, default_generator
from minigrad.tensor import Tensor


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor with a copy of `data`: numbers, nested lists, a NumPy array or a tensor.

    Python floats become float32 and Python ints int64; an array keeps its dtype.
    """
    return Tensor(data, dtype, device=device, requires_grad=requires_grad)


def from_numpy(array: numpy.ndarray) -> Tensor:
    """A tensor that shares the array's memory. Errors: DTypeError for anything but a numeric NumPy array."""
    if not isinstance(array, numpy.ndarray) or array.dtype not in dtypes.ALL:
        got = f"{type(array).__name__} {getattr(array, 'dtype', '')}".strip()
        raise DTypeError(
            "from_numpy: takes a numeric NumPy array.",
            got=got,
            expected="numpy.ndarray",
            hint="minigrad.tensor(data), which copies",
        )
    return wrap(array, get_device("cpu"))


def as_tensor(data: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """A tensor of `data` that shares memory where it can: a tensor itself, a NumPy array on the CPU, CuPy's on the GPU."""
    if not isinstance(data, Tensor):
        if isinstance(data, numpy.ndarray):
            data = from_numpy(data)
        elif hasattr(data, "__cuda_array_interface__"):
            from minigrad.exchange import from_cuda_array_interface

            data = from_cuda_array_interface(data)
            device = device or data.device
        else:
            data = Tensor(data, dtype)
    return data.to(device=device, dtype=dtype)


def full(shape: Any, value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Every element `value`."""
    place = get_device(device)
    made = wrap(
        place.full(_shape((shape,)), value, dtypes.scalar_dtype(value) if dtype is None else as_dtype(dtype)),
        place,
    )
    return made.requires_grad_() if requires_grad else made


def zeros(*shape: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Every element 0."""
    return full(_shape(shape), 0.0, dtype=dtype, device=device, requires_grad=requires_grad)


def ones(*shape: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Every element 1."""
    return full(_shape(shape), 1.0, dtype=dtype, device=device, requires_grad=requires_grad)


def zeros_like(x: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of the shape, dtype and device of `x`."""
    return full_like(x, 0, dtype=dtype, device=device, requires_grad=requires_grad)


def ones_like(x: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of the shape, dtype and device of `x`."""
    return full_like(x, 1, dtype=dtype, device=device, requires_grad=requires_grad)


def full_like(x: Tensor, value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Every element `value`, in the shape and dtype of `x` and on its device."""
    place = x.device if device is None else device
    return full(x.shape, value, dtype=x.dtype if dtype is None else dtype, device=place, requires_grad=requires_grad)


def empty(*shape: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Memory with whatever stands in it: for what is about to be overwritten."""
    place = get_device(device)
    made = wrap(place.empty(_shape(shape), dtypes.default_float if dtype is None else as_dtype(dtype)), place)
    return made.requires_grad_() if requires_grad else made


def empty_like(x: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """`empty` in the shape, dtype and device of `x`."""
    place = x.device if device is None else device
    return empty(x.shape, dtype=x.dtype if dtype is None else dtype, device=place, requires_grad=requires_grad)


def tril_indices(rows: int, columns: int, offset: int = 0, *, device: Any = None) -> Tensor:
    """Where the lower triangle of a matrix is, from the diagonal `offset` on: its rows, and its columns, (2, n) int64."""
    n, m = _shape((rows, columns))
    return _indices(numpy.tril_indices(n, offset, m), get_device(device))


def triu_indices(rows: int, columns: int, offset: int = 0, *, device: Any = None) -> Tensor:
    """Where the upper triangle of a matrix is, from the diagonal `offset` on: its rows, and its columns, (2, n) int64."""
    n, m = _shape((rows, columns))
    return _indices(numpy.triu_indices(n, offset, m), get_device(device))


def _indices(pair: tuple, place: Any) -> Tensor:
    return wrap(place.array(pair, dtypes.int64), place)


def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """The identity matrix: ones on the diagonal."""
    rows, columns = _shape((n, n if m is None else m))
    place = get_device(device)
    chosen = dtypes.default_float if dtype is None else as_dtype(dtype)
    made = wrap(place.array(numpy.eye(rows, columns), chosen), place)
    return made.requires_grad_() if requires_grad else made


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, … below `stop`; `arange(n)` begins at 0. Integers give int64, else the default float."""
    first, last = (0, start) if stop is None else (start, stop)
    if step == 0:
        raise DTypeError("arange: the step is 0.", got=f"{first} to {last} by 0", expected="a step", hint="step=1")
    whole = all(isinstance(v, int) for v in (first, last, step))
    chosen = as_dtype(dtype) if dtype is not None else dtypes.int64 if whole else dtypes.default_float
    place = get_device(device)
    made = wrap(place.arange(first, last, step, chosen), place)
    return made.requires_grad_() if requires_grad else made


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers from `start` to `end`, both included, at equal distances."""
    place = get_device(device)
    made = wrap(place.linspace(start, end, steps, dtypes.default_float if dtype is None else as_dtype(dtype)), place)
    return made.requires_grad_() if requires_grad else made


def rand(
    *shape: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Uniform in [0, 1). The numbers are the same on every device."""
    return _random(shape, generator, dtype, device, requires_grad, lambda stream, size: stream.random(size))


def randn(
    *shape: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Normal with mean 0 and variance 1. The numbers are the same on every device."""
    return _random(shape, generator, dtype, device, requires_grad, lambda stream, size: stream.standard_normal(size))


def randint(
    low: int,
    high: int | None = None,
    size: Any = (),
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
) -> Tensor:
    """Integers from `low` to `high - 1`; `randint(n, size=…)` begins at 0."""
    low, high = (0, low) if high is None else (low, high)
    return _random(
        (size,),
        generator,
        dtype or dtypes.int64,
        device,
        False,
        lambda stream, shape: stream.integers(low, high, shape),
    )


def randperm(n: int, *, generator: Generator | None = None, device: Any = None) -> Tensor:
    """The numbers 0 to n - 1 in random order."""
    return _random((n,), generator, dtypes.int64, device, False, lambda stream, size: stream.permutation(n))


def _random(
    shape: tuple, generator: Generator | None, dtype: Any, device: Any, requires_grad: bool, draw: Any
) -> Tensor:
    place = get_device(device)
    chosen = dtypes.default_float if dtype is None else as_dtype(dtype)
    made = wrap(place.drawn(generator or default_generator(), draw, _shape(shape), chosen), place)
    return made.requires_grad_() if requires_grad else made


def _shape(shape: tuple) -> tuple[int, ...]:
    sizes = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
    try:
        whole = tuple(operator.index(n) for n in sizes)
    except TypeError:
        whole = (-1,)
    if any(n < 0 for n in whole):
        raise ShapeError(
            "This is no shape.",
            got=str(tuple(sizes)),
            expected="whole numbers from 0 on",
            hint="zeros(2, 3) or zeros((2, 3)); int(n) for a size that was computed as a float",
        )
    return whole
