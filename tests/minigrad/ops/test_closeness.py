"""Closeness against PyTorch, with infinities and NaN."""

import itertools

import pytest

import minigrad

torch = pytest.importorskip("torch", reason="PyTorch is the peer: make peer")
SPECIAL = (0.0, 1e-9, 1.0, 1.000001, 1.1, float("inf"), float("-inf"), float("nan"))


@pytest.mark.parametrize("equal_nan", [False, True])
def test_every_pair_of_special_numbers(equal_nan):
    x, y = zip(*itertools.product(SPECIAL, SPECIAL), strict=True)
    close = torch.isclose(torch.tensor(x), torch.tensor(y), equal_nan=equal_nan)
    assert minigrad.isclose(minigrad.tensor(x), minigrad.tensor(y), equal_nan=equal_nan).tolist() == close.tolist()


def test_all_of_them():
    x = minigrad.tensor([1.0, 2.0])
    assert minigrad.allclose(x, x + 1e-6) is True
    assert minigrad.allclose(x, x + 1e-3) is False
    assert x.allclose(x + 1e-3, atol=1e-2)


def test_full_like():
    z = minigrad.full_like(minigrad.ones(2, 1, dtype="float64"), 3)
    assert z.tolist() == [[3.0], [3.0]] and z.dtype == "float64"
