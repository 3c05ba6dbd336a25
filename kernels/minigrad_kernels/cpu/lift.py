"""Lifting: a scalar function becomes a loop that applies it to every element.

This module imports no scalar function, so that a loop is compiled anew only when its own function has changed.
"""

from minigrad_kernels.cpu.compile import loop


def lift(function):
    """The loop z[i] = function(x[i]). The scalar function is inlined, and the loop vectorised."""

    @loop("void(T[::1], T[::1])")
    def run(x, z):
        for i in range(z.size):
            z[i] = function(x[i])

    run.lifted_from = (function.py_func.__module__,)
    return run
