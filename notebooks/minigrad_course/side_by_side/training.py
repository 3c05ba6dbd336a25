"""One training step in each of the three ways, behind one face, so that they can be compared number by number.

    run = InCaffe("LeNet", weights, batch=32)
    loss, gradients = run.step(images, labels)

Weights and gradients go in and out by the names and in the layouts of the imperative program ("conv1.weight", of shape
(out, in, rows, columns)); each class knows how its framework has them. The update is gradient descent with momentum.
"""

from __future__ import annotations

from typing import Any

import numpy

import minigrad as mg
import minigrad.nn.functional as F
from minigrad import caffe
from minigrad_course.side_by_side import imperative, in_caffe, in_tf1

RATE, MOMENTUM = 0.05, 0.9
Arrays = dict[str, numpy.ndarray]


def initial_weights(network: str, seed: int = 0) -> Arrays:
    """The weights that all of them begin with."""
    mg.manual_seed(seed)
    return {name: p.numpy().copy() for name, p in imperative.NETWORKS[network]().named_parameters()}


class Imperative:
    """The program as it stands: each operation runs when it is called, and is remembered."""

    def __init__(self, network: str, weights: Arrays, batch: int = 32):
        self.model = imperative.NETWORKS[network]()
        self.model.load_state_dict({name: mg.tensor(w) for name, w in weights.items()})
        self.optimizer = mg.optim.SGD(self.model.parameters(), lr=RATE, momentum=MOMENTUM)

    def training_step(self, images: Any, labels: Any) -> Any:
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.model(images), labels)
        loss.backward()
        self.optimizer.step()
        return loss

    def step(self, images: numpy.ndarray, labels: numpy.ndarray) -> tuple[float, Arrays]:
        """One step of training: the loss before it, and the gradients."""
        loss = self.training_step(mg.tensor(images), mg.tensor(labels))
        return loss.item(), {name: p.grad.numpy().copy() for name, p in self.model.named_parameters()}

    def weights(self) -> Arrays:
        """The weights as they are now."""
        return {name: p.numpy().copy() for name, p in self.model.named_parameters()}


class Compiled(Imperative):
    """The same program, captured as a graph and replayed."""

    def __init__(self, network: str, weights: Arrays, batch: int = 32):
        super().__init__(network, weights, batch)
        self.training_step = mg.compile(self.training_step)


class InCaffe:
    """A net of layers and a solver."""

    def __init__(self, network: str, weights: Arrays, batch: int = 32):
        n = in_caffe.inputs(batch)
        in_caffe.NETWORKS[network](n)
        n.loss = in_caffe.L.SoftmaxWithLoss(n.score, n.label)
        param = caffe.Message(
            "SolverParameter", net_param=n.to_proto(), base_lr=RATE, momentum=MOMENTUM, lr_policy="fixed"
        )
        self.solver = caffe.SGDSolver(param)
        self.net = self.solver.net
        self.blobs = {name: self._blob(name) for name in weights}
        for name, w in weights.items():
            self.blobs[name].data = w

    def _blob(self, name: str) -> caffe.Blob:
        layer, _, kind = name.rpartition(".")
        return self.net.params[layer][0 if kind == "weight" else 1]

    def step(self, images: numpy.ndarray, labels: numpy.ndarray) -> tuple[float, Arrays]:
        """One step of training, taken apart: what `solver.step(1)` does, with a look at the diffs before the update."""
        self.net.clear_param_diffs()
        self.net.forward(data=images, label=labels)
        self.net.backward()
        gradients = {name: blob.diff.copy() for name, blob in self.blobs.items()}
        self.solver.apply_update()
        self.solver.iter += 1
        return self.net.loss, gradients

    def weights(self) -> Arrays:
        """The weights as they are now."""
        return {name: blob.data.copy() for name, blob in self.blobs.items()}


class InTF1:
    """A declared graph and a session."""

    def __init__(self, network: str, weights: Arrays, batch: int = 32):
        tf = in_tf1.tf
        self.graph = tf.Graph()
        with self.graph.as_default():
            self.images = tf.placeholder(tf.float32, [None, 8, 8, 1])
            self.labels = tf.placeholder(tf.int64, [None])
            scores = in_tf1.NETWORKS[network](self.images)
            each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self.labels, logits=scores)
            self.loss = tf.reduce_mean(each)
            optimizer = tf.train.MomentumOptimizer(RATE, MOMENTUM)
            pairs = optimizer.compute_gradients(self.loss)
            self.train = optimizer.apply_gradients(pairs)
            named = {v.op.name: (g, v) for g, v in pairs}
            self.pairs = {name: named[_in_tf1(name)] for name in weights}
            self.session = tf.Session()
            self.session.run(tf.global_variables_initializer())
        self._flat_from = _channels_before_flattening(network)
        for name, w in weights.items():
            self.pairs[name][1].load(self._to_tf1(name, w), self.session)

    def step(self, images: numpy.ndarray, labels: numpy.ndarray) -> tuple[float, Arrays]:
        """One step of training: one run, which fetches the loss, the gradients and the update."""
        gradients = {name: g for name, (g, _) in self.pairs.items()}
        feed = {self.images: images.transpose(0, 2, 3, 1), self.labels: labels}
        loss, gradients, _ = self.session.run([self.loss, gradients, self.train], feed)
        return float(loss), {name: self._from_tf1(name, g) for name, g in gradients.items()}

    def weights(self) -> Arrays:
        """The weights as they are now."""
        values = self.session.run({name: v for name, (_, v) in self.pairs.items()})
        return {name: self._from_tf1(name, w) for name, w in values.items()}

    def _to_tf1(self, name: str, w: numpy.ndarray) -> numpy.ndarray:
        """(out, in, rows, columns) as (rows, columns, in, out); (out, in) as (in, out), pixels before channels."""
        if w.ndim == 4:
            return w.transpose(2, 3, 1, 0)
        if name == "hidden.weight" and self._flat_from:
            w = w.reshape(len(w), self._flat_from, -1).transpose(0, 2, 1).reshape(len(w), -1)
        return w.T

    def _from_tf1(self, name: str, w: numpy.ndarray) -> numpy.ndarray:
        if w.ndim == 4:
            return w.transpose(3, 2, 0, 1)
        if name == "hidden.weight" and self._flat_from:
            w = w.reshape(-1, self._flat_from, w.shape[-1]).transpose(1, 0, 2).reshape(-1, w.shape[-1])
        return w.T


def _channels_before_flattening(network: str) -> int:
    """How many channels are flattened into the hidden layer, in another order in NHWC than in NCHW."""
    return 12 if network == "LeNet" else 0


def _in_tf1(name: str) -> str:
    """`block1.a.weight` as `block1/a/kernel`."""
    layer, _, kind = name.rpartition(".")
    words = {"weight": "gamma", "bias": "beta"} if layer.endswith("norm") else {"weight": "kernel", "bias": "bias"}
    return f"{layer.replace('.', '/')}/{words[kind]}"


WAYS: dict[str, Any] = {"Caffe": InCaffe, "TensorFlow 1": InTF1, "imperative": Imperative, "compiled": Compiled}
"""The ways to train, by what they are called."""
