"""One small network, written three times, for the tests of the views that compare."""

import numpy as np

import minigrad as mg
import minigrad.tf1 as tf
from minigrad import caffe, nn
from minigrad.graph import Graph, gradients

NET = """
name: "MLP"
layer { name: "data" type: "Input" top: "data" top: "label"
        input_param { shape { dim: 8 dim: 6 } shape { dim: 8 } } }
layer { name: "ip1" type: "InnerProduct" bottom: "data" top: "ip1"
        inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "relu1" type: "ReLU" bottom: "ip1" top: "ip1" }
layer { name: "ip2" type: "InnerProduct" bottom: "ip1" top: "ip2"
        inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip2" bottom: "label" top: "loss" }
"""


def net(text=NET):
    """As Caffe's layers."""
    mg.manual_seed(0)
    return caffe.Net(text)


def net_film(text=NET, passes=1):
    """What the net did: forward and backward."""
    made = net(text)
    x, y = np.random.default_rng(0).normal(size=(8, 6)).astype("float32"), np.arange(8) % 3
    with made.record() as recorded:
        for _ in range(passes):
            made.forward(data=x, label=y)
            made.backward()
    return recorded


def fetches(names=("w1", "b1", "w2", "b2")):
    """As a graph of TensorFlow's, with its gradients and an update."""
    with tf.Graph().as_default():
        x, y = tf.placeholder(tf.float32, [None, 6], name="x"), tf.placeholder(tf.int64, [None], name="y")
        shapes = ((6, 5), (5,), (5, 3), (3,))
        w1, b1, w2, b2 = (tf.Variable(np.zeros(s, "float32"), name=n) for s, n in zip(shapes, names, strict=True))
        hidden = tf.nn.relu(tf.matmul(x, w1) + b1)
        logits = tf.matmul(hidden, w2) + b2
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
        found = tf.gradients(loss, [w1, b1, w2, b2])
        return [loss, *(tf.assign_sub(w, g) for w, g in zip((w1, b1, w2, b2), found, strict=True))]


def symbols():
    """As a graph of the library's own."""
    graph = Graph()
    x, y = graph.placeholder("x", (8, 6)), graph.placeholder("y", (8,), "int64")
    weights = [graph.variable(n, s) for n, s in (("w1", (6, 5)), ("b1", (5,)), ("w2", (5, 3)), ("b2", (3,)))]
    hidden = mg.relu(x @ weights[0] + weights[1])
    loss = nn.functional.cross_entropy(hidden @ weights[2] + weights[3], y)
    return [loss, *gradients(loss, weights)]


def film():
    """As an imperative program."""
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))
    x, y = mg.randn(8, 6), mg.zeros(8, dtype=mg.int64)
    optimizer = mg.optim.SGD(model.parameters(), lr=0.1)
    with mg.record() as made:
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    return made
