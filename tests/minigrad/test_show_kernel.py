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


def test_what_cannot_be_fused_is_said():
    with pytest.raises(GraphError, match="no kernel can be generated"):
        minigrad.show_kernel(lambda x, y: x @ y.transpose(0, 1), x, y)
    with pytest.raises(GraphError, match="did not return what operations made"):
        minigrad.show_kernel(lambda x: 3, x)
    with pytest.raises(DTypeError, match="no inputs"):
        minigrad.show_kernel(minigrad.exp)
