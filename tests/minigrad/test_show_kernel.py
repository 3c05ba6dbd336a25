"""`show_kernel`: what a reader sees of the generator."""

import numpy as np
import pytest

import minigrad
from minigrad.errors import DTypeError, GraphError

x, y = (np.random.default_rng(n).standard_normal((5, 40)).astype("float32") for n in (0, 1))


def test_the_source_bears_the_readers_own_names_and_is_what_runs():
    kernel = minigrad.show_kernel(lambda height, width: minigrad.exp(height) * width + 1, x, y)
    assert "out[i] = exp(height[i]) * width[i] + float32(1.0)" in kernel.source
    assert repr(kernel).startswith(kernel.source)
    assert kernel._repr_markdown_().startswith("```python\n")
    np.testing.assert_allclose(kernel(x, y).numpy(), np.exp(x) * y + 1, rtol=1e-5, atol=1e-6)


def test_numbers_that_are_given_at_each_call_are_told():
    kernel = minigrad.show_kernel(lambda x: minigrad.tanh(x * 0.3), x)
    assert repr(kernel).endswith("# c0 = 0.3\n")


def test_other_shapes_of_the_same_kind_use_the_same_text():
    kernel = minigrad.show_kernel(lambda x: minigrad.softmax(x * 2, dim=-1), x)
    for shape in [(3, 7), (2, 3, 4)]:
        z = kernel(np.ones(shape, "float32"))
        np.testing.assert_allclose(z.numpy(), np.full(shape, 1 / shape[-1]), rtol=1e-6)


def test_the_gradient_of_an_expression_is_a_kernel_too():
    kernel = minigrad.show_kernel(lambda x, y: minigrad.tanh(x * y), x, y, backward=True)
    gx, gy = kernel(x, y, np.ones_like(x))
    slope = 1 - np.tanh(x * y) ** 2
    np.testing.assert_allclose(gx.numpy(), slope * y, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(gy.numpy(), slope * x, rtol=1e-4, atol=1e-6)
    assert kernel.before == kernel.after == []


def test_a_layer_norm_written_out_is_one_kernel():
    def layer_norm(x, w, b):
        mean = x.mean(dim=-1, keepdim=True)
        centred = x - mean
        return centred * minigrad.rsqrt((centred * centred).mean(dim=-1, keepdim=True) + 1e-5) * w + b

    w, b = y[0], y[1]
    kernel = minigrad.show_kernel(layer_norm, x, w, b)
    expected = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5) * w + b
    np.testing.assert_allclose(kernel(x, w, b).numpy(), expected, rtol=1e-4, atol=1e-5)
    assert kernel.before == kernel.after == []


def same_as_eager(function, *inputs):
    kernel = minigrad.show_kernel(function, *inputs)
    z, expected = kernel(*inputs).numpy(), function(*map(minigrad.tensor, inputs)).numpy()
    assert z.shape == expected.shape
    np.testing.assert_allclose(z, expected, rtol=1e-5, atol=1e-6)
    return kernel


@pytest.mark.parametrize(
    "function",
    [
        lambda i, j: minigrad.exp(i) * j + 1,
        lambda exp, t0: minigrad.exp(exp) * t0 + 1,
        lambda c0, out: c0 * 0.3 + minigrad.tanh(out),
        lambda x_i, x: minigrad.exp(x_i) * x + x.mean(dim=-1, keepdim=True),
        lambda t3_row, start: start + minigrad.softmax(t3_row * 3, dim=-1),
        lambda x1, x0: x1.mean(dim=-1, keepdim=True) - x0 * 0.7,
        lambda float32, range: float32 * range + range.sum(dim=-1, keepdim=True),
    ],
)
def test_inputs_named_like_what_a_kernel_calls_its_own(function):
    same_as_eager(function, x, y)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (minigrad.exp(x) * 2).sum(dim=-1),
        lambda x: (minigrad.exp(x) * 2).mean(dim=(0, 1)),
        lambda x: (minigrad.exp(x) * 2).amax(dim=1, keepdim=True),
        lambda x: minigrad.softmax(x * 2, dim=-1) + 1,
        lambda x: minigrad.log_softmax(x * 2, dim=1) * 2,
    ],
)
def test_reductions_over_the_last_dimensions_end_in_the_kernel(function):
    kernel = same_as_eager(function, x)
    assert kernel.before == kernel.after == []


def test_what_follows_a_reduction_that_dropped_its_dimension_is_not_aligned_with_another():
    square = x[:, :5]
    kernel = same_as_eager(lambda x: x * 2 - minigrad.exp(x).sum(dim=1), square)
    assert kernel.after == ["sub"]


def test_a_sine_is_not_fused_since_its_loop_looks_at_the_array_first():
    large = np.full((5, 40), 1e30, "float32")
    assert same_as_eager(lambda x: minigrad.sin(x) * 2 + 1, large).before == ["sin"]


def test_a_negative_zero_keeps_its_sign():
    kernel = minigrad.show_kernel(lambda x: x * x * -0.0, x)
    assert np.signbit(kernel(x).numpy()).all()


def test_what_cannot_be_fused_is_said():
    with pytest.raises(GraphError, match="no kernel can be generated"):
        minigrad.show_kernel(lambda x, y: x @ y.transpose(0, 1), x, y)
    with pytest.raises(GraphError, match="did not return what operations made"):
        minigrad.show_kernel(lambda x: 3, x)
    with pytest.raises(DTypeError, match="no inputs"):
        minigrad.show_kernel(minigrad.exp)
