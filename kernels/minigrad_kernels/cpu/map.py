"""Elementwise loops: a scalar function applied to every element, in one pass over memory."""

from minigrad_kernels.cpu.compile import loop
from minigrad_kernels.cpu.lift import lift
from minigrad_kernels.intrinsics import choose, like
from minigrad_kernels.scalar import FUNCTIONS


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


UNARY = ("exp", "log", "tanh", "erf", "sigmoid", "relu")

LOOPS = {
    **{name: lift(FUNCTIONS[name]) for name in UNARY},
    "where": where,
    "where_else_number": where_else_number,
    "where_number_else": where_number_else,
}
