"""`gradcheck` itself: it finds what is wrong, says where, and is honest about kinks."""

import numpy
import pytest

import minigrad
from minigrad import tensor
from minigrad.autograd import grad
from minigrad.check import GradcheckError, gradcheck, gradgradcheck
from minigrad.errors import DTypeError


def leaf(*values: float) -> minigrad.Tensor:
    return tensor(list(values), dtype="float64", requires_grad=True)


def with_gradient(forward, backward):
    """A function whose gradient is what `backward(x)` says: the right value, with another history."""

    def function(x):
        wrong = backward(x)
        return forward(x).detach() + (wrong - wrong.detach())

    return function


def test_it_counts_what_it_compared() -> None:
    report = gradcheck(lambda x, y: (x[:, None] * y).exp(), [leaf(0.1, 0.2), leaf(0.3, 0.4, 0.5)])
    assert report and report.checked == 6 * 2 + 6 * 3 and report.skipped == 0
    assert "30 elements" in repr(report)


def test_it_names_the_element_that_is_wrong_and_by_how_much() -> None:
    function = with_gradient(lambda x: x * x, lambda x: x * x + tensor([0.0, 0.0, 0.5], dtype="float64") * x)
    with pytest.raises(GradcheckError, match="wrong in 1 of 9 elements") as raised:
        gradcheck(function, leaf(1.0, 2.0, 3.0))
    assert "d output[2] / d input[2] = 6.5 from the gradient rule" in raised.value.got
    assert "6 from finite differences (they differ by 0.5)" in raised.value.expected
    assert gradcheck(function, leaf(1.0, 2.0, 3.0), raise_exception=False) is False


def test_every_element_is_looked_at() -> None:
    for place in range(4):
        error = numpy.zeros(4)
        error[place] = 1e-2
        slope = tensor(error) + 3
        with pytest.raises(GradcheckError):
            gradcheck(with_gradient(lambda x: x * 3, slope.mul), leaf(1.0, 2.0, 3.0, 4.0))


def test_a_gradient_that_never_arrives_is_wrong() -> None:
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: x.detach() * 2 + x * 0, leaf(1.0))


def test_a_gradient_that_is_not_a_number_is_wrong() -> None:
    def function(x):
        y = x * 2
        y.register_hook(lambda g: g * float("nan"))
        return y

    with pytest.raises(GradcheckError):
        gradcheck(function, leaf(1.0))


def test_a_kink_is_skipped_and_counted_and_its_neighbours_are_not() -> None:
    report = gradcheck(lambda x: x.relu(), leaf(-1.0, 0.0, 2.0))
    assert (report.checked, report.skipped) == (8, 1)
    assert "1 skipped at a kink" in repr(report)
    with pytest.raises(GradcheckError):
        gradcheck(with_gradient(lambda x: x.relu(), lambda x: x), leaf(-1.0, 0.0, 2.0))


def test_a_second_derivative_that_is_wrong_is_found() -> None:
    def function(x):
        (gx,) = grad((x * x * x).sum(), x, create_graph=True)
        # Its first derivative is right; the history of that derivative is not.
        return (x * gx.detach()).sum() - 2 * (x * x * x).detach().sum()

    assert gradgradcheck(lambda x: x * x * x, leaf(1.0, 2.0))
    assert gradcheck(lambda x: x * x * x, leaf(1.0, 2.0))
    assert gradcheck(function, leaf(1.0, 2.0), raise_exception=False)
    assert gradgradcheck(lambda x: with_gradient(lambda x: x * x * x, lambda x: x**3)(x), leaf(1.0, 2.0))
    wrong = with_gradient(lambda x: x.exp(), lambda x: x * x.exp().detach())
    assert gradcheck(wrong, leaf(0.5, 1.0))
    with pytest.raises(GradcheckError):
        gradgradcheck(lambda x: wrong(x) * x, leaf(0.5, 1.0))


def test_float32_and_nothing_to_check_are_refused() -> None:
    with pytest.raises(DTypeError, match="need float64") as raised:
        gradcheck(lambda x: x, tensor([1.0], requires_grad=True))
    assert "float32" in raised.value.got
    with pytest.raises(DTypeError, match="no input requires gradients"):
        gradcheck(lambda x: x, tensor([1.0], dtype="float64"))


def test_several_outputs_and_inputs_that_are_no_tensors() -> None:
    report = gradcheck(lambda x, k, y: (x * k, (x * y).sum(), x > 0), [leaf(1.0, 2.0), 3.0, leaf(1.0, 2.0)])
    assert report.checked == 2 * 4 + 2 * 2
