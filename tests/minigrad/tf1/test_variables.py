"""State: initialisation, assignment, what a read sees, sessions apart from each other."""

import numpy
import pytest

import minigrad.tf1 as tf

REWRITES = pytest.mark.parametrize("rewrites", [True, False])


def test_a_variable_must_be_initialised() -> None:
    v = tf.Variable(tf.ones([2]), name="v")
    with tf.Session() as sess:
        with pytest.raises(
            tf.errors.FailedPreconditionError, match="Attempting to use uninitialized value v"
        ) as caught:
            sess.run(v * 2)
        assert caught.value.op is v.op
        sess.run(tf.global_variables_initializer())
        assert sess.run(v * 2).tolist() == [2, 2]


def test_each_session_has_its_own_values() -> None:
    v = tf.Variable(1.0)
    bump = v.assign_add(1.0)
    with tf.Session() as first, tf.Session() as second:
        first.run(v.initializer)
        second.run(v.initializer)
        assert [first.run(bump), first.run(bump), second.run(bump)] == [2.0, 3.0, 2.0]
        v.load(9.0, first)
        assert (first.run(v), second.run(v)) == (9.0, 2.0)


@REWRITES
def test_a_read_sees_what_it_is_ordered_after(rewrites: bool) -> None:
    v = tf.Variable(1.0)
    with tf.control_dependencies([v.assign(10.0)]):
        after, read = v + 1.0, v.read_value()
    before = v + 1.0
    chained = tf.assign_sub(v, 1.0) * 100.0
    with tf.Session(rewrites=rewrites) as sess:
        sess.run(v.initializer)
        assert sess.run([after, before, read]) == [11.0, 2.0, 10.0]
        assert sess.run(v) == 10.0
        assert sess.run([chained, v]) == [900.0, 10.0]
        assert sess.run(v) == 9.0
    first = v.assign(1.0)
    with tf.control_dependencies([first]):
        second = v.assign(2.0)
    with tf.control_dependencies([first, second]):
        last = v.read_value()
    with tf.Session(rewrites=rewrites) as sess:
        assert sess.run(last) == 2.0


def test_two_additions_in_one_run_both_count() -> None:
    v = tf.Variable(1.0)
    both = tf.group(v.assign_add(1.0), v.assign_add(10.0))
    with tf.Session() as sess:
        sess.run(v.initializer)
        sess.run(both)
        assert sess.run(v) == 12.0


def test_initialisers_may_use_other_variables() -> None:
    v = tf.Variable(tf.random_normal([3], seed=1))
    w = tf.Variable(v.initialized_value() * 2.0)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        a, b = sess.run([v, w])
        numpy.testing.assert_array_equal(b, a * 2)


def test_a_variable_of_any_shape() -> None:
    v = tf.Variable([1.0, 2.0], validate_shape=False)
    total = tf.reduce_sum(v)
    grown = v.assign([1.0, 2.0, 3.0])
    with tf.Session() as sess:
        sess.run(v.initializer)
        assert sess.run(total) == 3.0
        sess.run(grown.op)
        assert sess.run(total) == 6.0


def test_collections() -> None:
    v = tf.Variable(1.0, name="v")
    step = tf.Variable(0, trainable=False, name="step")
    own = tf.Variable(0.0, collections=["mine"], name="own", trainable=False)
    assert tf.global_variables() == [v, step]
    assert tf.trainable_variables() == [v]
    assert tf.get_collection("mine") == [own]


def test_errors_of_assignments() -> None:
    v = tf.Variable([1.0, 2.0])
    with pytest.raises(ValueError, match="Dimensions must be equal"):
        v.assign([1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match="only a variable can be assigned to"):
        tf.assign(tf.constant(1.0), 2.0)
    with pytest.raises(ValueError, match="initial_value must be specified"):
        tf.Variable()
