"""The scalar functions, written once, in float32 and float64.

Each is built alike: bring the argument into a small interval by an identity that is exact or nearly so, evaluate a
polynomial there, and undo the reduction. There is no branch and no call into the C library (whose functions take one
number at a time): a loop over an array then works on as many numbers at once as a register holds. Infinity and NaN go
through the same arithmetic and come out right.

The coefficients are minimax (Remez's exchange, 60 digits), rounded. Errors are relative, against the exact value;
`tests/kernels/test_scalar.py` holds them to it. Below the smallest normal number they are absolute instead: one unit
of the smallest subnormal.

Source: J.-M. Muller, Elementary Functions (2016), chapters 3 and 11.
"""

from __future__ import annotations

from typing import Any

from minigrad_kernels.scalar import (
    activation,
    arithmetic,
    comparison,
    error_function,
    exponential,
    hyperbolic,
    inverse_trigonometric,
    logarithm,
    power,
    trigonometric,
)

# Called with the inputs of the operation of that name and then its parameters, in the operation's own order.
# A loop should import from the module of a function: what it is compiled from is then as little as can be.
FUNCTIONS = {
    name: getattr(module, name)
    for module, names in {
        arithmetic: "add sub mul div neg abs sign square sqrt rsqrt reciprocal maximum minimum clamp where lerp floor ceil "
        "round clone",
        comparison: "eq ne lt le gt ge logical_and logical_or logical_xor logical_not isnan isinf isfinite",
        exponential: "exp exp2 expm1",
        logarithm: "log log1p log2 log10",
        power: "pow",
        hyperbolic: "sinh cosh tanh",
        trigonometric: "sin cos tan",
        inverse_trigonometric: "asin acos atan atan2",
        error_function: "erf",
        activation: "sigmoid logsigmoid softplus softsign relu leaky_relu elu hardtanh gelu gelu_tanh silu mish hardswish",
    }.items()
    for name in names.split()
}


# The words among an operation's parameters choose another function.
WORDS = {"gelu": {"none": "gelu", "tanh": "gelu_tanh"}}


def find(name: str, parameters: dict[str, Any]) -> tuple[str, tuple[float, ...]] | None:
    """For a call of the operation `name`: the name in FUNCTIONS, and the numbers that follow the inputs.

    `parameters` are all of the operation's, in its order. None where no scalar function says what is computed.
    """
    if name == "clamp":  # a limit that is not there
        low, high = parameters["min"], parameters["max"]
        return name, (-float("inf") if low is None else low, float("inf") if high is None else high)
    if name == "round":  # to whole numbers only
        return (name, ()) if not parameters["decimals"] else None
    numbers = []
    for value in parameters.values():
        if isinstance(value, str):
            name = WORDS.get(name, {}).get(value, "")
        elif isinstance(value, (bool, int, float)):
            numbers.append(value)
        else:
            return None
    return (name, tuple(numbers)) if name in FUNCTIONS else None
