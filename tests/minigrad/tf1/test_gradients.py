"""tf.gradients: the same numbers as the imperative backward pass, whatever of the shapes is unknown."""

import numpy
import pytest

import minigrad
import minigrad.tf1 as tf

R = numpy.random.default_rng(0)


def array(*shape: int) -> numpy.ndarray:
    return R.uniform(0.3, 1.5, shape)


# A function of tensors in TensorFlow's words, the same in minigrad's, and its arrays.
CASES = {
    "square of a product": (lambda x, y: tf.square(x * y), lambda x, y: (x * y).square(), [(2, 3), (2, 3)]),
    "broadcast rows": (lambda x, y: tf.exp(x) / y, lambda x, y: x.exp() / y, [(4, 3), (1, 3)]),
    "broadcast both": (lambda x, y: x - y * x, lambda x, y: x - y * x, [(4, 1), (1, 3)]),
    "vector beside matrix": (lambda x, y: tf.pow(x, y), lambda x, y: x**y, [(4, 3), (3,)]),
    "matmul": (lambda x, y: tf.matmul(x, y), lambda x, y: x @ y, [(2, 3), (3, 4)]),
    "matmul transposed": (
        lambda x, y: tf.matmul(x, y, transpose_a=True, transpose_b=True), lambda x, y: x.mT @ y.mT, [(3, 2), (4, 3)],
    ),
    "batches": (lambda x, y: tf.matmul(x, y), lambda x, y: x @ y, [(5, 2, 3), (5, 3, 4)]),
    "means": (lambda x: tf.reduce_mean(x * x, 1), lambda x: (x * x).mean(1), [(4, 3)]),
    "mean of all": (lambda x: tf.reduce_mean(x * x), lambda x: (x * x).mean(), [(4, 3)]),
    "largest": (lambda x: tf.reduce_max(x, axis=0, keepdims=True) * x, lambda x: x.amax(0, True) * x, [(4, 3)]),
    "product": (lambda x: tf.reduce_prod(x, [0, 1]), lambda x: x.prod(), [(2, 3)]),
    "softmax": (lambda x: tf.nn.softmax(x) * x, lambda x: x.softmax(-1) * x, [(4, 3)]),
    "logsumexp": (lambda x: tf.reduce_logsumexp(x, 1), lambda x: x.logsumexp(1), [(4, 3)]),
    "joined": (lambda x, y: tf.square(tf.concat([x, y], 1)), lambda x, y: minigrad.cat([x, y], 1).square(), [(2, 3), (2, 1)]),
    "stacked": (lambda x, y: tf.square(tf.stack([x, y], 1)), lambda x, y: minigrad.stack([x, y], 1).square(), [(2, 3), (2, 3)]),
    "flattened": (lambda x: tf.square(tf.reshape(x, [-1])), lambda x: x.reshape(-1).square(), [(2, 3)]),
    "turned": (lambda x: tf.transpose(x, [1, 0]) * 2.0, lambda x: x.T * 2, [(2, 3)]),
    "a part": (lambda x: tf.square(x[1:, 0]), lambda x: x[1:, 0].square(), [(3, 2)]),
    "normalised": (lambda x: tf.nn.l2_normalize(x, 1), lambda x: x / (x * x).sum(1, True).sqrt(), [(3, 2)]),
    "maximum": (lambda x, y: tf.maximum(x, y), lambda x, y: minigrad.maximum(x, y), [(3, 2), (3, 2)]),
    "clipped": (lambda x: tf.clip_by_value(x, 0.5, 1.0) * x, lambda x: x.clamp(0.5, 1.0) * x, [(3, 2)]),
    "chosen": (lambda x, y: tf.where(x > y, x * y, y), lambda x, y: minigrad.where(x > y, x * y, y), [(3, 2), (3, 2)]),
    "split": (lambda x: tf.split(x, 2, 1)[1] ** 2.0, lambda x: x[:, 2:] ** 2, [(3, 4)]),
    "gathered": (lambda x: tf.gather(x, [0, 2, 2]) ** 2.0, lambda x: x[[0, 2, 2]] ** 2, [(3, 4)]),
    "repeated": (lambda x: tf.tile(x, [2, 1]) ** 2.0, lambda x: x.tile((2, 1)) ** 2, [(3, 4)]),
    "padded": (lambda x: tf.pad(x, [[1, 0], [0, 2]]) ** 2.0, lambda x: minigrad.pad(x, (0, 2, 1, 0)) ** 2, [(3, 4)]),
    "einsum": (lambda x, y: tf.einsum("ij,kj->ik", x, y), lambda x, y: x @ y.mT, [(2, 3), (4, 3)]),
    "summed up": (lambda x: tf.cumsum(x, 1) ** 2.0, lambda x: x.cumsum(1) ** 2, [(3, 4)]),
}  # fmt: skip
NO_RANK = (
    "square of a product",
    "broadcast rows",
    "broadcast both",
    "matmul",
    "mean of all",
    "softmax",
    "chosen",
    "product",
)


def expected(function, arrays):
    xs = [minigrad.tensor(a, requires_grad=True) for a in arrays]
    z = function(*xs)
    first = minigrad.autograd.grad(z.square().sum(), xs, create_graph=True)
    second = minigrad.autograd.grad(sum(g.square().sum() for g in first), xs, allow_unused=True)
    zeros = [numpy.zeros_like(a) for a in arrays]
    return (
        z.detach().numpy(),
        [g.detach().numpy() for g in first],
        [o if g is None else g.numpy() for g, o in zip(second, zeros, strict=True)],
    )


@pytest.mark.parametrize("known", ["all", "some", "none"])
@pytest.mark.parametrize("name", CASES)
def test_values_and_two_derivatives(name: str, known: str) -> None:
    if known == "none" and name not in NO_RANK:
        return
    function, same, shapes = CASES[name]
    arrays = [array(*shape) for shape in shapes]
    z, first, second = expected(same, arrays)
    declared = {
        "all": shapes,
        "some": [[None if n == 0 else size for n, size in enumerate(shape)] for shape in shapes],
        "none": [None] * len(shapes),
    }[known]
    if known == "some" and name in ("square of a product", "broadcast both", "matmul", "maximum", "chosen"):
        declared = [[None] * len(shape) for shape in shapes]
    xs = [tf.placeholder(tf.float64, shape) for shape in declared]
    y = function(*xs)
    gradients = tf.gradients(tf.reduce_sum(tf.square(y)), xs)
    twice = tf.gradients([tf.reduce_sum(tf.square(g)) for g in gradients], xs)
    feeds = dict(zip(xs, arrays, strict=True))
    for rewrites in (False, True):
        with tf.Session(rewrites=rewrites) as sess:
            found = sess.run(
                [y, gradients, [tf.zeros_like(x) if g is None else g for x, g in zip(xs, twice, strict=True)]], feeds
            )
        numpy.testing.assert_allclose(found[0], z, rtol=1e-9)
        for a, b in zip(found[1] + found[2], first + second, strict=True):
            numpy.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10)


def test_gradient_nodes_are_in_the_graph_when_they_are_declared(graph: tf.Graph) -> None:
    x = tf.placeholder(tf.float32, [None, 3])
    w = tf.Variable(tf.ones([3, 2]))
    before = len(graph.get_operations())
    g = tf.gradients(tf.reduce_mean(tf.matmul(x, w)), w)[0]
    added = graph.get_operations()[before:]
    assert any(op.name == "gradients/MatMul_grad/MatMul" for op in added)
    assert g.shape.as_list() == [3, 2]


def test_unconnected_is_none() -> None:
    x, y = tf.constant(1.0), tf.constant(2.0)
    assert tf.gradients(x * 2, [y]) == [None]
    assert tf.gradients(tf.stop_gradient(x) * y, [x]) == [None]
    assert tf.gradients(tf.cast(tf.cast(x, tf.int32), tf.float32), [x]) == [None]
    with pytest.raises(TypeError, match="whole numbers or truth values do not exist"):
        tf.gradients(tf.constant(1) * 2, [x])


def test_stop_gradients_and_grad_ys() -> None:
    x = tf.constant(3.0)
    a = x * 2
    b = a * x
    stopped = tf.gradients(b, [x, a], stop_gradients=[a])
    scaled = tf.gradients([b, a], x, grad_ys=[10.0, 1.0])
    with tf.Session() as sess:
        assert sess.run(tf.gradients(b, x)) == [12.0]
        assert sess.run(stopped) == [6.0, 3.0]
        assert sess.run(scaled) == [122.0]


def test_a_size_of_one_that_is_only_repeated_when_fed() -> None:
    x, y = tf.placeholder(tf.float32, [None, None]), tf.placeholder(tf.float32, [None, None])
    g = tf.gradients(x * y + y, [x, y])
    with tf.Session() as sess:
        for first, second in (((1, 3), (4, 3)), ((4, 3), (4, 1)), ((4, 3), (4, 3)), ((1, 3), (4, 1))):
            a, b = numpy.ones(first), numpy.full(second, 2.0)
            found = sess.run(g, {x: a, y: b})
            assert [value.shape for value in found] == [first, second]
            count = numpy.prod(numpy.broadcast_shapes(first, second))
            assert found[0].sum() == 2 * count


def test_losses_of_classification() -> None:
    x, labels = tf.placeholder(tf.float64, [None, 5]), tf.placeholder(tf.int32, [None])
    sparse = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=x)
    dense = tf.nn.softmax_cross_entropy_with_logits(labels=tf.one_hot(labels, 5, dtype=tf.float64), logits=x)
    fetches = [[loss, tf.gradients(tf.reduce_mean(loss), x)[0]] for loss in (sparse, dense)]
    logits, classes = R.standard_normal((6, 5)), R.integers(0, 5, 6)
    X = minigrad.tensor(logits, requires_grad=True)
    wanted = minigrad.cross_entropy(X, minigrad.tensor(classes), reduction="none")
    wanted.mean().backward()
    with tf.Session() as sess:
        for loss, gradient in sess.run(fetches, {x: logits, labels: classes}):
            numpy.testing.assert_allclose(loss, wanted.detach().numpy(), rtol=1e-10)
            numpy.testing.assert_allclose(gradient, X.grad.numpy(), rtol=1e-9, atol=1e-12)
    with pytest.raises(ValueError, match="Rank mismatch"):
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.ones([3, 1], tf.int32), logits=tf.ones([3, 5]))
    with pytest.raises(ValueError, match="with named arguments"):
        tf.nn.softmax_cross_entropy_with_logits(x, x)
