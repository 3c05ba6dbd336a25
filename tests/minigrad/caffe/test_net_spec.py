"""Nets written in Python: the names, the order and the fields of the layers, and the user's line in what is wrong."""

# ruff: noqa: C408 (nets are written as pycaffe's users write them)

import pytest

from minigrad.caffe.message import PrototxtError
from minigrad.caffe.net_spec import NetSpec, to_proto
from minigrad.caffe.net_spec import layers as L
from minigrad.caffe.net_spec import params as P
from minigrad.caffe.prototxt import parse


def test_a_net_as_pycaffe_writes_it():
    n = NetSpec()
    n.data, n.label = L.DummyData(shape=[dict(dim=[8, 1, 28, 28]), dict(dim=[8])], ntop=2)
    n.conv1 = L.Convolution(n.data, num_output=20, kernel_size=5, weight_filler=dict(type="xavier"))
    n.relu1 = L.ReLU(n.conv1, in_place=True, negative_slope=0.1)
    n.pool1 = L.Pooling(n.relu1, pool=P.Pooling.AVE, kernel_size=2, stride=2)
    n.score = L.InnerProduct(n.pool1, num_output=10, param=[dict(lr_mult=1), dict(lr_mult=2)])
    n.loss = L.SoftmaxWithLoss(n.score, n.label, loss_weight=0.5, include=dict(phase="TRAIN"))
    assert n.to_proto() == parse(
        """
        layer { name: "data" type: "DummyData" top: ["data", "label"]
          dummy_data_param { shape { dim: [8, 1, 28, 28] } shape { dim: 8 } } }
        layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
          convolution_param { num_output: 20 kernel_size: 5 weight_filler { type: "xavier" } } }
        layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" relu_param { negative_slope: 0.1 } }
        layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
          pooling_param { pool: AVE kernel_size: 2 stride: 2 } }
        layer { name: "score" type: "InnerProduct" bottom: "pool1" top: "score" param { lr_mult: 1 } param { lr_mult: 2 }
          inner_product_param { num_output: 10 } }
        layer { name: "loss" type: "SoftmaxWithLoss" bottom: ["score", "label"] top: "loss" loss_weight: 0.5
          include { phase: TRAIN } }
        """
    )


def test_names_are_made_where_none_is_given():
    n = NetSpec()
    n.data = L.Input(shape=dict(dim=[1, 2]))
    n["loss/top"] = L.InnerProduct(L.ReLU(L.InnerProduct(n.data, num_output=3), in_place=True), num_output=2, name="x")
    n.quiet = L.Silence(n.data, ntop=0)
    made = [(layer.name, list(layer.bottom), list(layer.top)) for layer in n.to_proto().layer]
    assert made == [
        ("data", [], ["data"]),
        ("InnerProduct1", ["data"], ["InnerProduct1"]),
        ("ReLU1", ["InnerProduct1"], ["InnerProduct1"]),
        ("x", ["InnerProduct1"], ["loss/top"]),
        ("quiet", ["data"], []),
    ]
    assert [layer.type for layer in to_proto(n.data).layer] == ["Input"]


def test_a_net_deeper_than_pythons_stack():
    top = L.Input(shape=dict(dim=[1]))
    for _ in range(2_000):
        top = L.ReLU(top)
    assert len(top.to_proto().layer) == 2_001


def test_what_is_wrong_is_said_where_it_was_written():
    n = NetSpec()
    n.data = L.Input(shape=dict(dim=[1, 2]))
    with pytest.raises(PrototxtError, match=r"of test_net_spec.py: L.Convolution has no .*(\n.*)*kernel_size"):
        L.Convolution(n.data, kernel=3)
    with pytest.raises(PrototxtError, match=r"of test_net_spec.py: ConvolutionParameter.kernel_size"):
        L.Convolution(n.data, kernel_size="3")
    with pytest.raises(PrototxtError, match="bottom 0 is not the top of a layer"):
        L.InnerProduct(10)
    with pytest.raises(PrototxtError, match="2 bottoms, ntop=1"):
        L.Eltwise(n.data, n.data, in_place=True)
    with pytest.raises(PrototxtError, match=r"n\.a, n\.b ="):
        n.both = L.DummyData(ntop=2)
    with pytest.raises(AttributeError, match="did you mean data"):
        n.dota  # noqa: B018
    with pytest.raises(AttributeError, match="did you mean AVE"):
        P.Pooling.AVG  # noqa: B018
