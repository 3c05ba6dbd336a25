"""The scalar functions against exact values: how far off, at the edges, and are they still vectorised."""

import math
import re

import mpmath
import numba
import numpy as np
import pytest

from minigrad_kernels import scalar
from minigrad_kernels.cpu import map as loops
from minigrad_kernels.cpu.entries import KERNELS

EXACT = {
    "exp": mpmath.exp,
    "log": mpmath.log,
    "tanh": mpmath.tanh,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "erf": mpmath.erf,
}

# The interval in which the result is neither constant nor out of range, in float32 and in float64.
INTERVAL = {
    "exp": {"float32": (-103, 88.7), "float64": (-745, 709.7)},
    "log": {"float32": (1e-3, 10), "float64": (1e-3, 10)},
    "tanh": {"float32": (-10, 10), "float64": (-20, 20)},
    "sigmoid": {"float32": (-103, 20), "float64": (-745, 40)},
    "erf": {"float32": (-5, 5), "float64": (-6.5, 6.5)},
}

# The largest relative error, as the docstrings state it.
BOUND = {
    "exp": {"float32": 1.3e-7, "float64": 2.3e-16},
    "log": {"float32": 1.3e-7, "float64": 2.3e-16},
    "tanh": {"float32": 2.0e-7, "float64": 4e-16},
    "sigmoid": {"float32": 2.0e-7, "float64": 4e-16},
    "erf": {"float32": 1.3e-7, "float64": 4e-16},
}


def compute(name: str, x: np.ndarray) -> np.ndarray:
    z = np.empty_like(x)
    KERNELS[name].loops[0][x.dtype](x, z)
    return z


def sample(name: str, dtype: str, count: int) -> np.ndarray:
    """Points over the interval, near zero, and over all exponents down to the subnormal numbers."""
    generator = np.random.default_rng(0)
    low, high = INTERVAL[name][dtype]
    spread = np.linspace(low, high, count)
    near_zero = np.linspace(-1.0, 1.0, count)
    smallest = np.log2(np.finfo(dtype).smallest_subnormal)
    tiny = generator.choice([-1.0, 1.0], count) * np.exp2(generator.uniform(smallest + 1, 0, count))
    x = np.concatenate([spread, near_zero, tiny]).astype(dtype)
    if name == "log":
        x = np.concatenate([np.abs(x), np.exp2(generator.uniform(0, -smallest / 2, count)).astype(dtype)])
    return x[x != 0]


def worst(name: str, dtype: str, x: np.ndarray, exact: list) -> float:
    """The largest relative error; less than one subnormal step counts as none."""
    step = float(np.finfo(dtype).smallest_subnormal)
    errors = (
        max(abs(mpmath.mpf(float(got)) - value) - step, 0) / abs(value)
        for got, value in zip(compute(name, x), exact, strict=True)
        if value != 0
    )
    return float(max(errors))


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_error_against_exact_values(name, dtype):
    x = sample(name, dtype, 700)
    with mpmath.workprec(120):
        exact = [EXACT[name](mpmath.mpf(float(value))) for value in x]
        assert worst(name, dtype, x, exact) <= BOUND[name][dtype]


@pytest.mark.parametrize("name", EXACT)
def test_error_in_float32_on_a_fine_grid(name):
    """Two million points against float64, whose own error is a thousand million times smaller."""
    x = sample(name, "float32", 40_000 if name == "erf" else 700_000)
    wide = x.astype(np.float64)
    with np.errstate(all="ignore"):
        reference = {
            "exp": lambda: np.exp(wide),
            "log": lambda: np.log(wide),
            "tanh": lambda: np.tanh(wide),
            "sigmoid": lambda: np.where(wide > 0, 1, np.exp(wide)) / (1 + np.exp(-np.abs(wide))),
            "erf": lambda: np.array([math.erf(value) for value in wide]),
        }[name]()
    step = 2.0**-149
    error = np.maximum(np.abs(compute(name, x) - reference) - step, 0) / np.maximum(np.abs(reference), step)
    assert error.max() <= BOUND[name]["float32"]


@pytest.mark.parametrize("name", EXACT)
def test_docstring_states_the_bound(name):
    stated = re.search(r"Error: at most (\S+) in float32, (\S+) in float64\.", scalar.FUNCTIONS[name].__doc__)
    assert stated is not None
    assert {"float32": float(stated[1]), "float64": float(stated[2])} == BOUND[name]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("name", "expected"),
    # at        0    -0    inf  -inf  nan  huge -huge
    [
        ("exp", [1, 1, np.inf, 0, np.nan, np.inf, 0]),
        ("log", [-np.inf, -np.inf, np.inf, np.nan, np.nan, None, np.nan]),
        ("tanh", [0.0, -0.0, 1, -1, np.nan, 1, -1]),
        ("sigmoid", [0.5, 0.5, 1, 0, np.nan, 1, 0]),
        ("erf", [0.0, -0.0, 1, -1, np.nan, 1, -1]),
        ("relu", [0, 0, np.inf, 0, np.nan, None, 0]),
    ],
)
def test_special_values(name, expected, dtype):
    huge = float(np.finfo(dtype).max)
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, huge, -huge], dtype)
    huge_value = {"log": math.log(huge), "relu": huge}.get(name)
    expected = np.array([huge_value if value is None else value for value in expected], dtype)
    z = compute(name, x)
    np.testing.assert_array_equal(z, expected)
    if name in ("tanh", "erf"):
        np.testing.assert_array_equal(np.signbit(z[:2]), [False, True])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "slope"), [("tanh", 1), ("erf", 2 / math.sqrt(math.pi))])
def test_subnormal_arguments_are_not_flushed(name, slope, dtype):
    step = np.finfo(dtype).smallest_subnormal
    x = np.array([step, -step, 3 * step, 1000 * step], dtype)
    np.testing.assert_allclose(compute(name, x) / step, slope * (x / step), rtol=0, atol=1)


@pytest.mark.parametrize("name", scalar.FUNCTIONS)
@pytest.mark.parametrize(("dtype", "kind"), [("float32", "float"), ("float64", "double")])
def test_loops_are_vectorised_and_call_nothing(name, dtype, kind):
    function = loops.lift(scalar.FUNCTIONS[name])
    compiled = numba.njit(fastmath={"contract"}, error_model="numpy")(function)
    compiled.compile(function.signature.replace("T", dtype))
    (text,) = compiled.inspect_llvm().values()
    assert re.search(rf"fmul contract <\d+ x {kind}>" if name != "relu" else rf"<\d+ x {kind}>", text)
    called = set(re.findall(r"call [^@\n]*@([\w.]+)\(", text))
    # Neither the C library's functions, nor LLVM's of the same names, nor a scalar function that was not inlined.
    assert not [target for target in called if re.search(r"(?<!_)(exp|log|tanh|erf)", target) or "scalar" in target]
