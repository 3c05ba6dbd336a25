"""The scalar functions against exact values: how far off, at the edges, and are they still vectorised."""

import math
import re

import numba
import numpy as np
import pytest

from benchmarks.accuracy import EXACT, NUMBERS, compute, points, stated, worst
from minigrad_kernels import scalar
from minigrad_kernels.cpu.map import LOOPS

both_floats = pytest.mark.parametrize("dtype", ["float32", "float64"])


@both_floats
@pytest.mark.parametrize("name", EXACT)
def test_error_is_as_the_docstring_states(name, dtype):
    assert worst(name, dtype, 150) <= stated(name)[dtype]


REFERENCE = {
    "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "log2": np.log2,
    "log10": np.log10, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos,
    "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
}  # fmt: skip


@pytest.mark.parametrize("name", REFERENCE)
def test_error_in_float32_on_a_fine_grid(name):
    """Half a million points against float64, whose own error is a thousand million times smaller."""
    x = points(name, "float32", 150_000)
    with np.errstate(all="ignore"):
        reference = REFERENCE[name](x.astype(np.float64))
        z = compute(name, x)
        inside = np.abs(reference) <= np.finfo(np.float32).max
        step = 2.0**-149
        error = np.maximum(np.abs(z - reference) - step, 0) / np.maximum(np.abs(reference), step)
    assert error[inside].max() <= stated(name)["float32"]


HALF_PI = math.pi / 2
SPECIAL = {  # at 0, -0, inf, -inf, nan, the largest number and its negative
    "exp": [1, 1, np.inf, 0, np.nan, np.inf, 0],
    "exp2": [1, 1, np.inf, 0, np.nan, np.inf, 0],
    "expm1": [0.0, -0.0, np.inf, -1, np.nan, np.inf, -1],
    "log": [-np.inf, -np.inf, np.inf, np.nan, np.nan, None, np.nan],
    "log1p": [0.0, -0.0, np.inf, np.nan, np.nan, None, np.nan],
    "log2": [-np.inf, -np.inf, np.inf, np.nan, np.nan, None, np.nan],
    "log10": [-np.inf, -np.inf, np.inf, np.nan, np.nan, None, np.nan],
    "sin": [0.0, -0.0, np.nan, np.nan, np.nan, np.nan, np.nan],
    "cos": [1, 1, np.nan, np.nan, np.nan, np.nan, np.nan],
    "tan": [0.0, -0.0, np.nan, np.nan, np.nan, np.nan, np.nan],
    "asin": [0.0, -0.0, np.nan, np.nan, np.nan, np.nan, np.nan],
    "acos": [HALF_PI, HALF_PI, np.nan, np.nan, np.nan, np.nan, np.nan],
    "atan": [0.0, -0.0, HALF_PI, -HALF_PI, np.nan, HALF_PI, -HALF_PI],
    "sinh": [0.0, -0.0, np.inf, -np.inf, np.nan, np.inf, -np.inf],
    "cosh": [1, 1, np.inf, np.inf, np.nan, np.inf, np.inf],
    "tanh": [0.0, -0.0, 1, -1, np.nan, 1, -1],
    "erf": [0.0, -0.0, 1, -1, np.nan, 1, -1],
    "sigmoid": [0.5, 0.5, 1, 0, np.nan, 1, 0],
    "logsigmoid": [-math.log(2), -math.log(2), 0, -np.inf, np.nan, 0, None],
    "softplus": [math.log(2), math.log(2), np.inf, 0, np.nan, None, 0],
    "relu": [0, 0, np.inf, 0, np.nan, None, 0],
    "elu": [0.0, -0.0, np.inf, -1, np.nan, None, -1],
    "mish": [0.0, -0.0, np.inf, np.nan, np.nan, None, 0],
    "silu": [0.0, -0.0, np.inf, np.nan, np.nan, None, 0],
}


@both_floats
@pytest.mark.parametrize("name", SPECIAL)
def test_special_values(name, dtype):
    huge = float(np.finfo(dtype).max)
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, huge, -huge], dtype)
    at_the_largest = {"logsigmoid": -huge}.get(name, getattr(math, name, lambda x: x)(huge) if "log" in name else huge)
    expected = np.array([at_the_largest if v is None else v for v in SPECIAL[name]], dtype)
    z = compute(name, x)
    np.testing.assert_allclose(z, expected, rtol=stated(name)[dtype] if name != "relu" else 0)
    zeros = expected[:2] == 0
    if name != "relu":
        np.testing.assert_array_equal(np.signbit(z[:2][zeros]), np.signbit(expected[:2][zeros]))


SMALL = {
    "tanh": 1,
    "sinh": 1,
    "sin": 1,
    "tan": 1,
    "asin": 1,
    "atan": 1,
    "expm1": 1,
    "log1p": 1,
    "erf": 2 / math.sqrt(math.pi),
}


@both_floats
@pytest.mark.parametrize("name", SMALL)
def test_subnormal_arguments_are_not_flushed(name, dtype):
    step = np.finfo(dtype).smallest_subnormal
    x = np.array([step, -step, 3 * step, 1000 * step], dtype)
    np.testing.assert_allclose(compute(name, x) / step, SMALL[name] * (x / step), rtol=0, atol=1)


@both_floats
@pytest.mark.parametrize(("name", "function"), [("pow", np.power), ("atan2", np.arctan2)])
def test_special_pairs(name, function, dtype):
    values = [0.0, 1, 2, 3, 0.5, 1.5, np.inf, np.nan, 1e30, 1e-30, 2**53, np.finfo(dtype).smallest_subnormal]
    values = np.array(values + [-v for v in values], dtype)
    x, y = (np.ascontiguousarray(a.reshape(-1)) for a in np.meshgrid(values, values))
    with np.errstate(all="ignore"):
        expected = function(x, y)
    z = compute(name, x, y)
    np.testing.assert_allclose(
        z, expected, rtol=2e-7 if dtype == "float32" else 4e-16, atol=np.finfo(dtype).smallest_subnormal
    )
    numbers = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(z)[numbers], np.signbit(expected)[numbers])


@pytest.mark.parametrize(
    "name", [*REFERENCE, *NUMBERS, "erf", "sigmoid", "gelu", "gelu_tanh", "mish", "pow", "atan2", "relu"]
)
def test_loops_are_vectorised_and_call_nothing(name):
    function = LOOPS[name]
    function.__name__ = function.__qualname__ = "run"  # or its own name would be among those looked for
    compiled = numba.njit(fastmath={"contract"}, error_model="numpy")(function)
    compiled.compile(function.signature.replace("T", "float32"))
    (text,) = compiled.inspect_llvm().values()
    assert re.search(r"<\d+ x float>", text)
    called = set(re.findall(r"call [^@\n]*@([\w.]+)\(", text))
    # Neither the C library's functions, nor LLVM's of the same names, nor a scalar function that was not inlined.
    forbidden = r"(?<!_)(exp|log|tanh|erf|sin|cos|tan|atan|pow)(?!\w*NRT)"
    assert not [target for target in called if re.search(forbidden, target) or "scalar" in target]


def test_words_and_missing_limits_among_parameters():
    assert scalar.find("gelu", {"approximate": "tanh"}) == ("gelu_tanh", ())
    assert scalar.find("gelu", {"approximate": "cosh"}) is None
    assert scalar.find("clamp", {"min": None, "max": 2}) == ("clamp", (-math.inf, 2))
    assert scalar.find("round", {"decimals": 2}) is None
    assert scalar.find("elu", {"alpha": 0.5}) == ("elu", (0.5,))
    assert scalar.find("sort", {}) is None
