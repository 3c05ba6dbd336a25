"""An operation of the user's own: one place, and it works wherever the library's do."""

from collections.abc import Iterator

import numpy
import pytest

import minigrad
from minigrad import autograd, shapes, tensor
from minigrad.check import gradcheck, gradgradcheck
from minigrad.errors import DeviceError, GraphError
from minigrad.graph import Graph, gradients
from minigrad.op import OPS


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    """What a test registers is gone afterwards."""
    before = dict(OPS)
    yield
    for name in set(OPS) - set(before):
        del OPS[name]


def cube():
    @minigrad.op(shape=shapes.same, saves="x", kernel=lambda x: x * x * x)
    def cube(g, z, x):
        r"""The cube :math:`z = x^3`. From :math:`dz = 3 x^2 dx`."""
        return (3 * x * x * g,)

    return cube


def test_on_arrays_tensors_and_symbols(backend: str) -> None:
    op = cube()
    assert op(numpy.array([2.0])).tolist() == [8.0]
    x = tensor([2.0, -1.0], dtype="float64", requires_grad=True)
    op(x).sum().backward()
    assert x.grad.tolist() == [12.0, 3.0]
    graph = Graph()
    s = graph.placeholder("s", (2,), "float64")
    (g,) = gradients(op(s), s)
    assert graph.run(g, {s: [2.0, -1.0]}).tolist() == [12.0, 3.0]


def test_its_gradient_passes_both_checks() -> None:
    op = cube()
    x = tensor([0.3, -1.2], dtype="float64", requires_grad=True)
    assert gradcheck(op, x) and gradgradcheck(op, x)


def test_it_stays_when_the_backend_changes() -> None:
    op = cube()
    with minigrad.backend("numpy"):
        assert op(tensor(2.0)).item() == 8
    assert op(tensor(2.0)).item() == 8


def test_a_wrong_rule_is_found() -> None:
    @minigrad.op(shape=shapes.same, kernel=lambda x: x * x * x)
    def wrong_cube(g, z, x):
        """Wrong on purpose."""
        return (2 * x * x * g,)

    with pytest.raises(AssertionError, match="is wrong in 1 of 1 elements"):
        gradcheck(wrong_cube, tensor([2.0], dtype="float64", requires_grad=True))


def test_two_inputs_of_which_one_may_be_a_number_or_broadcast() -> None:
    @minigrad.op(shape=shapes.broadcast, saves="x.shape y.shape", kernel=lambda x, y: 2 * x + 3 * y)
    def blend(g, z, x, y):
        """Saves shapes only."""
        return 2 * g, 3 * g

    x, y = tensor([[1.0], [2.0]], requires_grad=True), tensor([1.0, 1.0, 1.0], requires_grad=True)
    blend(x, y).sum().backward()
    assert x.grad.tolist() == [[6.0], [6.0]] and y.grad.tolist() == [6.0, 6.0, 6.0]
    assert blend(x, 1.0).tolist() == [[5.0], [7.0]]
    assert blend(1.0, y).tolist() == [5.0, 5.0, 5.0]


def test_one_array_for_two_inputs_does_not_tie_their_gradients() -> None:
    @minigrad.op(shape=shapes.broadcast, saves="", kernel=lambda x, y: 2 * (x + y))
    def double_sum(g, z, x, y):
        """The same array twice."""
        same = 2 * g
        return same, same

    x, y = tensor([1.0], requires_grad=True), tensor([1.0], requires_grad=True)
    double_sum(x, y).sum().backward()
    x.grad += 5
    assert y.grad.tolist() == [2.0]


def test_parameters_and_an_optional_input() -> None:
    @minigrad.op(shape=shapes.broadcast, kernel=lambda x, y=0.0, *, times: times * (x + y))
    def scaled(g, z, x, y=None, *, times):
        """An input that may be left out, and a parameter that may not."""
        return times * g, times * g

    x = tensor([1.0, 2.0], requires_grad=True)
    assert scaled(x, times=3).tolist() == [3.0, 6.0]
    assert scaled(x, x, times=3).tolist() == scaled(x, x, 3).tolist() == [6.0, 12.0]
    scaled(x, tensor([1.0, 1.0]), times=3).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_a_missing_kernel_says_how_to_give_one() -> None:
    @minigrad.op(shape=shapes.same)
    def without_kernel(g, z, x):
        """No kernel."""
        return (g,)

    with pytest.raises(DeviceError, match="no kernel of that name") as raised:
        without_kernel(tensor([1.0]))
    assert "register_kernel" in raised.value.hint


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(GraphError, match="'exp' exists already"):

        @minigrad.op(shape=shapes.same)
        def exp(g, z, x):
            """A second exp."""

    assert minigrad.tensor(0.0).exp().item() == 1.0


def test_saving_what_the_rule_does_not_take_is_refused() -> None:
    with pytest.raises(GraphError, match="saves= names what the rule does not take") as raised:

        @minigrad.op(shape=shapes.same, saves="y")
        def typo(g, z, x):
            """Saves y."""

    assert "y" in raised.value.got and "z, x" in raised.value.expected


def test_too_few_gradients_are_noticed() -> None:
    @minigrad.op(shape=shapes.broadcast, kernel=lambda x, y: x * y)
    def careless(g, z, x, y):
        """One gradient for two inputs."""
        return (g * y,)

    x, y = tensor([1.0], requires_grad=True), tensor([2.0], requires_grad=True)
    with pytest.raises(GraphError, match="too few gradients") as raised:
        careless(x, y).backward()
    assert "tuple" in raised.value.hint


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (lambda g: g * 3, "no tuple but ndarray"),
        (lambda g: [g * 3], "no tuple but list"),
        (lambda g: (3.0,), "float 3.0"),
    ],
)
def test_what_is_no_tuple_of_gradients_is_noticed(returned, message) -> None:
    @minigrad.op(shape=shapes.same, kernel=lambda x: x * 3)
    def threefold(g, z, x):
        """Its gradient comes in the wrong form."""
        return returned(g)

    x = tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(GraphError) as raised:
        threefold(x).sum().backward()
    assert message in raised.value.got and "g" in raised.value.hint


def test_an_expensive_gradient_is_computed_only_if_needed() -> None:
    asked = []

    @minigrad.op(shape=shapes.broadcast, kernel=lambda x, y: x * y)
    def lazy(g, z, x, y):
        """Notes which gradients were computed."""
        return lambda: asked.append("x") or g * y, lambda: asked.append("y") or g * x

    x, y = tensor([1.0], requires_grad=True), tensor([2.0])
    lazy(x, y).backward()
    y.requires_grad_()
    autograd.grad(lazy(x, y), y)
    assert asked == ["x", "y"]
