"""Sums of gradients are taken in place where nobody else holds the array, and only there."""

import itertools

import numpy as np
import pytest

import minigrad


def weights(*shape):
    return np.linspace(0.5, 1.5, int(np.prod(shape)), dtype="float32").reshape(shape)


def test_parts_of_a_whole_receive_their_gradients_in_one_array(monkeypatch):
    written = []
    accumulate_at = minigrad.device.cpu.table["accumulate_at"]
    monkeypatch.setitem(
        minigrad.device.cpu.table,
        "accumulate_at",
        lambda z, x, *, index: (written.append(index), accumulate_at(z, x, index=index)),
    )
    x = minigrad.randn(5, 3, requires_grad=True)
    y = x * 2
    rows = [y[n] * (n + 1) for n in range(5)]
    minigrad.stack(rows).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.repeat([[2], [4], [6], [8], [10]], 3, 1))
    assert len(written) == 4  # the first makes the array


def test_an_element_that_is_read_twice_receives_both():
    x = minigrad.ones(4, requires_grad=True)
    y = x * 1
    (y[1] + y[np.array([1, 1, 2])].sum() + y[1:].sum()).backward()
    np.testing.assert_array_equal(x.grad.numpy(), [0, 4, 2, 1])


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_an_array_that_a_rule_passed_on_is_not_written_to(order):
    """`add` gives one and the same array to both inputs; a later contribution to one must not reach the other."""
    x, y = minigrad.ones(3, requires_grad=True), minigrad.ones(3, requires_grad=True)
    a, b = x * 1, y * 1
    terms = [a + b, a * 2 * 5, b * 4 * 5]
    first, second, third = (terms[n] for n in order)
    (first + second + third).backward(weights(3))
    np.testing.assert_allclose(x.grad.numpy(), 11 * weights(3))
    np.testing.assert_allclose(y.grad.numpy(), 21 * weights(3))


def test_what_the_user_gave_is_not_written_to():
    g = minigrad.tensor(weights(2, 3))
    x = minigrad.ones(2, 3, requires_grad=True)
    y = x * 1
    minigrad.autograd.backward([y, y[0], y[1], y * 2], [g, g[0], g[1], g])
    np.testing.assert_array_equal(g.numpy(), weights(2, 3))
    np.testing.assert_allclose(x.grad.numpy(), 4 * weights(2, 3))


def test_gradients_of_inner_results_stay_what_they_were():
    x = minigrad.ones(4, requires_grad=True)
    y = x * 1
    y.retain_grad()
    seen = []
    y.register_hook(lambda g: seen.append(g.numpy().copy()))
    (y[:2].sum() + y[1:].sum() * 2 + (y * y).sum()).backward()
    np.testing.assert_array_equal(y.grad.numpy(), [3, 5, 4, 4])
    np.testing.assert_array_equal(seen, [[3, 5, 4, 4]])


@pytest.mark.parametrize("again", [1, 2])
def test_a_second_pass_over_the_same_graph_adds_the_same(again):
    x = minigrad.randn(4, 2, requires_grad=True)
    y = x * 3
    z = y[0].sum() + y[1].sum() + y[0].sum()
    for _ in range(again):
        z.backward(retain_graph=True)
    np.testing.assert_array_equal(x.grad.numpy(), np.array([[6, 6], [3, 3], [0, 0], [0, 0]]) * again)


def test_freed_values_are_still_noticed():
    x = minigrad.randn(4, requires_grad=True)
    y = x * 1
    z = y[0] + y[1] + y[2]
    z.backward()
    with pytest.raises(minigrad.errors.GraphError, match="freed"):
        z.backward()


def test_a_gradient_that_is_passed_on_unchanged_is_not_the_one_that_was_given():
    x, y, leaf = (minigrad.ones(3, requires_grad=True) for _ in range(3))
    given = minigrad.tensor([1.0, 2.0, 3.0])
    (x + y).backward(given)
    leaf.backward(given)
    for gradient in (x.grad, y.grad, leaf.grad, *minigrad.autograd.grad(x * 1, x, given)):
        gradient *= 10
    np.testing.assert_array_equal(given.numpy(), [1, 2, 3])
    np.testing.assert_array_equal(x.grad.numpy(), [10, 20, 30])
    np.testing.assert_array_equal(y.grad.numpy(), [10, 20, 30])
