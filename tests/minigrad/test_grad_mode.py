"""Whether operations are remembered: no_grad and its relatives, detach, requires_grad_."""

import threading

import pytest

import minigrad
from minigrad import enable_grad, is_grad_enabled, no_grad, set_grad_enabled, tensor
from minigrad.errors import DTypeError, GraphError


@pytest.fixture
def x() -> minigrad.Tensor:
    return tensor([1.0, 2.0], requires_grad=True)


def test_nothing_is_remembered_inside_no_grad(x) -> None:
    with no_grad():
        assert not is_grad_enabled()
        assert not (x * 2).requires_grad
        with enable_grad():
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


@pytest.mark.parametrize("enabled", [True, False])
def test_set_grad_enabled(enabled: bool, x) -> None:
    with set_grad_enabled(enabled):
        assert (x * 2).requires_grad is enabled


def test_set_grad_enabled_as_a_call_stays_in_force(x) -> None:
    set_grad_enabled(False)
    try:
        assert not (x * 2).requires_grad
        with set_grad_enabled(True):
            assert (x * 2).requires_grad
        assert not is_grad_enabled()
    finally:
        set_grad_enabled(True)
    assert (x * 2).requires_grad


def test_as_decorators(x) -> None:
    @no_grad()
    def quiet(x, *, factor):
        """Doc."""
        return x * factor

    @enable_grad()
    def loud(x):
        return x * 2

    @set_grad_enabled(False)
    def also_quiet(x):
        return x * 2

    assert is_grad_enabled(), "a decorator is for the function alone"
    assert not also_quiet(x).requires_grad
    assert not quiet(x, factor=3).requires_grad
    assert quiet.__name__ == "quiet" and quiet.__doc__ == "Doc."
    with no_grad():
        assert loud(x).requires_grad
        assert not (x * 2).requires_grad


def test_a_decorated_function_may_call_itself(x) -> None:
    @no_grad()
    def down(n):
        return (x * n).requires_grad if n == 0 else down(n - 1)

    assert down(5) is False
    assert is_grad_enabled()


def test_one_object_may_be_entered_twice(x) -> None:
    quiet = no_grad()
    with quiet, enable_grad(), quiet:
        assert not is_grad_enabled()
    assert is_grad_enabled()


def test_the_mode_comes_back_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert is_grad_enabled()


def test_each_thread_has_a_mode_of_its_own(x) -> None:
    inside, outside, seen = threading.Event(), threading.Event(), []

    def other():
        inside.wait(5)
        seen.append((x * 2).requires_grad)
        with no_grad():
            outside.set()
            seen.append((x * 2).requires_grad)

    thread = threading.Thread(target=other)
    thread.start()
    with no_grad():
        inside.set()
        assert outside.wait(5)
    assert (x * 2).requires_grad
    thread.join()
    assert seen == [True, False]


def test_a_backward_pass_inside_no_grad_still_works(x) -> None:
    y = (x * x).sum()
    with no_grad():
        y.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_detach_shares_memory_and_cuts_the_graph(x) -> None:
    y = x * 2
    d = y.detach()
    assert not d.requires_grad and d.is_leaf
    d.array[0] = 9
    assert y.tolist() == [9.0, 4.0]
    (y * d.clone()).sum().backward()
    assert x.grad.tolist() == [18.0, 8.0]


def test_requires_grad_asks_and_unasks(x) -> None:
    y = tensor([1.0])
    assert y.requires_grad_() is y and y.requires_grad and y.is_leaf and y.grad_fn is None
    y.requires_grad = False
    assert not (y * 2).requires_grad
    result = x * 2
    assert result.requires_grad_() is result and not result.is_leaf and result.grad_fn.name == "mul"
    with pytest.raises(GraphError, match="cannot stop requiring"):
        result.requires_grad_(False)


@pytest.mark.parametrize("dtype", ["int64", "bool", "uint8"])
def test_only_floating_tensors_have_gradients(dtype: str) -> None:
    with pytest.raises(DTypeError, match="Only floating tensors") as raised:
        tensor([1, 0], dtype=dtype).requires_grad_()
    assert dtype in raised.value.got
    with pytest.raises(DTypeError):
        tensor([1, 0], dtype=dtype, requires_grad=True)


def test_freezing_a_leaf_stops_its_gradient() -> None:
    x, w = tensor(2.0, requires_grad=True), tensor(3.0, requires_grad=True)
    w.requires_grad_(False)
    (x * w).backward()
    assert w.grad is None and x.grad.item() == 3


@pytest.mark.parametrize("make", [lambda x: x > 1, lambda x: x.argmax(), lambda x: x.sign(), lambda x: x.long()])
def test_no_gradient_passes_through_a_result_without_derivatives(make, x) -> None:
    assert not make(x).requires_grad
