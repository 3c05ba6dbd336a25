"""Unknown sizes compute like numbers, and again when they are known."""

import math

from minigrad.tf1.dims import Dim, derived, evaluate, leaves, unknown


def test_expressions_are_evaluated_anew() -> None:
    n, m = unknown(), unknown()
    sizes = {n: 6, m: 5}
    expression = (math.prod((n, 28, m)) // 14 - 1, -(-n // 4), sum([n, m]) / 2, {"part": [slice(0, n), 3]})
    assert evaluate(expression, sizes.__getitem__) == (59, 2, 5.5, {"part": [slice(0, 6), 3]})
    assert set(leaves(expression)) == {n, m}


def test_equal_expressions_are_equal_numbers_and_others_are_not() -> None:
    n, m = unknown(), unknown()
    assert math.prod((n, 784)) // 784 is n
    assert n + m - n is m
    assert 2 * n + 2 * m == 2 * (m + n)
    assert n != m
    assert n * n != n * m
    assert n > 10**6


def test_functions_that_choose_are_asked_again() -> None:
    n = unknown()
    padding = derived(lambda size: max(3 - size, 0), n)
    assert padding == 0
    assert evaluate(padding, {n: 1}.__getitem__) == 2
    assert (repr(n), f"{(n, 3)}", isinstance(n, int), isinstance(n * 2, Dim)) == ("?", "(?, 3)", True, True)
