"""Layers in place: what is safe runs, and what would lose a value that is needed is refused, naming both layers."""

import numpy
import pytest

import minigrad
from minigrad import caffe

INPUT = """force_backward: true
layer { name: 'in' type: 'Input' top: 'x' input_param { shape { dim: [2, 2, 3, 3] } } }
"""
FILLED = "kernel_size: {} weight_filler {{ type: 'gaussian' }} }}"

# Layers as (name and type, bottoms, top, fields).
CONV = ("conv Convolution", "x", "a", "convolution_param { num_output: 4 " + FILLED.format(2))
RELU = ("r ReLU", "a", "a")


def text_of(layers):
    text = INPUT
    for names, bottoms, tops, *fields in layers:
        name, kind = names.split()
        text += f"layer {{ name: '{name}' type: '{kind}' " + " ".join(
            [*(f"bottom: '{b}'" for b in bottoms.split()), *(f"top: '{t}'" for t in tops.split()), *fields, "}\n"]
        )
    return text


def apart(layers):
    """The same layers, each with a top of its own."""
    now, result = {}, []
    for names, bottoms, top, *fields in layers:
        own = top + "_" + names.split()[0]
        result.append((names, " ".join(now.get(b, b) for b in bottoms.split()), own, *fields))
        now[top] = own
    return result


SAFE = {
    "convolution, relu": [CONV, RELU],
    "relu, dropout": [CONV, RELU, ("d Dropout", "a", "a")],
    "batch norm, scale, relu": [CONV, ("n BatchNorm", "a", "a"), ("s Scale", "a", "a"), RELU],
    "a shortcut": [
        CONV,
        ("b Convolution", "a", "b", "convolution_param { num_output: 4 " + FILLED.format(1)),
        ("sum Eltwise", "a b", "c"),
        ("after ReLU", "c", "c"),
    ],
    "pooling, relu": [CONV, ("p Pooling", "a", "p", "pooling_param { kernel_size: 2 }"), ("r ReLU", "p", "p")],
    "relu, flatten": [CONV, RELU, ("f Flatten", "a", "f")],
    "flatten, relu": [CONV, ("f Flatten", "a", "f"), ("r ReLU", "f", "f")],
}


@pytest.mark.parametrize("name", SAFE)
def test_in_place_gives_what_separate_blobs_give(name):
    nets = []
    for layers in (SAFE[name], apart(SAFE[name])):
        minigrad.manual_seed(3)
        net = caffe.Net(
            text_of([*layers, ("end Power", layers[-1][2], "end", "power_param { power: 2 } loss_weight: 1")])
        )
        net.forward(x=numpy.random.default_rng(0).normal(size=(2, 2, 3, 3)))
        net.backward()
        nets.append(net)
    assert nets[0].loss == nets[1].loss > 0
    numpy.testing.assert_array_equal(nets[0].blobs["x"].diff, nets[1].blobs["x"].diff)
    for own, other in zip(nets[0].parameters.blobs, nets[1].parameters.blobs, strict=True):
        numpy.testing.assert_array_equal(own.diff, other.diff)


# What is refused: the layers, and the two that the message names.
UNSAFE = {
    "the producer reads its top": ([("s Sigmoid", "x", "a"), RELU], ("r", "s")),
    "it reads its top, which is flattened": ([("s Sigmoid", "x", "a"), ("f Flatten", "a", "f"), ("r ReLU", "f", "f")], ("r", "s")),
    "relu, then a line": ([CONV, RELU, ("p Power", "a", "a", "power_param { scale: -1 }")], ("p", "r")),
    "sigmoid, then dropout": ([CONV, ("s Sigmoid", "a", "a"), ("d Dropout", "a", "a")], ("d", "s")),
    "another reader needs it in its backward": (
        [("t Split", "x", "b c"), ("l Log", "b", "l"), ("r ReLU", "c", "c")], ("r", "l"),
    ),
    "another reader comes later": ([("t Split", "x", "b c"), ("r ReLU", "b", "b"), ("l Exp", "c", "l")], ("r", "l")),
    "another reader of the flattened comes later": (
        [CONV, ("f Flatten", "a", "f"), ("r ReLU", "f", "f"), ("l Exp", "a", "l")], ("r", "l"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNSAFE)
def test_what_would_lose_a_value_is_refused(name):
    layers, (writer, reader) = UNSAFE[name]
    with pytest.raises(caffe.CaffeError, match=rf"layer '{writer}' .*writes in place .*layer '{reader}'"):
        caffe.Net(text_of(layers))


def test_where_no_gradient_is_wanted_values_may_be_lost():
    caffe.Net(text_of([("s Sigmoid", "x", "a"), RELU]).replace("force_backward: true", ""))


def test_a_blob_that_another_layer_reads_too_is_not_written_in_place():
    with pytest.raises(caffe.CaffeError, match=r"'r' .*writes a blob that layer 'conv' writes already"):
        caffe.Net(text_of([CONV, ("l Log", "a", "l"), RELU]))


class Shifts(caffe.Layer):
    """Adds 1."""

    def forward(self, bottom, top):
        top[0].data[...] = bottom[0].data + 1

    def backward(self, top, propagate_down, bottom):
        bottom[0].diff[...] = top[0].diff


class ShiftsInPlace(Shifts):
    """Says that it may run in place, and that it needs no values in its backward."""

    runs_in_place = True
    backward_reads = frozenset()


def test_a_layer_of_ones_own_runs_in_place_if_it_says_that_it_may():
    python = f"python_param {{ module: '{__name__}' layer: '%s' }}"
    with pytest.raises(caffe.CaffeError, match="runs_in_place = True in Shifts"):
        caffe.Net(text_of([CONV, ("m Python", "a", "a", python % "Shifts")]))
    caffe.Net(text_of([CONV, ("m Python", "a", "a", python % "ShiftsInPlace")]))
