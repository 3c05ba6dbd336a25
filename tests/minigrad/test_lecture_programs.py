"""The lecture's program, imperative and declared: the same value and the same gradient."""

import math

import numpy
import pytest

import minigrad
from minigrad.graph import Graph, gradients


@pytest.mark.parametrize(("start", "doubled"), [(1.0, True), (-3.0, False)])
def test_the_imperative_program_as_printed(start: float, doubled: bool) -> None:
    ndl = minigrad
    v1 = ndl.Tensor([start], requires_grad=True)
    v2 = ndl.exp(v1)
    v3 = v2 + 1
    v4 = v2 * v3
    if v4.numpy() > 0.5:
        v5 = v4 * 2
    else:
        v5 = v4
    v5.backward()
    e = math.exp(start)
    assert v5.item() == pytest.approx((2 if doubled else 1) * e * (e + 1), rel=1e-6)
    assert v1.grad.item() == pytest.approx((2 if doubled else 1) * (2 * e * e + e), rel=1e-6)


def test_the_same_expression_declared_gives_the_same() -> None:
    def expression(v1):
        v2 = minigrad.exp(v1)
        v3 = v2 + 1
        return v2 * v3

    v1 = minigrad.Tensor([1.0], requires_grad=True)
    v4 = expression(v1)
    v4.backward()
    graph = Graph()
    s1 = graph.placeholder("v1", (1,))
    s4 = expression(s1)
    (g1,) = gradients(s4, s1)
    value, gradient = graph.run([s4, g1], {s1: numpy.array([1.0])})
    numpy.testing.assert_array_equal(value, v4.numpy(), strict=True)
    numpy.testing.assert_array_equal(gradient, v1.grad.numpy(), strict=True)


def test_the_declared_program_as_printed() -> None:
    import minigrad.tf1 as tf

    with tf.Graph().as_default():
        v1 = tf.Variable(...)
        v2 = tf.exp(v1)
        v3 = v2 + 1
        v4 = v2 * v3
        sess = tf.Session()
        value4 = sess.run(v4, feed_dict={v1: numpy.array([1.0])})
    assert value4 == pytest.approx(math.e * (math.e + 1), rel=1e-6)
