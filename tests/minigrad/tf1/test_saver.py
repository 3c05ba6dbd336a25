"""Checkpoints, and what runs tell about themselves."""

import json
from pathlib import Path

import numpy
import pytest

import minigrad.tf1 as tf


def test_a_session_goes_on_from_a_file(tmp_path: Path) -> None:
    v, step = tf.Variable([1.0, 2.0], name="v"), tf.Variable(0, name="step")
    bump = [v.assign_add([1.0, 1.0]), step.assign_add(1)]
    saver = tf.train.Saver(max_to_keep=2)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(3):
            sess.run(bump)
            path = saver.save(sess, tmp_path / "model", global_step=step)
    assert path == str(tmp_path / "model-3") == tf.train.latest_checkpoint(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint", "model-2.npz", "model-3.npz"]
    with tf.Session() as sess:
        saver.restore(sess, path)
        assert sess.run(v).tolist() == [4.0, 5.0]
        sess.run(bump)
        assert sess.run(step) == 4
    with tf.Session() as sess:
        saver.restore(sess, path)
        assert sess.run(v).tolist() == [4.0, 5.0]  # the other session's steps did not reach the file


def test_errors_of_checkpoints(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No variables to save"):
        tf.train.Saver()
    v = tf.Variable([1.0], name="v")
    saver = tf.train.Saver()
    with tf.Session() as sess:
        with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized value v"):
            saver.save(sess, tmp_path / "model")
        with pytest.raises(ValueError, match="is not a valid checkpoint"):
            saver.restore(sess, tmp_path / "model")
        sess.run(v.initializer)
        with pytest.raises(ValueError, match="Parent directory"):
            saver.save(sess, tmp_path / "nowhere" / "model")
        path = saver.save(sess, tmp_path / "model")
        with pytest.raises(tf.errors.NotFoundError, match="Key w not found in checkpoint"):
            tf.train.Saver({"w": v}).restore(sess, path)
        other = tf.Variable([1.0, 2.0], name="other")
        with pytest.raises(tf.errors.InvalidArgumentError, match="shapes of both tensors to match"):
            tf.train.Saver({"v": other}).restore(sess, path)
    numpy.savez(tmp_path / "objects.npz", v=numpy.array([object()], dtype=object))
    with tf.Session() as sess, pytest.raises(ValueError, match="allow_pickle=False"):
        saver.restore(sess, tmp_path / "objects")


@pytest.mark.parametrize("rewrites", [True, False])
def test_a_trace_names_what_ran_in_order(rewrites: bool) -> None:
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    w = tf.Variable(tf.ones([3, 2]), name="w")
    hidden = tf.nn.relu(tf.matmul(x, w, name="product"), name="hidden")
    loss = tf.reduce_mean(hidden, name="loss")
    unused = tf.exp(hidden, name="unused")
    metadata = tf.RunMetadata()
    full = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    with tf.Session(rewrites=rewrites) as sess:
        sess.run(w.initializer)
        plain = sess.run(loss, {x: numpy.ones((4, 3))})
        assert sess.run(loss, {x: numpy.ones((4, 3))}, options=full, run_metadata=metadata) == plain
    assert metadata.names == ["product", "hidden", "loss"]
    assert unused.op.name not in metadata.names
    nodes = metadata.step_stats.dev_stats[0].node_stats
    starts = [node.all_start_micros for node in nodes]
    assert starts == sorted(starts)
    assert all(node.duration >= 0 for node in nodes)
    assert nodes[0].bytes == 4 * 2 * 4
    trace = json.loads(tf.timeline.Timeline(metadata.step_stats).generate_chrome_trace_format(show_memory=True))
    boxes = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    assert [box["args"]["name"] for box in boxes] == [node.node_name for node in nodes]
    assert all({"ts", "dur", "pid", "tid", "cat"} <= box.keys() for box in boxes)
    with tf.Session() as sess:
        sess.run(w.initializer)
        sess.run(loss, {x: numpy.ones((4, 3))}, run_metadata=(quiet := tf.RunMetadata()))
    assert quiet.nodes == []
