"""`autograd.grad`, `backward(inputs=…)`: gradients with respect to what is asked for, and only the way there."""

import pytest

import minigrad
from minigrad import autograd, events, tensor
from minigrad.errors import GraphError


def leaf(value: float) -> minigrad.Tensor:
    return tensor(value, dtype="float64", requires_grad=True)


class Walked:
    """Listens to which rules run."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def backward(self, event: events.Backward) -> None:
        self.names.append(event.node.name)


def test_grad_returns_and_accumulates_nothing() -> None:
    x, y = leaf(2.0), leaf(3.0)
    gx, gy = autograd.grad(x * x * y, [x, y])
    assert (gx.item(), gy.item()) == (12.0, 4.0)
    assert x.grad is None and y.grad is None


def test_grad_with_respect_to_a_result() -> None:
    x = leaf(2.0)
    y = x * x
    (gy,) = autograd.grad(y * y, y)
    assert gy.item() == 8.0


def test_grad_with_respect_to_a_result_and_what_it_was_made_from() -> None:
    x = leaf(2.0)
    y = x * x
    gy, gx = autograd.grad(y * y, [y, x])
    assert (gy.item(), gx.item()) == (8.0, 32.0)


def test_grad_with_respect_to_the_output_itself() -> None:
    y = leaf(2.0) * 3
    assert autograd.grad(y, y)[0].item() == 1.0


def test_an_unused_input_is_an_error_or_none() -> None:
    x, y = leaf(2.0), leaf(3.0)
    with pytest.raises(GraphError, match="not used in making the outputs") as raised:
        autograd.grad(x * x, [x, y])
    assert "allow_unused=True" in raised.value.hint
    gx, gy = autograd.grad(x * x, [x, y], allow_unused=True)
    assert gx.item() == 4.0 and gy is None


def test_an_input_without_gradient_is_an_error() -> None:
    with pytest.raises(GraphError, match="nothing was recorded"):
        autograd.grad(leaf(1.0) * 2, tensor(1.0))


def test_only_what_leads_to_the_inputs_is_walked() -> None:
    x, y = leaf(2.0), leaf(3.0)
    elsewhere = y.exp().log().tanh()
    with events.listening(Walked()) as walked:
        autograd.grad((x * x).sqrt() + elsewhere, x)
    assert sorted(walked.names) == ["add", "mul", "sqrt"]


def test_what_was_not_walked_keeps_its_values() -> None:
    x, y = leaf(2.0), leaf(3.0)
    elsewhere = y.exp()
    autograd.grad(x * x + elsewhere, x)
    elsewhere.backward()
    assert y.grad.item() == pytest.approx(20.085536923)


def test_the_walk_ends_at_the_inputs() -> None:
    x = leaf(2.0)
    y = x.exp()
    with events.listening(Walked()) as walked:
        autograd.grad(y * y, y)
    assert walked.names == ["mul"]
    (y * 1).backward()
    assert x.grad is not None


def test_backward_into_some_inputs_only() -> None:
    x, y = leaf(2.0), leaf(3.0)
    (x * y).backward(inputs=[x])
    assert x.grad.item() == 3.0 and y.grad is None


def test_backward_into_a_result() -> None:
    x = leaf(2.0)
    y = x * x
    (y * y).backward(inputs=[y, x])
    assert (y.grad.item(), x.grad.item()) == (8.0, 32.0)


def test_grad_of_several_outputs_adds_up() -> None:
    x = leaf(2.0)
    (gx,) = autograd.grad([x * x, x * 5], x, [None, tensor(2.0)])
    assert gx.item() == 4.0 + 10.0


def test_only_tensors_are_differentiated() -> None:
    for call in (lambda: autograd.grad(3.0, leaf(1.0)), lambda: autograd.grad(leaf(1.0), [2.0])):
        with pytest.raises((GraphError, TypeError)):
            call()


def test_gradients_accumulated_into_two_results_share_no_memory() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    a, b = x * 2, x * 3
    (a + b).sum().backward(inputs=[a, b])
    a.grad += 5
    assert b.grad.tolist() == [1.0, 1.0]


def test_the_gradient_of_what_nobody_asked_for_is_not_computed() -> None:
    x, w = leaf(2.0), leaf(3.0)
    contributions = []

    class Listener:
        def backward(self, event: events.Backward) -> None:
            contributions.append(event.contributions)

    with events.listening(Listener()):
        autograd.grad(x * w, x)
    assert [c is None for c in contributions[0]] == [False, True]
