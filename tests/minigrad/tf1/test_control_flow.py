"""tf.cond and tf.while_loop: what runs, and gradients as those of the program that Python runs."""

from collections.abc import Callable

import numpy
import pytest

import minigrad
import minigrad.tf1 as tf

REWRITES = pytest.mark.parametrize("rewrites", [True, False])
X = numpy.array([0.1, 0.7])


def imperative(program: Callable, w: float) -> tuple:
    x, w_ = minigrad.tensor(X, requires_grad=True), minigrad.tensor(w, dtype="float64", requires_grad=True)
    y = program(x, w_)
    y.sum().backward()
    return y.detach().numpy(), x.grad.numpy(), w_.grad.numpy()


def check(fetches: list, feeds: dict, wanted: tuple, rewrites: bool) -> None:
    with tf.Session(rewrites=rewrites) as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(2):  # the second run begins with the buffers of the first
            for a, b in zip(sess.run(fetches, feeds), wanted, strict=True):
                numpy.testing.assert_allclose(a, b, rtol=1e-9)


@REWRITES
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_cond_and_two_derivatives(sign: float, rewrites: bool) -> None:
    x, w = tf.placeholder(tf.float64, [None]), tf.Variable(tf.constant(1.5, tf.float64))
    y = tf.cond(tf.reduce_sum(x) * sign > 0, lambda: tf.exp(x * w), lambda: tf.sin(x) * x)
    g = tf.gradients(y, [x, w])
    g2 = tf.gradients(g[0], x)[0]

    def program(x, w):
        return (x * w).exp() if sign > 0 else x.sin() * x + w * 0

    second = 2.25 * numpy.exp(1.5 * X) if sign > 0 else 2 * numpy.cos(X) - X * numpy.sin(X)
    check([y, *g, g2], {x: X}, (*imperative(program, 1.5), second), rewrites)


@REWRITES
def test_only_the_branch_that_is_taken_runs(rewrites: bool, capsys: pytest.CaptureFixture) -> None:
    p = tf.placeholder(tf.bool, [])
    v = tf.Variable(1.0)
    outside = tf.Print(v, [v], "outside ")
    y = tf.cond(p, lambda: tf.Print(v, [v], "yes "), lambda: tf.Print(outside, [v], "no "))
    changed = tf.cond(p, lambda: v.assign_add(1.0), lambda: tf.identity(v))
    with tf.Session(rewrites=rewrites) as sess:
        sess.run(v.initializer)
        sess.run(y, {p: True})
        assert capsys.readouterr().err.splitlines() == ["outside [1]", "yes [1]"]
        assert [sess.run(changed, {p: True}), sess.run(changed, {p: False}), sess.run(v)] == [2.0, 2.0, 2.0]


def test_results_of_cond_keep_their_structure() -> None:
    p = tf.placeholder(tf.bool, [])
    found = tf.cond(
        p,
        lambda: {"a": tf.constant(1), "b": [tf.constant(2.0)]},
        lambda: {"a": tf.constant(3), "b": [tf.constant(4.0)]},
    )
    with tf.Session() as sess:
        assert sess.run(found, {p: False}) == {"a": 3, "b": [4.0]}
    case = tf.case([(p, lambda: tf.constant(1))], default=lambda: tf.constant(2))
    with tf.Session() as sess:
        assert [sess.run(case, {p: True}), sess.run(case, {p: False})] == [1, 2]


def test_errors_of_cond() -> None:
    p, x = tf.placeholder(tf.bool, []), tf.placeholder(tf.float32, [None])
    with pytest.raises(TypeError, match="pred must not be a Python bool"):
        tf.cond(True, lambda: x, lambda: x)
    with pytest.raises(TypeError, match="must have the same type"):
        tf.cond(p, lambda: tf.constant(1), lambda: tf.constant(1.0))
    with pytest.raises(ValueError, match="same number of results"):
        tf.cond(p, lambda: [x, x], lambda: [x])
    inner = []
    tf.cond(p, lambda: (inner.append(x * 2), inner[0])[1], lambda: x)
    with tf.Session() as sess, pytest.raises(ValueError, match="marked as not fetchable"):
        sess.run(inner[0])
    with pytest.raises(ValueError, match="in a branch or the body of a loop"):
        inner[0] + 1
    uneven = tf.cond(p, lambda: x[1:], lambda: x)
    with tf.Session() as sess, pytest.raises(tf.errors.InvalidArgumentError, match="give different shapes"):
        sess.run(uneven, {p: True, x: [1, 2]})


@REWRITES
def test_the_gradient_of_a_loop_is_that_of_the_unrolled_program(rewrites: bool) -> None:
    x, n = tf.placeholder(tf.float64, [None]), tf.placeholder(tf.int32, [])
    w = tf.Variable(tf.constant(1.5, tf.float64))
    i, y = tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, tf.sin(y * w) + x), [0, x])
    g = tf.gradients(y, [x, w])
    for steps in (0, 1, 5):

        def program(x, w, steps=steps):
            y = x + w * 0
            for _ in range(steps):
                y = minigrad.sin(y * w) + x
            return y

        check([i, y, *g], {x: X, n: steps}, (steps, *imperative(program, 1.5)), rewrites)


@REWRITES
def test_loops_in_loops_and_choices_in_them(rewrites: bool) -> None:
    x, w = tf.placeholder(tf.float64, [None]), tf.Variable(tf.constant(0.8, tf.float64))

    def inner(y):
        return tf.while_loop(lambda j, y: j < 2, lambda j, y: (j + 1, tf.tanh(y * w + x)), [0, y])[1]

    def body(i, y):
        return i + 1, tf.cond(tf.reduce_sum(y) < 1.5, lambda: inner(y) + y, lambda: y * w)

    y = tf.while_loop(lambda i, y: i < 4, body, [0, x])[1]

    def program(x, w):
        y = x
        for _ in range(4):
            if y.sum().item() < 1.5:
                z = y
                for _ in range(2):
                    z = (z * w + x).tanh()
                y = z + y
            else:
                y = y * w
        return y

    check([y, *tf.gradients(y, [x, w])], {x: X}, imperative(program, 0.8), rewrites)


def test_random_numbers_are_those_of_the_forward_loop() -> None:
    x = tf.placeholder(tf.float64, [None])
    y = tf.while_loop(
        lambda i, y: i < 3, lambda i, y: (i + 1, y * tf.random_uniform(tf.shape(y), dtype=tf.float64)), [0, x]
    )[1]
    z = tf.cond(tf.reduce_sum(x) > 0, lambda: tf.nn.dropout(x, 0.5), lambda: x)
    with tf.Session() as sess:
        for value in (y, z):
            for _ in range(3):
                result, slope = sess.run([value, tf.gradients(value, x)[0]], {x: X})
                numpy.testing.assert_allclose(result, slope * X, rtol=1e-12)


def test_a_loop_may_change_variables() -> None:
    v = tf.Variable(1.0)

    def body(i, total):
        with tf.control_dependencies([v.assign(v * 2.0)]):
            return i + 1, total + v.read_value()

    total = tf.while_loop(lambda i, total: i < 3, body, [0, 0.0])[1]
    with tf.Session() as sess:
        sess.run(v.initializer)
        assert (sess.run(total), sess.run(v)) == (14.0, 8.0)


def test_loop_variables_in_nests_and_limits() -> None:
    found = tf.while_loop(
        lambda s: s["i"] < 100,
        lambda s: {"i": s["i"] + 1, "x": [s["x"][0] * 2]},
        [{"i": 0, "x": [1.0]}],
        maximum_iterations=5,
    )
    alone = tf.while_loop(lambda i: i < 10, lambda i: i + 3, [0])
    with tf.Session() as sess:
        assert sess.run(found) == {"i": 5, "x": [32.0]}
        assert sess.run(alone) == 12


def test_errors_of_loops() -> None:
    with pytest.raises(ValueError, match="as many results as there are loop variables"):
        tf.while_loop(lambda i, x: i < 3, lambda i, x: i + 1, [0, 1.0])
    with pytest.raises(TypeError, match="keep their dtype"):
        tf.while_loop(lambda i: i < 3, lambda i: tf.cast(i, tf.float32), [0])
    with pytest.raises(ValueError, match="is not an invariant for the loop"):
        tf.while_loop(lambda x: x[0] < 3, lambda x: tf.concat([x, x], 0), [tf.ones([2])])
    with pytest.raises(TypeError, match="must be one truth value"):
        tf.while_loop(lambda i: i, lambda i: i + 1, [0])
    x = tf.constant(1.0)
    y = tf.while_loop(lambda y: y < 10, lambda y: y * 2 * x, [x])
    with pytest.raises(TypeError, match="Second-order gradient for while loops not supported"):
        tf.gradients(tf.gradients(y, x), x)
    grown = tf.while_loop(
        lambda x: tf.size(x) < 9,
        lambda x: tf.concat([x, x], 0),
        [tf.ones([2])],
        shape_invariants=[tf.TensorShape([None])],
    )
    with tf.Session() as sess, pytest.raises(tf.errors.InvalidArgumentError, match="changes its shape"):
        sess.run(grown)
