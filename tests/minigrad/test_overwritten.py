"""A value that the backward pass needs was written to in place: noticed however it happened, and explained."""

import pytest

import minigrad
from minigrad import no_grad, tensor
from minigrad.errors import OverwrittenError


def leaf(*values: float) -> minigrad.Tensor:
    return tensor(list(values), dtype="float64", requires_grad=True)


def test_the_error_names_both_ops_and_the_line_of_the_write() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    z = y * y
    y.relu_()  # the line that the error must show
    with pytest.raises(OverwrittenError) as raised:
        z.sum().backward()
    error = raised.value
    assert "saved by `mul`" in error.what and "overwritten by `relu_`" in error.what
    assert "test_overwritten.py:" in error.what and "# the line that the error must show" in error.what
    assert "input `x`" in error.got and "(2,)" in error.got
    assert "relu instead of relu_" in error.hint and "clone()" in error.hint


def test_a_write_that_is_no_operation_is_not_advised_as_one() -> None:
    y = leaf(1.0, 2.0) * 1
    z = y * y
    y.zero_()
    with pytest.raises(OverwrittenError) as raised:
        z.sum().backward()
    assert "`zero_`" in raised.value.what and raised.value.hint == "x.clone() before writing"


def test_with_a_film_the_error_names_the_line_of_the_op_too() -> None:
    x = leaf(1.0, 2.0)
    with minigrad.record():
        y = x * 1
        z = y * y  # what saved it
        y += 1  # what overwrote it
    with pytest.raises(OverwrittenError) as raised:
        z.sum().backward()
    assert "# what saved it" in raised.value.what and "# what overwrote it" in raised.value.what


@pytest.mark.parametrize("write", ["y.add_(1)", "y[0] = 3.0", "y[0].add_(1)", "y.detach().add_(1)", "y.T.zero_()"])
def test_every_way_of_writing_is_noticed(write: str) -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    z = y * y
    exec(write)
    with pytest.raises(OverwrittenError):
        z.sum().backward()


def test_writing_inside_no_grad_is_noticed_too() -> None:
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    loss = (x * w).sum()
    with no_grad():
        w -= 0.1
    with pytest.raises(OverwrittenError, match="sub_"):
        loss.backward()


def test_an_optimisers_step_before_backward_is_noticed() -> None:
    w = leaf(3.0, 4.0)
    loss = (w * w).sum()
    w.grad = minigrad.ones_like(w)
    minigrad.optim.SGD([w], lr=0.1).step()
    with pytest.raises(OverwrittenError, match="SGD"):
        loss.backward()


def test_a_result_that_was_saved_is_noticed() -> None:
    x = leaf(1.0, 2.0)
    y = x.exp()
    y *= 2
    with pytest.raises(OverwrittenError) as raised:
        y.sum().backward()
    assert "its result" in raised.value.got


def test_writing_what_no_rule_needs_is_allowed() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    z = y + 1
    y.zero_()
    z.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_writing_before_it_is_saved_is_allowed() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    y += 1
    (y * y).sum().backward()
    assert x.grad.tolist() == [2 * 2 * 3.0, 2 * 2 * 5.0]
