"""What tests of whole nets share: published files made runnable without their data, and gradients checked layer by layer."""

from __future__ import annotations

import re
from pathlib import Path

import numpy

import minigrad
from minigrad import caffe
from minigrad.caffe import Message, Net
from minigrad.caffe.phases import read_net, read_solver

SOURCES = ("Data", "ImageData", "HDF5Data", "WindowData", "MemoryData")


def is_solver(path: Path) -> bool:
    """Whether a prototxt file describes a solver."""
    return (
        re.search(r"^\s*(base_lr|lr_policy|train_net|net)\s*:", path.read_text(encoding="utf-8"), re.MULTILINE)
        is not None
    )


def read_any(path: Path) -> Message:
    """A solver or a net, as the file is one or the other."""
    return read_solver(path)[0] if is_solver(path) else read_net(path)


def runnable(net: Message, batch: int = 1) -> Message:
    """The net with Input layers instead of its data bases, and with few examples in a batch."""
    net = net.copy()
    for i, layer in enumerate(net.layer):
        if layer.type in SOURCES:
            p, t = layer.memory_data_param, layer.transform_param
            side = t.crop_size or layer.image_data_param.new_height or 32
            channels = p.channels or len(t.mean_value) or 3
            new = Message("LayerParameter", line=layer.line, origin=layer.origin)
            new.name, new.type, new.top, new.include, new.exclude = (
                layer.name,
                "Input",
                layer.top,
                layer.include,
                layer.exclude,
            )
            image = {"dim": [batch, channels, p.height or side, p.width or side]}
            new.input_param.shape = [image, *[{"dim": [batch]} for _ in layer.top[1:]]]
            net.layer[i] = new
        elif layer.type == "Input":
            for shape in layer.input_param.shape:
                shape.dim[0] = min(batch, shape.dim[0])
    return net


def examples(net: Net, seed: int = 0) -> dict[str, numpy.ndarray]:
    """Random images for the net's inputs, and labels 0 and 1 for inputs that are a row of numbers."""
    stream = numpy.random.default_rng(seed)
    shapes = {name: net.blobs[name].shape for name in net.inputs}
    return {n: stream.normal(size=s) if len(s) > 1 else numpy.arange(*s) % 2 for n, s in shapes.items()}


def livelier(net: Net, seed: int = 0) -> None:
    """Weights with which signals pass many layers: published ones that begin very small teach a check nothing.

    Those of the 10 or 1000 scores are small: where a probability underflows, Caffe's loss is cut off, and its gradient is not.
    """
    stream = numpy.random.default_rng(seed)
    for blobs in net.params.values():
        if blobs[0].data.ndim > 1:
            variance = (0.04 if blobs[0].shape[0] in (10, 1000) else 2) * blobs[0].shape[0] / blobs[0].count
            blobs[0].data = stream.normal(size=blobs[0].shape) * variance**0.5


def check_gradients(net: Net, inputs: dict[str, numpy.ndarray], *, most: int = 8, tolerance: float = 0.02) -> None:
    """Walk along the gradient of one layer at a time: the loss must rise by what the gradient says.

    In float32 a loss tells about six digits: a short walk drowns in rounding, on a long one the gradient changes. So walks
    that should change the loss by a hundredth, a thousandth and a third of that are tried, and the best one counts.
    """

    def loss() -> float:
        minigrad.manual_seed(0)  # dropout drops the same each time
        net.forward(**inputs)
        return net.loss

    loss()
    net.clear_param_diffs()
    net.backward()
    learning = [n for n in net.params if any(b.diff.any() for b in net.params[n])]
    assert len(learning) > 1
    chosen = learning if len(learning) <= most else learning[:: -(-len(learning) // most)]
    for name in chosen:
        moved = [(blob, blob.data.copy(), blob.diff.copy()) for blob in net.params[name]]
        square = sum(float((g.astype("d") ** 2).sum()) for _, _, g in moved)
        found = []
        for rise in (1e-2, 1e-3, 3e-4):
            values = []
            for sign in (1, -1):
                for blob, data, g in moved:
                    blob.data = data + sign * rise / square * g
                values.append(loss())
            found.append((values[0] - values[1]) / (2 * rise))
            if abs(found[-1] - 1) < tolerance:
                break
        for blob, data, _ in moved:
            blob.data = data
        said = ", ".join(f"{x:.3f}" for x in found)
        assert abs(found[-1] - 1) < tolerance, (
            f"{net.name}: along {name} the loss rises by {said} of what its gradient says"
        )


def run(net: Net) -> None:
    """Forward, and backward from the loss; without one, from ones on the outputs."""
    inputs = examples(net)
    for name, value in net.forward(**inputs).items():
        assert numpy.isfinite(value).all(), name
    if any(any(layer.loss_weights) for layer in net.layers):
        net.clear_param_diffs()
        net.backward()
    for name, blobs in net.params.items():
        assert all(numpy.isfinite(blob.diff).all() for blob in blobs), name


def small_net(path: Path, phase: str) -> Net:
    """The net of a file, ready to run without its data."""
    return caffe.Net(runnable(read_net(path), batch=2), phase)
