"""Shapes of every kind: broadcasting, reductions, products and shape operations, forward and backward, by Hypothesis."""

from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, broadcastable_shapes, mutually_broadcastable_shapes

import minigrad

shapes = array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)


def values(shape: tuple[int, ...], seed: int = 0) -> numpy.ndarray:
    """Numbers of which no two are equal, none near 0."""
    count = int(numpy.prod(shape))
    return (numpy.random.default_rng(seed).permutation(count) * 0.1 + 0.5 + 0.03 * seed).reshape(shape)


def compare(torch: Any, function: Any, *arrays: numpy.ndarray) -> None:
    """Value and gradients of `function(library, *tensors)` in minigrad and in PyTorch."""
    ours = [minigrad.tensor(a, requires_grad=True) for a in arrays]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    z, expected = function(minigrad, *ours), function(torch, *theirs)
    numpy.testing.assert_allclose(z.numpy(), expected.detach().numpy(), rtol=1e-12, strict=True)
    weights = values(z.shape, seed=9)
    z.backward(weights)
    expected.backward(torch.tensor(weights))
    for x, y in zip(ours, theirs, strict=True):
        numpy.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-12, atol=1e-13, strict=True)


@given(pair=mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=0, max_side=3))
def test_two_shapes_broadcast_and_their_gradients_are_summed_back(pair, torch) -> None:
    x, y = (values(shape, seed) for seed, shape in enumerate(pair.input_shapes, 1))
    compare(torch, lambda m, x, y: x * y + x / y - (x - y) * 0.5, x, y)


@given(triple=mutually_broadcastable_shapes(num_shapes=3, max_dims=3, min_side=0, max_side=3))
def test_three_shapes_broadcast_in_where(triple, torch) -> None:
    c, x, y = (values(shape, seed) for seed, shape in enumerate(triple.input_shapes, 1))
    compare(torch, lambda m, x, y: m.where((m.tensor(c) * 10 % 2) > 1, x, y) * 2, x, y)


@given(data=st.data(), shape=shapes)
def test_repeating_to_a_larger_shape(data, shape, torch) -> None:
    larger = data.draw(broadcastable_shapes(shape, min_dims=len(shape), max_dims=4, min_side=0, max_side=3))
    if numpy.broadcast_shapes(shape, larger) == larger:
        compare(torch, lambda m, x: m.broadcast_to(x, larger) * 2, values(shape))


@given(x=shapes, y=shapes)
def test_what_does_not_broadcast_is_an_error_with_both_shapes(x, y) -> None:
    try:
        expected = numpy.broadcast_shapes(x, y)
    except ValueError:
        with pytest.raises(minigrad.errors.ShapeError) as raised:
            minigrad.zeros(x) + minigrad.zeros(y)
        assert str(x) in raised.value.got and str(y) in raised.value.got
    else:
        assert (minigrad.zeros(x) + minigrad.zeros(y)).shape == expected


@st.composite
def reductions(draw) -> tuple[tuple[int, ...], Any, bool]:
    shape = draw(array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=3))
    axes = st.integers(-len(shape), len(shape) - 1)
    several = st.lists(axes, min_size=1, max_size=len(shape), unique_by=lambda d: d % len(shape)).map(tuple)
    return shape, draw(st.one_of(axes, several)), draw(st.booleans())


@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin", "var", "logsumexp"])
@given(case=reductions())
def test_reductions_over_any_dimensions(name: str, case, torch) -> None:
    shape, dim, keepdim = case
    parameters = {"correction": 0} if name == "var" else {}
    compare(torch, lambda m, x: getattr(m, name)(x, dim=dim, keepdim=keepdim, **parameters), values(shape))


@pytest.mark.parametrize("name", ["argmax", "argmin"])
@given(case=reductions())
def test_places_of_extrema(name: str, case) -> None:
    shape, dim, keepdim = case
    dim = dim if isinstance(dim, int) else dim[0]
    z = getattr(minigrad, name)(minigrad.tensor(values(shape)), dim=dim, keepdim=keepdim)
    expected = getattr(numpy, name)(values(shape), axis=dim, keepdims=keepdim)
    numpy.testing.assert_array_equal(z.numpy(), expected, strict=True)


@st.composite
def products(draw) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes that `@` takes: vectors, matrices, and stacks of them that broadcast."""
    n, k, m = (draw(st.integers(1, 3)) for _ in "nkm")
    batch = draw(mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3)).input_shapes
    x = draw(st.sampled_from([(k,), (*batch[0], n, k)]))
    y = draw(st.sampled_from([(k,), (*batch[1], k, m)]))
    return x, y


@given(pair=products())
def test_products_of_stacks_and_vectors(pair, torch) -> None:
    compare(torch, lambda m, x, y: x @ y, *(values(s, seed) for seed, s in enumerate(pair)))


@given(data=st.data(), shape=array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=3))
def test_moving_dimensions(data, shape, torch) -> None:
    order = data.draw(st.permutations(range(len(shape))))
    negative = data.draw(st.lists(st.booleans(), min_size=len(shape), max_size=len(shape)))
    dims = tuple(d - len(shape) if flip else d for d, flip in zip(order, negative, strict=True))
    compare(torch, lambda m, x: m.permute(x, dims) * 2, values(shape))
    compare(torch, lambda m, x: m.transpose(x, dims[0], dims[-1]) * 2, values(shape))
    compare(torch, lambda m, x: m.unsqueeze(x, dims[0]) * 2, values(shape))
    compare(torch, lambda m, x: m.squeeze(x) * 2, values(shape))
    compare(torch, lambda m, x: m.flatten(x) * 2, values(shape))
    compare(torch, lambda m, x: x.reshape(*reversed(shape)) * 2, values(shape))


@given(data=st.data(), shape=array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3))
def test_joining_and_splitting(data, shape, torch) -> None:
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    longer = tuple(n + 1 if d == dim % len(shape) else n for d, n in enumerate(shape))
    x, y = values(shape), values(longer, 1)
    compare(torch, lambda m, x, y: m.cat([x, y, x], dim), x, y)
    compare(torch, lambda m, x: m.stack([x, x * 2], dim), x)
    compare(torch, lambda m, y: m.split(y, 2, dim)[-1] * 2, y)


@given(shape=array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4), data=st.data())
def test_softmax_along_any_dimension(shape, data, torch) -> None:
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    compare(torch, lambda m, x: m.softmax(x, dim=dim), values(shape))
    compare(torch, lambda m, x: m.log_softmax(x, dim=dim), values(shape))
