"""Runs: what is fetched and fed, what is executed, and what a session says when it cannot."""

from collections import OrderedDict, namedtuple

import numpy
import pytest

import minigrad.tf1 as tf

REWRITES = pytest.mark.parametrize("rewrites", [True, False])


@REWRITES
def test_the_lectures_program(rewrites: bool) -> None:
    v1 = tf.Variable(...)
    v2 = tf.exp(v1)
    v3 = v2 + 1
    v4 = v2 * v3
    sess = tf.Session(rewrites=rewrites)
    value4 = sess.run(v4, feed_dict={v1: numpy.array([1.0])})
    e = numpy.exp(numpy.float32([1.0]))
    numpy.testing.assert_allclose(value4, e * (e + 1), rtol=1e-6)
    (g,) = tf.gradients(v4, v1)
    assert g.op.name.startswith("gradients/Exp_grad/")
    numpy.testing.assert_allclose(sess.run(g, {v1: [1.0]}), 2 * e * e + e, rtol=1e-6)


@REWRITES
def test_fetches_keep_their_structure(rewrites: bool) -> None:
    Pair = namedtuple("Pair", "x y")
    x, y = tf.constant(1.0, name="x"), tf.constant([2, 3], name="y")
    with tf.Session(rewrites=rewrites) as sess:
        found = sess.run({"pair": Pair(x, [y, y]), "names": ("x:0", tf.no_op()), "same": x})
        assert list(sess.run(OrderedDict([("b", x), ("a", y)]))) == ["b", "a"]
    assert isinstance(found["pair"], Pair)
    assert (found["pair"].x, found["same"], found["names"]) == (1.0, 1.0, (1.0, None))
    assert [part.tolist() for part in found["pair"].y] == [[2, 3], [2, 3]]
    assert sess.graph.get_operation_by_name("x").type == "Const"


@REWRITES
def test_only_what_is_needed_runs_and_each_node_once(rewrites: bool) -> None:
    ran = []

    def note(name: str, x: tf.Tensor) -> tf.Tensor:
        y = tf.py_func(lambda value: (ran.append(name), value)[1], [x], tf.float32)
        y.set_shape(x.shape)
        return y

    x = note("x", tf.constant(2.0))
    y, z = note("y", x * x), note("z", x + 1)
    with tf.Session(rewrites=rewrites) as sess:
        assert sess.run([y, x, y + x]) == [4.0, 2.0, 6.0]
        assert ran == ["x", "y"]
        ran.clear()
        assert sess.run(z, {x: 5.0}) == 6.0
        assert ran == ["z"]  # what is fed is not computed
        sess.run(tf.group(z))
        assert ran == ["z", "x", "z"]


def test_any_tensor_may_be_fed() -> None:
    x = tf.placeholder(tf.float32, [None, 2])
    h = tf.exp(x)
    y = tf.reduce_mean(h, axis=0)
    with tf.Session() as sess:
        numpy.testing.assert_array_equal(sess.run(y, {h: [[1, 2], [3, 4]]}), [2, 3])
        numpy.testing.assert_array_equal(sess.run(y, {"Exp:0": [[1, 2]]}), [1, 2])
        assert sess.run(h, {h: [[7, 8]]}).tolist() == [[7, 8]]


def test_other_sizes_are_other_programs() -> None:
    x = tf.placeholder(tf.float32, [None])
    y = tf.reduce_mean(tf.square(x - tf.reduce_mean(x)))
    with tf.Session() as sess:
        for count in (2, 5, 2):
            values = numpy.arange(count, dtype="float32")
            assert sess.run(y, {x: values}) == pytest.approx(values.var())
        assert len(sess.steps) == 2


def test_what_is_handed_out_is_the_callers() -> None:
    v = tf.Variable([1.0, 2.0])
    bump = v.assign_add([1.0, 1.0])
    with tf.Session() as sess:
        sess.run(v.initializer)
        for fetch in (v, bump, v, tf.identity(v)):
            sess.run(fetch)[:] = -100
        assert sess.run(v).tolist() == [2.0, 3.0]
        fed = numpy.float32([5, 5])
        sess.run(v, {v: fed})[:] = 0
        assert fed.tolist() == [5, 5]


def test_default_sessions() -> None:
    x = tf.constant(3.0)
    with pytest.raises(ValueError, match="No default session is registered"):
        x.eval()
    with tf.Session().as_default() as sess:
        assert x.eval() == 3.0
        assert tf.get_default_session() is sess
    interactive = tf.InteractiveSession()
    v = tf.Variable(x * 2)
    v.initializer.run()
    assert v.eval() == 6.0
    interactive.close()
    assert tf.get_default_session() is None
    with tf.Session(graph=tf.Graph()), pytest.raises(ValueError, match="different from the session's graph"):
        x.eval()


def test_errors_of_fetches() -> None:
    tf.constant(1.0)
    with tf.Session() as sess:
        with pytest.raises(TypeError, match=r"Fetch argument 3.5 has invalid type float"):
            sess.run(3.5)
        with pytest.raises(TypeError, match="Fetch argument None has invalid type NoneType"):
            sess.run(None)
        with pytest.raises(ValueError, match="Fetch argument 'nothing:0' cannot be interpreted as a Tensor"):
            sess.run("nothing:0")
        with tf.Graph().as_default():
            other = tf.constant(1.0)
        with pytest.raises(ValueError, match="is not an element of this graph"):
            sess.run(other)
    with pytest.raises(RuntimeError, match="Attempted to use a closed Session"):
        sess.run("Const:0")
    with pytest.raises(RuntimeError, match="The Session graph is empty"):
        tf.Session(graph=tf.Graph()).run([])


def test_errors_of_feeds() -> None:
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    y = x + 1.0
    with tf.Session() as sess:
        with pytest.raises(tf.errors.InvalidArgumentError, match="You must feed a value for placeholder tensor 'x'"):
            sess.run(y)
        with pytest.raises(
            ValueError, match=r"Cannot feed value of shape \(2,\) for Tensor 'x:0', which has shape '\(\?, 3\)'"
        ):
            sess.run(y, {x: [1, 2]})
        with pytest.raises(TypeError, match=r"The value of a feed cannot be a tf\.Tensor object"):
            sess.run(y, {x: tf.ones([1, 3])})
        with pytest.raises(TypeError, match="Cannot interpret feed_dict key as Tensor"):
            sess.run(y, {"z:0": 1})
        with pytest.raises(TypeError, match="Cannot interpret feed_dict key as Tensor"):
            sess.run(y, {3: 1})


def test_shapes_that_do_not_fit_name_the_node() -> None:
    x, y = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.float32, [None])
    z = tf.add(x, y, name="together")
    with tf.Session() as sess:
        assert sess.run(z, {x: [1], y: [1, 2]}).tolist() == [2, 3]
        with pytest.raises(tf.errors.InvalidArgumentError, match="together") as caught:
            sess.run(z, {x: [1, 2, 3], y: [1, 2]})
    assert caught.value.op is z.op


@REWRITES
def test_values_out_of_range_name_the_node(rewrites: bool) -> None:
    indices = tf.placeholder(tf.int32, [None])
    picked = tf.gather(tf.constant([1.0, 2.0]), indices, name="picked") * 2
    with tf.Session(rewrites=rewrites) as sess:
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"out of bounds.*node 'picked'") as caught:
            sess.run(picked, {indices: [1, 5]})
        assert caught.value.op is not None and caught.value.op.name == "picked"
        assert sess.run(picked, {indices: [1, 1]}).tolist() == [4.0, 4.0]


def test_a_function_of_python_that_fails_says_so() -> None:
    y = tf.py_func(lambda: 1 // 0, [], tf.int32)
    y.set_shape([])
    with tf.Session() as sess, pytest.raises(tf.errors.UnknownError, match="ZeroDivisionError"):
        sess.run(y)
    z = tf.py_func(lambda: numpy.zeros(3), [], tf.float32)
    z.set_shape([2])
    with tf.Session() as sess, pytest.raises(tf.errors.InvalidArgumentError, match="returned something else"):
        sess.run(z)


def test_print_prints_what_passes(capsys: pytest.CaptureFixture) -> None:
    x = tf.placeholder(tf.float32, [None])
    y = tf.Print(x, [x, tf.shape(x)], "x is ", summarize=2) * 2
    with tf.Session() as sess:
        assert sess.run(y, {x: [1, 2, 3]}).tolist() == [2, 4, 6]
    assert capsys.readouterr().err == "x is [1 2...][3]\n"


@REWRITES
def test_what_must_run_before_runs_though_nothing_takes_its_value(
    rewrites: bool, capsys: pytest.CaptureFixture
) -> None:
    v = tf.Variable(0.0)
    one = tf.Print(v, [v], "one ", first_n=2)
    with tf.control_dependencies([one * 2]):
        two = tf.Print(v, [v], "two ")
    with tf.control_dependencies([two]):
        assigned = v.assign(5.0)
    with tf.control_dependencies([assigned.op]):
        three = tf.Print(v, [v], "three ")
    with tf.Session(rewrites=rewrites) as sess:
        sess.run(v.initializer)
        sess.run(assigned)
        assert capsys.readouterr().err.splitlines() == ["one [0]", "two [0]"]
        sess.run(three.op)
        assert capsys.readouterr().err.splitlines() == ["one [5]", "two [5]", "three [5]"]
        sess.run(two)
        assert capsys.readouterr().err.splitlines() == ["two [5]"]


def test_random_numbers_follow_the_seeds() -> None:
    tf.set_random_seed(3)
    x, y = tf.random_normal([4]), tf.random_uniform([1000], seed=7)
    t = tf.truncated_normal([1000], stddev=2.0)
    with tf.Session() as first, tf.Session() as second:
        a, b = first.run(x), first.run(x)
        assert not (a == b).any()
        assert [second.run(x).tolist(), second.run(x).tolist()] == [a.tolist(), b.tolist()]
        values = first.run(y)
        assert 0 <= values.min() < 0.1 and 0.9 < values.max() < 1
        assert 3 < numpy.abs(first.run(t)).max() <= 4


def test_one_draw_in_a_run_is_one_value() -> None:
    x = tf.random_normal([8])
    with tf.Session() as sess:
        once, again, difference = sess.run([x, tf.identity(x), x - x])
    assert (once == again).all() and not difference.any()
    two = [tf.random_normal([8]), tf.random_normal([8])]
    with tf.Session() as sess:
        a, b = sess.run(two)
    assert (a != b).all()


def test_sizes_from_tensors() -> None:
    x = tf.placeholder(tf.float32, [None, 3])
    n = tf.placeholder(tf.int32, [])
    rows = tf.shape(x)[0]
    fetches = [
        tf.zeros([rows, 2]),
        tf.reshape(x, [rows * 3]),
        tf.reshape(x, tf.stack([3, rows])),
        tf.range(rows),
        tf.fill([n], 7.0),
        tf.tile(x, [1, 2]),
    ]
    with tf.Session() as sess:
        for size, count in ((2, 4), (5, 1), (5, 3)):
            found = sess.run(fetches, {x: numpy.ones((size, 3)), n: count})
            shapes = [(size, 2), (size * 3,), (3, size), (size,), (count,), (size, 6)]
            assert [value.shape for value in found] == shapes
    with pytest.raises(ValueError, match="cannot be a size"):
        tf.zeros([tf.cast(tf.reduce_sum(x), tf.int32)])
