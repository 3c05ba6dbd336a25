"""Transpositions move behind what does not care: the same values, and between layers none is left."""

import numpy
import pytest

import minigrad
import minigrad.tf1 as tf
from minigrad.graph import Graph, Program
from minigrad.tf1.layout import layout

R = numpy.random.default_rng(0)
BACK, THERE = (0, 2, 3, 1), (0, 3, 1, 2)
CASES = {
    "two in a row": lambda x, b: x.permute(BACK).permute((3, 0, 1, 2)),
    "back again": lambda x, b: x.permute(BACK).permute(THERE),
    "activation": lambda x, b: (x.permute(BACK).relu() + 1).permute(THERE),
    "bias": lambda x, b: (x.permute(BACK) + b).permute(THERE),
    "bias beside": lambda x, b: b.reshape(5, 1) * x.permute(0, 3, 1, 2),
    "both transposed": lambda x, b: minigrad.where(x.permute(BACK) > 0, x.permute(BACK), 0.0),
    "beside what is not": lambda x, b: x.permute(BACK) + x.exp().reshape(2, 4, 3, 5),
    "sum to the channels": lambda x, b: x.permute(BACK).sum((0, 1, 2)),
    "sum that keeps": lambda x, b: x.permute(BACK).mean((1, 2), True),
    "sum over one": lambda x, b: x.permute(BACK).amax(3),
    "sum that stays turned": lambda x, b: x.permute((2, 3, 0, 1)).sum(0),
    "sum of all": lambda x, b: x.permute(BACK).sum(),
    "whole numbers": lambda x, b: x.permute(BACK).long() // 2,
    "also asked for": lambda x, b: x.permute(BACK).exp().reshape(-1),
}


@pytest.mark.parametrize("name", CASES)
def test_values_are_the_same(name: str) -> None:
    graph = Graph()
    x, b = graph.placeholder("x", (2, 5, 4, 3), "float64"), graph.placeholder("b", (5,), "float64")
    program = Program(graph, [x, b], [CASES[name](x, b)])
    after = layout(program)
    arrays = R.standard_normal((2, 5, 4, 3)), R.standard_normal(5)
    before, now = program.run(*arrays)[0], after.run(*arrays)[0]
    assert now.shape == program.outputs[0].shape
    numpy.testing.assert_allclose(now, before, rtol=1e-12)
    if name in ("back again", "activation", "bias", "sum to the channels"):
        assert not any(s.op is not None and s.op.name == "permute" for s in after.needed)


def test_a_session_has_no_transpositions_between_layers() -> None:
    x = tf.placeholder(tf.float32, [None, 8, 8, 2])
    h = tf.layers.conv2d(x, 3, 3, padding="same", activation=tf.nn.relu)
    h = tf.layers.conv2d(tf.layers.max_pooling2d(h, 2, 2), 4, 3, activation=tf.nn.relu)
    loss = tf.reduce_mean(tf.square(h))
    fetches = [loss, tf.gradients(loss, tf.trainable_variables())]
    feeds = {x: R.standard_normal((7, 8, 8, 2))}
    found, counts, names = {}, {}, {}
    with tf.Session() as sess, tf.Session(rewrites=False) as plain:
        sess.run(tf.global_variables_initializer())
        plain.store.update(sess.store)
        for s in (sess, plain):
            metadata = tf.RunMetadata()
            options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
            found[s] = s.run(fetches, feeds, options=options, run_metadata=metadata)
            images = [
                n
                for n in s.prepared([loss], {x.symbol: numpy.ones((7, 8, 8, 2))}).runner.program.needed
                if n.shape and n.shape[0] == 7
            ]
            counts[s] = sum(n.op is not None and n.op.name == "permute" for n in images)
            names[s] = set(metadata.names)
        assert counts[sess] == 1 < counts[plain]  # the one that takes the images in
        assert names[sess] <= names[plain]
        assert "conv2d/Relu" in names[sess]
        numpy.testing.assert_allclose(found[sess][0], found[plain][0], rtol=1e-5)
        for a, b in zip(found[sess][1], found[plain][1], strict=True):
            numpy.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
