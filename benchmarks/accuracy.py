"""How exact the scalar functions are: the largest relative error of each, in both precisions, against mpmath.

`python -m benchmarks.accuracy` prints the table; `tests/kernels/test_scalar.py` holds every function to its docstring.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import mpmath
import numpy as np

from minigrad_kernels import scalar
from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.scalar.trigonometric import LIMIT

EXACT = {
    "exp": mpmath.exp,
    "exp2": lambda x: mpmath.power(2, x),
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "log1p": mpmath.log1p,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "log10": mpmath.log10,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "asin": mpmath.asin,
    "acos": mpmath.acos,
    "atan": mpmath.atan,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "erf": mpmath.erf,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "logsigmoid": lambda x: -mpmath.log1p(mpmath.exp(-x)),
    "softplus": lambda x: x if x > 20 else mpmath.log1p(mpmath.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "elu": lambda x: x if x > 0 else mpmath.expm1(x),
    "gelu": lambda x: x * (1 + mpmath.erf(x / mpmath.sqrt(2))) / 2,
    "gelu_tanh": lambda x: x * (1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf(0.044715) * x**3))) / 2,
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "mish": lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))),
    "pow": mpmath.power,
    "atan2": mpmath.atan2,
}
# The parameters' defaults, in the scalar function's order.
NUMBERS = {"softplus": (1.0, 20.0), "elu": (1.0,)}
# Where the result is neither constant nor out of range, in float32 and in float64.
INTERVAL = {
    "exp": ((-103, 88.7), (-745, 709.7)),
    "exp2": ((-149, 127.9), (-1074, 1023.9)),
    "expm1": ((-18, 88.7), (-38, 709.7)),
    "sinh": ((-89.4, 89.4), (-710.4, 710.4)),
    "cosh": ((-89.4, 89.4), (-710.4, 710.4)),
    "tanh": ((-10, 10), (-20, 20)),
    "erf": ((-5, 5), (-6.5, 6.5)),
    "sigmoid": ((-103, 20), (-745, 40)),
    "asin": ((-1, 1), (-1, 1)),
    "acos": ((-1, 1), (-1, 1)),
}
# Measured against the size of x, not of the result.
AGAINST_X = {"gelu", "gelu_tanh"}


def points(name: str, dtype: str, count: int = 700) -> np.ndarray:
    """Over the interval, near zero, and over all exponents down to the subnormal numbers."""
    generator = np.random.default_rng(0)
    low, high = INTERVAL.get(name, ((-40, 40), (-40, 40)))[dtype == "float64"]
    smallest = np.log2(np.finfo(dtype).smallest_subnormal)
    sides = generator.choice([-1.0, 1.0], count)
    x = [np.linspace(low, high, count), np.linspace(-1.0, 1.0, count)]
    x += [sides * np.exp2(generator.uniform(smallest + 1, 0, count))]
    if name in ("sin", "cos", "tan"):  # large angles, and the numbers nearest to zeros
        x += [sides * np.exp2(generator.uniform(0, np.log2(LIMIT), count)), np.arange(1, 4000, 7) * (np.pi / 2)]
    if name in ("atan", "log1p", "softsign"):
        x += [sides * np.exp2(generator.uniform(0, 100, count))]
    found = np.concatenate(x).astype(dtype)
    if name in ("log", "log2", "log10", "pow"):
        found = np.abs(np.concatenate([found, np.exp2(generator.uniform(0, 120, count)).astype(dtype)]))
    return found[(found != 0) & ((found > -1) | (name != "log1p"))]


def arguments(name: str, dtype: str, count: int = 700) -> tuple[np.ndarray, ...]:
    """The inputs: one array, or two for `pow` (results over the whole range) and `atan2` (all directions)."""
    x = points(name, dtype, count)
    generator = np.random.default_rng(1)
    if name == "pow":
        largest = 85 if dtype == "float32" else 700
        logarithm = np.maximum(np.abs(np.log(x.astype("float64"))), 1e-3)
        return x, (generator.uniform(-largest, largest, x.size) / logarithm).astype(dtype)
    if name == "atan2":
        return x, (generator.choice([-1, 1], x.size) * np.exp2(generator.uniform(-8, 8, x.size)) * x).astype(dtype)
    return (x,)


def compute(name: str, *inputs: np.ndarray) -> np.ndarray:
    """The compiled loop's result."""
    z = np.empty_like(inputs[0])
    Loop("map", name)[z.dtype](*inputs, *NUMBERS.get(name, ()), z)
    return z


def worst(name: str, dtype: str, count: int = 700) -> float:
    """The largest relative error; less than one subnormal step counts as none."""
    inputs = arguments(name, dtype, count)
    step = float(np.finfo(dtype).smallest_subnormal)
    largest = float(np.finfo(dtype).max)
    found = 0.0
    with mpmath.workprec(160):
        for got, *x in zip(compute(name, *inputs), *inputs, strict=True):
            exact = EXACT[name](*(mpmath.mpf(float(value)) for value in x))
            if exact == 0 or abs(exact) > largest:
                continue
            size = abs(mpmath.mpf(float(x[0]))) if name in AGAINST_X else abs(exact)
            error = max(abs(mpmath.mpf(float(got)) - exact) - step, 0) / size
            found = float(error) if not error <= found else found
    return found


def stated(name: str) -> dict[str, float]:
    """The bounds that the docstring promises."""
    text = re.search(r"Error: at most (\S+) in float32, (\S+?) in float64", scalar.FUNCTIONS[name].__doc__ or "")
    assert text is not None, name
    return {"float32": float(text[1]), "float64": float(text[2])}


def rows() -> Iterator[tuple[str, float, float]]:
    """Name, and the largest relative error in float32 and in float64."""
    for name in EXACT:
        yield name, worst(name, "float32"), worst(name, "float64")


def markdown() -> str:
    """The table."""
    lines = [f"| {name} | {single:.1e} | {double:.1e} |" for name, single, double in rows()]
    return "\n".join(["| function | float32 | float64 |", "| --- | --- | --- |", *lines])


if __name__ == "__main__":
    print(markdown())
