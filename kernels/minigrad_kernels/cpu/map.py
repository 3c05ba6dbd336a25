"""Elementwise loops: a scalar function applied to every element, in one pass over memory."""

from minigrad_kernels.cpu.compile import loop
from minigrad_kernels.cpu.lift import lift, lift_two, lift_with_number, lift_with_numbers, lift_within
from minigrad_kernels.intrinsics import choose, like
from minigrad_kernels.scalar import FUNCTIONS
from minigrad_kernels.scalar.trigonometric import LIMIT


@loop("void(boolean[::1], T[::1], T[::1], T[::1])")
def where(condition, x, y, z):
    """Both sides are read and one is kept: a branch on a condition that nobody can predict costs 5 ns."""
    for i in range(z.size):
        z[i] = choose(condition[i], x[i], y[i])


@loop("void(boolean[::1], T[::1], float64, T[::1])")
def where_else_number(condition, x, y, z):
    """The number y where the condition fails."""
    for i in range(z.size):
        z[i] = choose(condition[i], x[i], like(x[i], y))


@loop("void(boolean[::1], float64, T[::1], T[::1])")
def where_number_else(condition, x, y, z):
    """The number x where the condition holds."""
    for i in range(z.size):
        z[i] = choose(condition[i], like(y[i], x), y[i])


UNARY = (
    "exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "rsqrt", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf",
    "sigmoid", "logsigmoid", "softsign", "relu", "gelu", "gelu_tanh", "silu", "mish", "hardswish", "sign",
)  # fmt: skip
WITHIN = ("sin", "cos", "tan")
WITH_NUMBER = ("leaky_relu", "elu")
WITH_NUMBERS = ("softplus", "hardtanh", "clamp")

LOOPS = {
    **{name: lift(FUNCTIONS[name]) for name in UNARY},
    **{name: lift_within(FUNCTIONS[name], LIMIT) for name in WITHIN},
    **{name: lift_with_number(FUNCTIONS[name]) for name in WITH_NUMBER},
    **{name: lift_with_numbers(FUNCTIONS[name]) for name in WITH_NUMBERS},
    "atan2": lift_two(FUNCTIONS["atan2"]),
    "pow": lift_two(FUNCTIONS["pow"]),
    "pow_number": lift_with_number(FUNCTIONS["pow"]),
    "where": where,
    "where_else_number": where_else_number,
    "where_number_else": where_number_else,
}
