"""The backward pass: what it accumulates, what it frees, and what it refuses."""

import numpy
import pytest

import minigrad
from minigrad import autograd, tensor
from minigrad.errors import GraphError, ShapeError
from minigrad.tape import FREED


def leaf(*values: float, dtype: str = "float64") -> minigrad.Tensor:
    return tensor(values[0] if len(values) == 1 else list(values), dtype=dtype, requires_grad=True)


# -- accumulating ----------------------------------------------------------------------------------------------------


def test_a_second_backward_adds_to_the_gradient() -> None:
    x = leaf(2.0, 3.0)
    (x * x).sum().backward()
    assert x.grad.tolist() == [4.0, 6.0]
    (x * x * x).sum().backward()
    assert x.grad.tolist() == [4.0 + 12.0, 6.0 + 27.0]


def test_a_value_used_twice_receives_both_gradients() -> None:
    x = leaf(3.0)
    y = x * x
    (y + y * x).backward()
    assert x.grad.item() == 2 * 3 + 3 * 9


def test_several_roots_share_one_pass() -> None:
    x = leaf(2.0)
    y = x * x
    autograd.backward([y * 3, y], [None, tensor(10.0, dtype="float64")])
    assert x.grad.item() == (3 + 10) * 4


def test_the_same_root_twice_counts_twice() -> None:
    x = leaf(2.0)
    y = x * x
    autograd.backward([y, y])
    assert x.grad.item() == 8


def test_a_root_inside_the_graph_of_another_adds_its_seed() -> None:
    x = leaf(2.0)
    y = x * x
    z = y * y
    autograd.backward([z, y])
    assert x.grad.item() == 4 * 2**3 + 2 * 2


def test_a_leaf_is_its_own_gradient() -> None:
    x = leaf(5.0)
    x.backward()
    assert x.grad.item() == 1


@pytest.mark.parametrize("how", ["plain", "inputs", "a list of one"])
def test_gradient_of_several_outputs_weighs_them(how: str) -> None:
    x = leaf(1.0, 2.0, 3.0)
    y = x * x
    weights = [1.0, 10.0, 100.0]
    if how == "plain":
        y.backward(weights)
    elif how == "inputs":
        y.backward(tensor(weights), inputs=x)
    else:
        autograd.backward(y, [numpy.array(weights)])
    assert x.grad.tolist() == [2.0, 40.0, 600.0]


def test_the_callers_gradient_is_neither_changed_nor_kept() -> None:
    x = leaf(1.0, 2.0)
    given = tensor([1.0, 1.0], dtype="float64")
    (x + 0).backward(given)
    (x + 0).backward(given)
    assert given.tolist() == [1.0, 1.0]
    assert x.grad.tolist() == [2.0, 2.0]
    x.backward(given)
    x.grad += 1
    assert given.tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (x + 0).sum(),
        lambda x: x.reshape(4).sum(),
        lambda x: x.permute(1, 0).sum(),
        lambda x: (x + x).sum(),
        lambda x: x.clone().sum(),
        lambda x: x.mean(),
        lambda x: minigrad.cat([x, x]).sum(),
        lambda x: (x * 1.0)[0].sum(),
        lambda x: (x.exp() * x).sum(),
        lambda x: -x.broadcast_to(3, 2, 2).sum(),
    ],
)
def test_a_gradient_has_memory_of_its_own(function) -> None:
    """What `.grad` shared with another array, adding to it in the next pass would change."""
    x, y = (tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True) for _ in "xy")
    kept = []
    (function(x) + function(y)).backward()
    first = x.grad.numpy().copy()
    kept += [x.grad.array, y.grad.array, x.array, y.array]
    for i, a in enumerate(kept):
        for b in kept[i + 1 :]:
            assert not numpy.shares_memory(a, b)
    assert x.grad.array.flags.writeable
    function(x).backward()
    numpy.testing.assert_allclose(x.grad.numpy(), 2 * first)
    numpy.testing.assert_array_equal(y.grad.numpy(), first)


def test_the_gradient_has_the_dtype_and_shape_of_its_leaf() -> None:
    x = tensor([1.0, 2.0], dtype="float32", requires_grad=True)
    y = tensor([[3.0], [4.0]], dtype="float64", requires_grad=True)
    (x * y).sum().backward()
    assert (x.grad.shape, x.grad.dtype) == ((2,), minigrad.float32)
    assert (y.grad.shape, y.grad.dtype) == ((2, 1), minigrad.float64)
    assert (x.grad.tolist(), y.grad.tolist()) == ([7.0, 7.0], [[3.0], [3.0]])


# -- freeing ---------------------------------------------------------------------------------------------------------


def test_a_second_pass_says_that_the_first_one_freed_the_values() -> None:
    x = leaf(2.0)
    y = x.exp() * x
    y.backward()
    with pytest.raises(GraphError, match=r"`mul`.* freed by an earlier backward pass") as raised:
        y.backward()
    assert "retain_graph=True" in raised.value.hint
    assert x.grad.item() == pytest.approx(3 * numpy.exp(2.0)), "the failed pass added nothing"


def test_values_are_freed_at_once() -> None:
    x = leaf(2.0)
    y = x.exp()
    z = y * y
    z.backward()
    assert z.node.saved is FREED and y.node.saved is FREED


def test_retain_graph_keeps_them() -> None:
    x = leaf(2.0)
    y = x * x * x
    y.backward(retain_graph=True)
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 3 * 12
    with pytest.raises(GraphError):
        y.backward()


def test_what_saved_nothing_can_be_walked_again_as_in_pytorch() -> None:
    x = leaf(2.0)
    y = x + 1
    y.backward()
    y.backward()
    assert x.grad.item() == 2


def test_what_two_losses_share_is_freed_by_the_first() -> None:
    x = leaf(2.0)
    shared = x * x
    first, second = shared * 2, shared * 3
    first.backward()
    with pytest.raises(GraphError, match="freed"):
        second.backward()


# -- what cannot be differentiated -----------------------------------------------------------------------------------


def test_several_elements_need_a_gradient() -> None:
    with pytest.raises(GraphError, match="several elements") as raised:
        (leaf(1.0, 2.0) * 2).backward()
    assert "(2,)" in raised.value.got and "sum().backward()" in raised.value.hint


def test_a_result_that_nobody_recorded_says_why() -> None:
    with pytest.raises(GraphError, match="nothing was recorded") as raised:
        (tensor(1.0) * 2).backward()
    assert "requires_grad=True" in raised.value.hint


def test_a_gradient_of_another_shape_is_refused() -> None:
    with pytest.raises(ShapeError) as raised:
        (leaf(1.0, 2.0) * 2).backward([1.0, 1.0, 1.0])
    assert (raised.value.got, raised.value.expected) == ("(3,)", "(2,)")


def test_one_gradient_is_needed_for_each_output() -> None:
    x = leaf(1.0)
    with pytest.raises(GraphError, match="one gradient is needed for each output"):
        autograd.backward([x * 1, x * 2], [None])


@pytest.mark.parametrize("dtype", ["float64", "int64"])
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_gradient_has_the_dtype_of_its_tensor_whatever_it_began_as(dtype, create_graph) -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    (x * 2).backward(tensor([1, 3], dtype=dtype), create_graph=create_graph)
    assert x.grad.dtype == minigrad.float32 and x.grad.tolist() == [2.0, 6.0]
