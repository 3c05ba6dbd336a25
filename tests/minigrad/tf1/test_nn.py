"""tf.nn and tf.layers against PyTorch and formulas; sizes unknown until they are fed."""

import numpy
import pytest

import minigrad.tf1 as tf

R = numpy.random.default_rng(0)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize(
    ("size", "kernel", "stride"), [((8, 7), (3, 3), (1, 1)), ((7, 6), (2, 3), (2, 2)), ((9, 9), (5, 4), (3, 2))]
)
def test_convolution_and_pooling_as_pytorch(torch, size, kernel, stride, padding: str, known: bool) -> None:
    x_, w_ = R.standard_normal((2, *size, 3)), R.standard_normal((*kernel, 3, 4))
    x = tf.placeholder(tf.float64, x_.shape if known else [None, None, None, 3])
    w = tf.constant(w_)
    strides, window = [1, *stride, 1], [1, *kernel, 1]
    results = [
        tf.nn.conv2d(x, w, strides, padding),
        tf.nn.max_pool(x, window, strides, padding),
        tf.nn.avg_pool(x, window, strides, padding),
    ]
    gradients = [tf.gradients(tf.reduce_sum(tf.square(z)), [x])[0] for z in results]
    gw = tf.gradients(tf.reduce_sum(tf.square(results[0])), w)[0]
    with tf.Session() as sess:
        found, found_g, found_w = sess.run([results, gradients, gw], {x: x_})

    t = torch.tensor(x_.transpose(0, 3, 1, 2), requires_grad=True)
    tw = torch.tensor(w_.transpose(3, 2, 0, 1), requires_grad=True)
    sides = [0, 0, 0, 0]
    if padding == "SAME":
        for n, (a, k, s) in enumerate(zip(size, kernel, stride, strict=True)):
            total = max((-(-a // s) - 1) * s + k - a, 0)
            sides[2 - 2 * n : 4 - 2 * n] = [total // 2, total - total // 2]
    pad = torch.nn.functional.pad
    ones = pad(torch.ones_like(t), sides)
    wanted = [
        torch.nn.functional.conv2d(pad(t, sides), tw, stride=stride),
        torch.nn.functional.max_pool2d(pad(t, sides, value=-numpy.inf), kernel, stride),
        torch.nn.functional.avg_pool2d(pad(t, sides), kernel, stride)
        / torch.nn.functional.avg_pool2d(ones, kernel, stride),
    ]
    for z, a, g in zip(wanted, found, found_g, strict=True):
        numpy.testing.assert_allclose(a, z.detach().numpy().transpose(0, 2, 3, 1), rtol=1e-9)
        (tg,) = torch.autograd.grad((z**2).sum(), t, retain_graph=True)
        numpy.testing.assert_allclose(g, tg.numpy().transpose(0, 2, 3, 1), rtol=1e-8, atol=1e-9)
    (tgw,) = torch.autograd.grad((wanted[0] ** 2).sum(), tw)
    numpy.testing.assert_allclose(found_w, tgw.numpy().transpose(2, 3, 1, 0), rtol=1e-8)


def test_transposed_convolution_is_the_gradient_of_convolution() -> None:
    y_, w_ = R.standard_normal((2, 4, 3, 5)), R.standard_normal((3, 3, 2, 5))
    x = tf.placeholder(tf.float64, [2, 7, 6, 2])
    w, y = tf.constant(w_), tf.constant(y_)
    g = tf.gradients(tf.nn.conv2d(x, w, [1, 2, 2, 1], "SAME"), x, grad_ys=[y])[0]
    z = tf.nn.conv2d_transpose(y, w, [2, 7, 6, 2], [1, 2, 2, 1], "SAME")
    with tf.Session() as sess:
        a, b = sess.run([g, z], {x: numpy.zeros((2, 7, 6, 2))})
    numpy.testing.assert_allclose(a, b, rtol=1e-10)


def test_other_functions_of_nn() -> None:
    x_ = R.standard_normal((5, 4))
    x = tf.placeholder(tf.float64, [None, 4])
    labels = tf.constant([0, 3, 1, 1, 2])
    mean, variance = tf.nn.moments(x, [0])
    values, places = tf.nn.top_k(x, 2)
    fetches = {
        "relu6": tf.nn.relu6(x * 10),
        "leaky": tf.nn.leaky_relu(x),
        "sigmoid": tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.nn.sigmoid(x), logits=x),
        "l2": tf.nn.l2_loss(x),
        "moments": (mean, variance),
        "hits": tf.nn.in_top_k(tf.cast(x, tf.float32), labels, 2),
        "top": (values, places),
        "rows": tf.nn.embedding_lookup(x, [3, 0]),
        "hot": tf.one_hot(labels, 4, 5.0, -1.0, axis=0),
    }
    with tf.Session() as sess:
        found = sess.run(fetches, {x: x_})
    p = 1 / (1 + numpy.exp(-x_))
    order = numpy.argsort(-x_, axis=1)[:, :2]
    assert (found["relu6"] == numpy.clip(x_ * 10, 0, 6)).all()
    numpy.testing.assert_allclose(found["leaky"], numpy.where(x_ > 0, x_, 0.2 * x_))
    numpy.testing.assert_allclose(found["sigmoid"], -p * numpy.log(p) - (1 - p) * numpy.log(1 - p), rtol=1e-9)
    assert found["l2"] == pytest.approx((x_**2).sum() / 2)
    numpy.testing.assert_allclose(found["moments"], (x_.mean(0), x_.var(0)))
    assert found["hits"].tolist() == [c in row for c, row in zip([0, 3, 1, 1, 2], order, strict=True)]
    assert (found["top"][1] == order).all()
    assert (found["top"][0] == numpy.take_along_axis(x_, order, 1)).all()
    assert (found["rows"] == x_[[3, 0]]).all()
    assert found["hot"].shape == (4, 5)
    assert found["hot"][:, 1].tolist() == [-1, -1, -1, 5]


def test_dropout_keeps_the_mean() -> None:
    x = tf.ones([100, 100])
    keep = tf.placeholder(tf.float32, [])
    y = tf.nn.dropout(x, keep, seed=1)
    with tf.Session() as sess:
        found = sess.run(y, {keep: 0.25})
        assert set(numpy.unique(found)) == {0.0, 4.0}
        assert found.mean() == pytest.approx(1.0, abs=0.1)
        assert (sess.run(y, {keep: 1.0}) == 1).all()
    with pytest.raises(ValueError, match="keep_prob must be"):
        tf.nn.dropout(x, 0.0)


def test_layers_make_and_share_their_variables() -> None:
    x = tf.placeholder(tf.float32, [None, 8, 8, 1])
    h = tf.layers.conv2d(x, 4, 3, padding="same", activation=tf.nn.relu, name="conv")
    h = tf.layers.flatten(tf.layers.max_pooling2d(h, 2, 2))
    y = tf.layers.dense(h, 10)
    z = tf.layers.dense(h, 10)
    again = tf.layers.dense(h, 10, name="dense", reuse=True)
    assert (h.shape.as_list(), y.shape.as_list()) == ([None, 64], [None, 10])
    names = [v.op.name for v in tf.trainable_variables()]
    assert names == ["conv/kernel", "conv/bias", "dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        first, other, same = sess.run([y, z, again], {x: R.standard_normal((3, 8, 8, 1))})
        kernel = sess.run(tf.trainable_variables()[2])
    assert (first == same).all() and not (first == other).any()
    assert abs(kernel).max() <= (6 / 74) ** 0.5  # Glorot's limit
    with pytest.raises(ValueError, match="should be defined"):
        tf.layers.dense(tf.placeholder(tf.float32, [None, None]), 3)


def test_batch_normalisation_trains_and_remembers() -> None:
    x, training = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.bool, [])
    y = tf.layers.batch_normalization(x, training=training, momentum=0.5)
    values = R.standard_normal((50, 3)).astype("float32") * 3 + 1
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(20):
            found, _ = sess.run([y, tf.get_collection(tf.GraphKeys.UPDATE_OPS)], {x: values, training: True})
        numpy.testing.assert_allclose(found.mean(0), 0, atol=1e-5)
        numpy.testing.assert_allclose(found.std(0), 1, atol=1e-3)
        numpy.testing.assert_allclose(sess.run(y, {x: values, training: False}), found, atol=1e-3)
    assert [v.op.name.rpartition("/")[2] for v in tf.trainable_variables()] == ["beta", "gamma"]


def test_losses_are_weighted_and_collected() -> None:
    x_, y_ = R.standard_normal((4, 3)), R.standard_normal((4, 3))
    x, y = tf.placeholder(tf.float64, [None, 3]), tf.placeholder(tf.float64, [None, 3])
    weights = tf.constant([1.0, 0.0, 2.0, 1.0], tf.float64)
    plain = tf.losses.mean_squared_error(y, x)
    weighted = tf.losses.mean_squared_error(y, x, weights=weights)
    mean = tf.losses.absolute_difference(y, x, weights=weights, reduction=tf.losses.Reduction.MEAN)
    classes = tf.losses.sparse_softmax_cross_entropy(tf.constant([0, 2, 1, 1]), x)
    rows = tf.losses.softmax_cross_entropy(tf.one_hot([0, 2, 1, 1], 3), x)
    with tf.variable_scope("net", regularizer=lambda w: 0.1 * tf.nn.l2_loss(w)):
        tf.get_variable("w", initializer=tf.constant([3.0, 4.0], tf.float64), dtype=tf.float64)
    total = tf.losses.get_total_loss()
    w = numpy.array([1.0, 0.0, 2.0, 1.0])[:, None]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        found = sess.run([plain, weighted, mean, classes, rows, total], {x: x_, y: y_})
    assert found[0] == pytest.approx(((x_ - y_) ** 2).mean())
    assert found[1] == pytest.approx((w * (x_ - y_) ** 2).sum() / 9)
    assert found[2] == pytest.approx((w * abs(x_ - y_)).sum() / (3 * w.sum()))
    assert found[3] == pytest.approx(found[4])
    assert found[5] == pytest.approx(sum(found[:5]) + 1.25)
    with pytest.raises(ValueError, match="are incompatible"):
        tf.losses.mean_squared_error(tf.ones([4]), tf.ones([4, 1]))
