"""Calls of kernels for tests: arrays of every kind, and the comparison of one kernel's outcome with another's."""

import warnings

import numpy as np
import pytest
from hypothesis import strategies as st

from minigrad_kernels.cpu import ALWAYS, BY_SIZE
from minigrad_kernels.cpu.entries import KERNELS

SPECIAL = [0.0, -0.0, 1.0, np.inf, -np.inf, np.nan, 1e-45, -1e-40, 5e-324, 30.0, -30.0]
TOLERANCE = {"float16": 4e-3, "float32": 4e-6, "float64": 1e-14}

ELEMENTWISE = [name for name, kernel in KERNELS.items() if kernel.signature == "unary"]
# How many elements an array has at least: 0 tries the kernels of "numba", the other those of "auto".
TABLES = [pytest.param(ALWAYS, 0, id="always"), pytest.param(BY_SIZE, 1, id="by-size")]


@st.composite
def layouts(draw, shape, dtype=None, special=True):
    """An array of this shape, of any dtype and strides, now and then with infinities, NaN and subnormals."""
    plain = draw(st.booleans())  # half of all arrays are such as the loops take
    others = [] if plain else ["float16", ">f4", "int64"]
    dtype = np.dtype(dtype or draw(st.sampled_from(["float32", "float64", *others])))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = generator.normal(size=shape, scale=3.0)
    if dtype.kind != "i" and special and draw(st.booleans()):
        x = np.where(generator.random(shape) < 0.2, generator.choice(SPECIAL, shape), x)
    with np.errstate(all="ignore"):
        x = np.asarray(x).astype(dtype)
    if plain:
        return x
    kind = draw(st.sampled_from(["F", "stepped", "reversed", "read-only", "broadcast", "offset"]))
    if kind == "F" and x.ndim:
        return np.asfortranarray(x)
    if kind == "stepped" and x.ndim:
        return np.repeat(x, 2, axis=-1)[..., ::2]
    if kind == "reversed" and x.ndim:
        return x[..., ::-1]
    if kind == "read-only":
        x.setflags(write=False)
    if kind == "broadcast" and x.ndim and x.shape[0]:
        return np.broadcast_to(x[:1], x.shape)
    if kind == "offset":
        # Not aligned to its own item size.
        raw = np.empty(x.nbytes + 1, np.uint8)
        y = raw[1:].view(dtype).reshape(x.shape) if x.ndim else x
        y[...] = x
        return y
    return x


@st.composite
def shapes(draw, name, large, min_dims=0):
    if large:
        rows = draw(st.sampled_from([1, 3, 8, 50, 300]))
        columns = -(-2 * KERNELS[name].above // rows) + draw(st.integers(0, 40))
        return draw(st.sampled_from([(rows * columns,), (rows, columns), (columns, rows), (2, rows, columns)]))
    return tuple(draw(st.lists(st.sampled_from([0, 1, 2, 3, 5, 8, 17]), min_size=min_dims, max_size=3)))


def outcome(kernel, *args, **parameters):
    """What it returns, or which error it raises."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return kernel(*args, **parameters)
        except Exception as error:
            return type(error)


def assert_same(got, expected, x, scale=1.0):
    if isinstance(expected, type):
        assert got is expected
        return
    assert isinstance(got, np.ndarray | np.generic)
    assert got.shape == expected.shape
    assert got.dtype == expected.dtype
    tolerance = TOLERANCE.get(np.asarray(x).dtype.newbyteorder("=").name, 1e-14)
    with np.errstate(all="ignore"):  # it subtracts infinities
        np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance * scale)


def finite_scale(x):
    """The size of what is summed, against which a rounding error is measured."""
    x = np.asarray(x, np.float64)
    x = x[np.isfinite(x)]
    return 1.0 + float(np.square(x).max(initial=0)) + float(np.abs(x).max(initial=0))
