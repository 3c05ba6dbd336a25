"""tf.train's optimisers against PyTorch where the formulas agree, and against TensorFlow's own formulas where not."""

from collections.abc import Callable

import numpy
import pytest

import minigrad.tf1 as tf

START = numpy.array([1.0, -2.0, 0.5])
SCALE = numpy.array([1.0, 3.0, 0.1])


def trained(optimizer: tf.train.Optimizer, steps: int = 5, rewrites: bool = True) -> numpy.ndarray:
    w = tf.Variable(START)
    train = optimizer.minimize(tf.reduce_sum(tf.constant(SCALE) * tf.square(w)))
    with tf.Session(rewrites=rewrites) as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(steps):
            assert sess.run(train) is None
        return sess.run(w)


@pytest.mark.parametrize(
    ("make", "peer"),
    [
        (lambda: tf.train.GradientDescentOptimizer(0.1), lambda o, w: o.SGD(w, lr=0.1)),
        (lambda: tf.train.MomentumOptimizer(0.05, 0.9), lambda o, w: o.SGD(w, lr=0.05, momentum=0.9)),
        (
            lambda: tf.train.MomentumOptimizer(0.05, 0.9, use_nesterov=True),
            lambda o, w: o.SGD(w, lr=0.05, momentum=0.9, nesterov=True),
        ),
        (
            lambda: tf.train.AdagradOptimizer(0.1),
            lambda o, w: o.Adagrad(w, lr=0.1, initial_accumulator_value=0.1, eps=0),
        ),
        (lambda: tf.train.AdamOptimizer(0.1, epsilon=0.0), lambda o, w: o.Adam(w, lr=0.1, eps=0.0)),
    ],
    ids=["descent", "momentum", "nesterov", "adagrad", "adam"],
)
def test_as_pytorch(torch, make: Callable, peer: Callable) -> None:
    w = torch.tensor(START, requires_grad=True)
    optimizer = peer(torch.optim, [w])
    for _ in range(5):
        optimizer.zero_grad()
        (torch.tensor(SCALE) * w**2).sum().backward()
        optimizer.step()
    for rewrites in (True, False):
        with tf.Graph().as_default():
            numpy.testing.assert_allclose(trained(make(), rewrites=rewrites), w.detach().numpy(), rtol=1e-9)


@pytest.mark.parametrize("centered", [False, True])
def test_rmsprop_and_adam_by_tensorflows_formulas(centered: bool) -> None:
    w, s, m, v = START.copy(), numpy.ones(3), numpy.zeros(3), numpy.zeros(3)
    for _ in range(4):
        g = 2 * SCALE * w
        s, m = 0.8 * s + 0.2 * g * g, 0.8 * m + 0.2 * g
        v = 0.5 * v + 0.1 * g / numpy.sqrt(s - m * m * centered + 1e-3)
        w = w - v
    found = trained(tf.train.RMSPropOptimizer(0.1, 0.8, 0.5, 1e-3, centered=centered), 4)
    numpy.testing.assert_allclose(found, w, rtol=1e-9)
    w, m, v = START.copy(), numpy.zeros(3), numpy.zeros(3)
    for t in range(1, 5):
        g = 2 * SCALE * w
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
        w = w - 0.1 * numpy.sqrt(1 - 0.99**t) / (1 - 0.9**t) * m / (numpy.sqrt(v) + 0.1)
    numpy.testing.assert_allclose(trained(tf.train.AdamOptimizer(0.1, beta2=0.99, epsilon=0.1), 4), w, rtol=1e-6)


def test_gradients_can_be_changed_on_their_way() -> None:
    w, unused = tf.Variable([3.0, 4.0]), tf.Variable(1.0)
    step = tf.train.get_or_create_global_step()
    rate = tf.train.exponential_decay(1.0, step, 1, 0.5)
    optimizer = tf.train.GradientDescentOptimizer(rate)
    pairs = optimizer.compute_gradients(tf.nn.l2_loss(w))
    assert [(g is None, v) for g, v in pairs] == [(False, w), (True, unused)]
    clipped, length = tf.clip_by_global_norm([g for g, _ in pairs], 1.0)
    train = optimizer.apply_gradients(zip(clipped, [v for _, v in pairs], strict=True), global_step=step)
    assert train.name == "GradientDescent"
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run([length, train])[0] == 5.0
        numpy.testing.assert_allclose(sess.run(w), [2.4, 3.2], rtol=1e-6)
        sess.run(train)
        numpy.testing.assert_allclose(sess.run(w), [2.1, 2.8], rtol=1e-6)
        assert tf.train.global_step(sess, step) == 2
    with pytest.raises(ValueError, match="No gradients provided for any variable"):
        optimizer.minimize(tf.constant(1.0))
    assert tf.get_collection(tf.GraphKeys.TRAIN_OP) == [train]


def test_slots_have_names() -> None:
    w = tf.Variable([1.0], name="w")
    optimizer = tf.train.AdamOptimizer()
    optimizer.minimize(tf.reduce_sum(w * w))
    assert [v.op.name for v in tf.global_variables()] == ["w", "w/Adam", "w/Adam_1", "beta1_power", "beta2_power"]
    assert optimizer.get_slot(w, "m").op.name == "w/Adam"
    assert tf.trainable_variables() == [w]


def test_learning_rates() -> None:
    step = tf.placeholder(tf.int64, [])
    rates = [
        tf.train.exponential_decay(0.1, step, 10, 0.5, staircase=True),
        tf.train.inverse_time_decay(0.1, step, 10, 2.0),
        tf.train.polynomial_decay(0.1, step, 10, 0.0, power=2.0),
        tf.train.piecewise_constant(step, [5, 10], [1.0, 0.5, 0.1]),
    ]
    with tf.Session() as sess:
        numpy.testing.assert_allclose(sess.run(rates, {step: 15}), [0.05, 0.025, 0.0, 0.1], rtol=1e-6)
        numpy.testing.assert_allclose(sess.run(rates, {step: 5}), [0.1, 0.05, 0.025, 1.0], rtol=1e-6)
