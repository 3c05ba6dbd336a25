"""Programs as TensorFlow's users wrote them, on handwritten digits: they learn, with rewrites and without the same."""

import numpy
import pytest
from sklearn.datasets import load_digits

import minigrad
import minigrad.tf1 as tf


@pytest.fixture(scope="module")
def digits() -> tuple[numpy.ndarray, numpy.ndarray]:
    data = load_digits()
    return (data.data / 16).astype("float32"), data.target


def test_a_perceptron_of_two_layers_learns_digits(digits) -> None:
    images, classes = digits
    x = tf.placeholder(tf.float32, [None, 64], name="x")
    y_ = tf.placeholder(tf.float32, [None, 10], name="labels")
    with tf.name_scope("hidden"):
        w1 = tf.Variable(tf.truncated_normal([64, 32], stddev=0.1, seed=1), name="weights")
        b1 = tf.Variable(tf.zeros([32]), name="biases")
        hidden = tf.nn.relu(tf.matmul(x, w1) + b1)
    with tf.name_scope("output"):
        w2 = tf.Variable(tf.truncated_normal([32, 10], stddev=0.1, seed=2), name="weights")
        b2 = tf.Variable(tf.zeros([10]), name="biases")
        y = tf.matmul(hidden, w2) + b2
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y_, logits=y))
    train_step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    correct = tf.equal(tf.argmax(y, 1), tf.argmax(y_, 1))
    accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))
    one_hot = numpy.eye(10, dtype="float32")[classes]
    losses = {}
    for rewrites in (True, False):
        with tf.Session(rewrites=rewrites) as sess:
            sess.run(tf.global_variables_initializer())
            losses[rewrites] = []
            for i in range(150):
                batch = slice(i % 20 * 64, i % 20 * 64 + 64)
                value, _ = sess.run([loss, train_step], feed_dict={x: images[batch], y_: one_hot[batch]})
                losses[rewrites].append(value)
            test = {x: images[1300:], y_: one_hot[1300:]}
            assert sess.run(accuracy, feed_dict=test) > 0.88
    numpy.testing.assert_allclose(losses[True], losses[False], rtol=2e-3)


def test_the_same_network_has_the_same_losses_in_all_steps_as_an_imperative_one(digits) -> None:
    images, classes = digits
    r = numpy.random.default_rng(0)
    start = [r.normal(0, 0.3, shape) for shape in ((64, 16), (16,), (16, 10), (10,))]
    x, y = tf.placeholder(tf.float64, [None, 64]), tf.placeholder(tf.int64, [None])
    w1, b1, w2, b2 = (tf.Variable(a) for a in start)
    logits = tf.matmul(tf.tanh(tf.matmul(x, w1) + b1), w2) + b2
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    train = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
    weights = [minigrad.tensor(a, requires_grad=True) for a in start]
    optimizer = minigrad.optim.SGD(weights, lr=0.1, momentum=0.9)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for i in range(5):
            part = slice(32 * i, 32 * i + 32)
            found, _ = sess.run([loss, train], {x: images[part], y: classes[part]})
            h = (minigrad.tensor(images[part].astype("float64")) @ weights[0] + weights[1]).tanh()
            wanted = minigrad.cross_entropy(h @ weights[2] + weights[3], minigrad.tensor(classes[part]))
            assert found == pytest.approx(wanted.item(), rel=1e-10)
            optimizer.zero_grad()
            wanted.backward()
            optimizer.step()


def test_a_small_lenet_learns_digits(digits) -> None:
    images, classes = digits
    tf.set_random_seed(2)
    x, y = tf.placeholder(tf.float32, [None, 64]), tf.placeholder(tf.int32, [None])
    keep = tf.placeholder_with_default(1.0, [])
    h = tf.reshape(x, [-1, 8, 8, 1])
    h = tf.layers.conv2d(h, 6, 3, padding="same", activation=tf.nn.relu)
    h = tf.layers.max_pooling2d(h, 2, 2)
    h = tf.layers.conv2d(h, 12, 3, activation=tf.nn.relu)
    h = tf.nn.dropout(tf.layers.dense(tf.layers.flatten(h), 32, activation=tf.nn.relu), keep)
    logits = tf.layers.dense(h, 10)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    step = tf.train.get_or_create_global_step()
    train = tf.train.AdamOptimizer(0.01).minimize(loss, global_step=step)
    accuracy = tf.reduce_mean(tf.cast(tf.nn.in_top_k(logits, y, 1), tf.float32))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for i in range(140):
            part = slice(i % 20 * 64, i % 20 * 64 + 64)
            sess.run(train, {x: images[part], y: classes[part], keep: 0.8})
        assert sess.run([accuracy, step], {x: images[1300:], y: classes[1300:]})[0] > 0.85
