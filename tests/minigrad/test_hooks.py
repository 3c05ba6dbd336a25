"""Hooks on gradients and `retain_grad`: looking at a gradient on its way, and changing it."""

import pytest

import minigrad
from minigrad import autograd, tensor
from minigrad.errors import GraphError


def leaf(value: float) -> minigrad.Tensor:
    return tensor(value, requires_grad=True)


def test_a_hook_sees_the_complete_gradient_once() -> None:
    x, seen = leaf(3.0), []
    y = x * 2
    y.register_hook(lambda g: seen.append(g.item()))
    (y + y * y).backward()
    assert seen == [1 + 2 * 6]


def test_what_a_hook_returns_replaces_the_gradient() -> None:
    x = leaf(3.0)
    y = x * 2
    y.register_hook(lambda g: g * 10)
    (y * 1).backward()
    assert x.grad.item() == 20


def test_hooks_run_in_the_order_of_their_registration() -> None:
    x = leaf(1.0)
    x.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: g * 10)
    (x * 1).backward()
    assert x.grad.item() == (1 + 1) * 10


def test_a_removed_hook_is_gone_and_the_others_stay() -> None:
    x, seen = leaf(1.0), []
    first = x.register_hook(lambda g: seen.append("first"))
    x.register_hook(lambda g: seen.append("second"))
    first.remove()
    first.remove()
    (x * 1).backward()
    assert seen == ["second"]


def test_a_hook_may_remove_itself() -> None:
    x, seen = leaf(1.0), []

    def once(g):
        seen.append(1)
        handle.remove()

    handle = x.register_hook(once)
    (x * 1).backward()
    (x * 1).backward()
    assert seen == [1]


def test_a_leafs_hook_runs_in_every_pass() -> None:
    x, seen = leaf(2.0), []
    x.register_hook(lambda g: seen.append(g.item()))
    (x * 3).backward()
    (x * 5).backward()
    assert seen == [3, 5] and x.grad.item() == 8


def test_a_hooks_gradient_can_be_differentiated() -> None:
    x = tensor(3.0, dtype="float64", requires_grad=True)
    y = x * x
    y.register_hook(lambda g: g * x)
    (gx,) = autograd.grad(y, x, create_graph=True)
    assert gx.item() == 18  # x * 2x
    assert autograd.grad(gx, x)[0].item() == 12


def test_a_hook_that_looks_only_does_not_let_the_gradient_be_shared() -> None:
    x, kept = leaf(1.0), []
    x.register_hook(lambda g: kept.append(g))
    (x * 2).backward()
    (x * 2).backward()
    assert kept[0].item() == 2, "what a hook was shown changed afterwards"


def test_a_hook_with_a_gradient_of_another_shape_is_refused() -> None:
    x = leaf(1.0)
    y = x * 2
    y.register_hook(lambda g: tensor([1.0, 2.0]))
    with pytest.raises(minigrad.errors.MinigradError, match="hook"):
        (y * 1).backward()


def test_a_hook_that_returns_no_tensor_is_refused() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    x.register_hook(lambda g: g.numpy())
    with pytest.raises(GraphError, match="no gradient") as raised:
        x.sum().backward()
    assert raised.value.got == "ndarray"


def test_the_gradient_keeps_its_dtype_whatever_a_hook_returns() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    x.register_hook(lambda g: g.double())
    x.sum().backward()
    assert x.grad.dtype == minigrad.float32


def test_a_hook_needs_a_gradient_to_wait_for() -> None:
    with pytest.raises(GraphError, match="no gradient"):
        tensor(1.0).register_hook(print)
    with pytest.raises(GraphError, match="no gradient"):
        tensor(1.0).retain_grad()


def test_retain_grad_keeps_the_gradient_of_a_result() -> None:
    x = leaf(3.0)
    y = x * 2
    y.retain_grad()
    y.retain_grad()
    (y * y).backward()
    assert (y.grad.item(), x.grad.item()) == (12.0, 24.0)


def test_retain_grad_sees_what_the_hooks_made_of_it() -> None:
    x = leaf(3.0)
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 100)
    (y * 1).backward()
    assert (y.grad.item(), x.grad.item()) == (100.0, 200.0)


def test_a_retained_gradient_shares_no_memory_with_another() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x + 0
    y.retain_grad()
    (y * 3).sum().backward()
    y.grad += 5
    assert x.grad.tolist() == [3.0, 3.0]


def test_retain_grad_of_a_leaf_changes_nothing() -> None:
    x = leaf(3.0)
    x.retain_grad()
    (x * x).backward()
    assert x.grad.item() == 6


def test_retained_gradients_add_up_over_passes() -> None:
    x = leaf(3.0)
    y = x * 2
    y.retain_grad()
    z = y * y
    z.backward(retain_graph=True)
    z.backward()
    assert y.grad.item() == 24


def test_retained_gradients_of_two_results_share_no_memory() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    a, b = x * 2, x * 3
    a.retain_grad()
    b.retain_grad()
    (a + b).sum().backward()
    a.grad += 5
    assert (a.grad.tolist(), b.grad.tolist()) == ([6.0, 6.0], [1.0, 1.0])


def test_a_tensor_that_a_hook_returns_stays_the_callers() -> None:
    x, mine = tensor([1.0, 2.0], requires_grad=True), tensor([7.0, 7.0])
    x.register_hook(lambda g: mine)
    (x * 1).sum().backward()
    x.grad += 1
    assert mine.tolist() == [7.0, 7.0]
