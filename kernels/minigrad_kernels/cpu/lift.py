"""Lifting: a scalar function becomes a loop that applies it to every element.

This module imports no scalar function, so that a loop is compiled anew only when its own function has changed.
"""

from minigrad_kernels.cpu.compile import loop
from minigrad_kernels.intrinsics import absolute, like


def lift(function):
    """The loop z[i] = function(x[i]). The scalar function is inlined, and the loop vectorised."""

    @loop("void(T[::1], T[::1])")
    def run(x, z):
        for i in range(z.size):
            z[i] = function(x[i])

    run.lifted_from = (function.py_func.__module__,)
    return run


def lift_within(function, limit):
    """The same loop for a function that knows nothing of |x| > limit: returns whether there was such an element."""

    @loop("boolean(T[::1], T[::1])")
    def run(x, z):
        beyond = False
        for i in range(z.size):
            z[i] = function(x[i])
            beyond |= absolute(x[i]) > like(x[i], limit)
        return beyond

    run.lifted_from = (function.py_func.__module__,)
    return run


def lift_with_number(function):
    """The loop z[i] = function(x[i], a) with a number a."""

    @loop("void(T[::1], float64, T[::1])")
    def run(x, a, z):
        for i in range(z.size):
            z[i] = function(x[i], like(x[i], a))

    run.lifted_from = (function.py_func.__module__,)
    return run


def lift_with_numbers(function):
    """The loop z[i] = function(x[i], a, b) with numbers a and b."""

    @loop("void(T[::1], float64, float64, T[::1])")
    def run(x, a, b, z):
        for i in range(z.size):
            z[i] = function(x[i], like(x[i], a), like(x[i], b))

    run.lifted_from = (function.py_func.__module__,)
    return run


def lift_two(function):
    """The loop z[i] = function(x[i], y[i])."""

    @loop("void(T[::1], T[::1], T[::1])")
    def run(x, y, z):
        for i in range(z.size):
            z[i] = function(x[i], y[i])

    run.lifted_from = (function.py_func.__module__,)
    return run
