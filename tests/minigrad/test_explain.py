"""`autograd.explain`: an answer to "why is my grad None?" for every way in which that happens."""

import minigrad
from minigrad import no_grad, tensor
from minigrad.autograd import explain


def leaf() -> minigrad.Tensor:
    return tensor([1.0, 2.0], requires_grad=True)


def test_it_is_there() -> None:
    x = leaf()
    x.sum().backward()
    assert "has a gradient" in explain(x)


def test_nobody_asked() -> None:
    assert "nothing there has requires_grad=True" in explain(tensor([1.0]))
    assert "nothing there has requires_grad=True" in explain(tensor([1.0]) * 2)


def test_detached() -> None:
    assert "it came from detach()" in explain((leaf() * 2).detach())
    assert "it came from detach()" in explain(leaf().data)


def test_made_inside_no_grad() -> None:
    with no_grad():
        y = leaf() * 2
        z = y + 1
    assert "`mul` ran inside no_grad()" in explain(y)
    assert "earlier on the way, by detach(), .numpy(), no_grad()" in explain(z)


def test_made_by_an_op_without_gradient() -> None:
    assert "`argmax` has no gradient" in explain(leaf().argmax())
    assert "`sign` has no gradient" in explain(leaf().sign())


def test_an_integer() -> None:
    assert "int64: only floating numbers" in explain(tensor([1, 2]))


def test_a_result_keeps_none() -> None:
    text = explain(leaf() * 2)
    assert "a result (of `mul`), not a leaf" in text and "retain_grad()" in text


def test_backward_was_not_called() -> None:
    text = explain(leaf())
    assert "backward() was not called" in text and "zero_grad()" in text


def test_the_loss_was_not_computed_from_it() -> None:
    x, other = leaf(), leaf()
    text = explain(x, (other * other).sum())
    assert "the loss was not computed from it" in text and "detach()" in text
    assert "the loss was not computed from it" not in explain(x, (x * other).sum())


def test_the_loss_is_not_connected() -> None:
    x = leaf()
    text = explain(x, (x * 2).detach().sum())
    assert "the loss is not connected to anything" in text
    with no_grad():
        loss = (x * x).sum()
    assert "no_grad()" in explain(x, loss)


def test_a_notebook_shows_its_lines() -> None:
    assert repr(explain(leaf())) == str(explain(leaf())) and "\\n" not in repr(explain(leaf()))
