"""Writing in place: what it does to values and history, and what it refuses."""

import numpy
import pytest

import minigrad
from minigrad import no_grad, tensor
from minigrad.errors import DTypeError, GraphError, IndexingError, ShapeError


def leaf(*values: float) -> minigrad.Tensor:
    return tensor(list(values), dtype="float64", requires_grad=True)


# -- values and history ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("write", "values"),
    [
        (lambda t: t.add_(1), [2.0, 3.0]),
        (lambda t: t.mul_(3), [3.0, 6.0]),
        (lambda t: t.copy_([5.0, 6.0]), [5.0, 6.0]),
        (lambda t: t.copy_(4), [4.0, 4.0]),
        (lambda t: t.fill_(7), [7.0, 7.0]),
        (lambda t: t.zero_(), [0.0, 0.0]),
        (lambda t: t.clamp_(max=1.5), [1.0, 1.5]),
        (lambda t: t.pow_(2), [1.0, 4.0]),
    ],
)
def test_methods_write_into_the_same_memory(write, values) -> None:
    t = tensor([1.0, 2.0])
    memory = t.array
    assert write(t) is t
    assert t.array is memory and t.tolist() == values


def test_augmented_assignment_writes_in_place() -> None:
    t = tensor([6.0, 7.0])
    same = t
    t += 1
    t -= 2
    t *= 3
    t /= 2
    t **= 2
    t //= 2
    t %= 5
    expected = numpy.array([6.0, 7.0])
    expected = (((expected + 1 - 2) * 3 / 2) ** 2) // 2 % 5
    assert t is same and t.tolist() == expected.tolist()


def test_a_write_becomes_part_of_the_graph() -> None:
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = x * 2
    y *= w
    y += 1
    y.sum().backward()
    assert x.grad.tolist() == [6.0, 8.0]
    assert w.grad.tolist() == [2.0, 4.0]


def test_a_constant_gets_the_history_of_what_is_written_into_it() -> None:
    x, buffer = leaf(1.0, 2.0), minigrad.zeros(3, 2, dtype="float64")
    for step in range(3):
        buffer[step] = x * step
    assert buffer.requires_grad and not buffer.is_leaf
    buffer.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_index_assignment_cuts_what_it_replaces() -> None:
    x = leaf(1.0, 2.0, 3.0)
    y = x * 10
    y[1] = 5.0
    y[numpy.array([False, False, True])] = x[0] * 7
    (y * y).sum().backward()
    assert y.tolist() == [10.0, 5.0, 7.0]
    assert x.grad.tolist() == [2 * 100 * 1.0 + 2 * 49 * 1.0, 0.0, 0.0]


@pytest.mark.parametrize("index", [0, -1, slice(1, 3), (slice(None), 1), ..., [0, 2], (0, [1, 2]), None])
def test_index_assignment_writes_as_numpy_does(index) -> None:
    a = numpy.arange(12.0).reshape(4, 3)
    t, recorded = tensor(a), tensor(a, requires_grad=True) * 1
    a[index] = -1
    t[index] = -1
    recorded[index] = -1
    assert t.tolist() == a.tolist() == recorded.tolist()


def test_a_write_into_a_view_reaches_what_it_is_a_view_of() -> None:
    x = leaf(1.0, 2.0, 3.0, 4.0)
    base = x * 1
    view = base.reshape(2, 2).T[0]
    view *= 10
    assert base.tolist() == [10.0, 2.0, 30.0, 4.0]
    base.sum().backward()
    assert x.grad.tolist() == [10.0, 1.0, 10.0, 1.0]


def test_a_view_sees_what_is_written_into_its_base() -> None:
    x = leaf(1.0, 2.0)
    base = x * 1
    view = base[0]
    base *= 5
    assert view.item() == 5.0 and view.grad_fn.name == "getitem"
    view.backward()
    assert x.grad.tolist() == [5.0, 0.0]


def test_a_view_of_a_constant_gets_the_history_that_the_constant_gets() -> None:
    x, constant = leaf(1.0, 2.0), minigrad.ones(2, dtype="float64")
    view = constant[0]
    other = constant[:]
    constant += x
    assert view.requires_grad and not view.is_leaf
    view[...] = view * 3
    other[1] = 0.0
    constant.sum().backward()
    assert constant.tolist() == [6.0, 0.0]
    assert x.grad.tolist() == [3.0, 0.0]


def test_one_element_taken_by_an_integer_is_a_view() -> None:
    t = tensor([1.0, 2.0])
    element = t[1]
    element += 5
    assert t.tolist() == [1.0, 7.0]


def test_a_reshape_that_had_to_copy_is_no_view() -> None:
    x, base = leaf(1.0, 1.0, 1.0, 1.0), minigrad.ones(2, 2, dtype="float64")
    copy = base.T.reshape(4)
    base += x.reshape(2, 2)
    assert copy.tolist() == [1.0] * 4
    assert not copy.requires_grad


def test_a_long_chain_of_views_can_be_written_into() -> None:
    base = leaf(1.0, 2.0) * 1
    view = base
    for _ in range(3_000):
        view = view[...]
    view += 1
    assert base.tolist() == [2.0, 3.0]
    base += 1
    (view * 1).sum().backward()


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", ["x.add_(1)", "x[0] = 9.0", "x[0].add_(1)", "x.reshape(2, 1).zero_()"])
def test_a_leaf_that_requires_gradients_is_protected(write: str) -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(GraphError, match="leaf that requires gradients cannot be changed in place") as raised:
        exec(write)
    assert "no_grad()" in raised.value.hint
    assert x.tolist() == [1.0, 2.0]
    with no_grad():
        exec(write)
    assert x.tolist() != [1.0, 2.0] and x.is_leaf


def test_expanded_memory_is_protected() -> None:
    t = tensor([1.0, 2.0]).expand(3, 2)
    for write in (lambda: t.add_(1), lambda: t.__setitem__(0, 5.0)):
        with pytest.raises(GraphError, match="share one place in memory") as raised:
            write()
        assert "clone()" in raised.value.hint


def test_a_larger_result_does_not_fit() -> None:
    with pytest.raises(ShapeError, match="add_: the result does not fit") as raised:
        tensor([1.0, 2.0]).add_(minigrad.ones(3, 2))
    assert (raised.value.got, raised.value.expected) == ("result (3, 2)", "(2,)")


def test_floats_do_not_go_into_integers() -> None:
    with pytest.raises(DTypeError, match="cannot be kept in an integer tensor"):
        tensor([1, 2]).mul_(0.5)


def test_a_wider_float_is_narrowed_and_its_gradient_widened() -> None:
    x = leaf(1.0, 2.0)
    y = minigrad.zeros(2)
    y += x
    assert y.dtype == minigrad.float32
    y.sum().backward()
    assert x.grad.dtype == minigrad.float64


@pytest.mark.parametrize("recorded", [True, False])
def test_an_assignment_that_does_not_fit_says_both_shapes(recorded: bool) -> None:
    t = (leaf(1.0, 2.0, 3.0) if recorded else tensor([1.0, 2.0, 3.0])) * 1
    with pytest.raises(ShapeError) as raised:
        t[:2] = tensor([1.0, 2.0, 3.0])
    assert "(3,)" in str(raised.value) and "(2,)" in str(raised.value)
    with pytest.raises(IndexingError, match="the index does not fit"):
        t[7] = 1.0
    assert t.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("write", [lambda y: y.zero_(), lambda y: y.fill_(3.0), lambda y: y.copy_(tensor([5.0, 6.0]))])
def test_what_is_overwritten_whole_stays_in_the_graph_and_sends_zeros(write) -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    write(y)
    (y * y).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0], "as in PyTorch"
