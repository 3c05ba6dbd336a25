"""Messages: defaults, what was given and what was not, and what a field refuses."""

import copy

import numpy
import pytest

from minigrad.caffe.message import Message, PrototxtError
from minigrad.caffe.schema import MESSAGES


def test_defaults_are_those_of_caffe():
    layer = Message("LayerParameter")
    assert layer.lrn_param.local_size == 5
    assert (layer.lrn_param.alpha, layer.lrn_param.beta, layer.lrn_param.k) == (1.0, 0.75, 1.0)
    assert layer.batch_norm_param.moving_average_fraction == 0.999
    assert layer.batch_norm_param.eps == 1e-5
    assert layer.pooling_param.pool == "MAX"
    assert layer.pooling_param.stride == 1
    assert layer.convolution_param.kernel_size == []
    assert layer.convolution_param.bias_term is True
    assert layer.loss_param.normalization == "VALID"
    assert layer.dropout_param.dropout_ratio == 0.5
    assert layer.eltwise_param.operation == "SUM"
    assert (layer.flatten_param.axis, layer.flatten_param.end_axis) == (1, -1)
    assert layer.hinge_loss_param.norm == "L1"
    assert layer.power_param.power == 1.0
    filler = layer.inner_product_param.weight_filler
    assert (filler.type, filler.max, filler.std, filler.sparse) == ("constant", 1.0, 1.0, -1)
    solver = Message("SolverParameter")
    assert (solver.type, solver.clip_gradients, solver.iter_size, solver.delta) == ("SGD", -1.0, 1, 1e-8)
    assert Message("NetState").phase == "TEST"
    assert list(layer.given()) == []


def test_every_message_that_is_named_is_declared():
    named = {field.kind for fields in MESSAGES.values() for field in fields.values() if field.is_message}
    assert named <= set(MESSAGES)
    assert len(MESSAGES["V1LayerParameter"]["type"].words) == 40
    assert MESSAGES["V1LayerParameter"]["type"].words["DECONVOLUTION"] == 39


def test_given_and_not_given():
    layer = Message("LayerParameter")
    assert not layer.has("relu_param")
    assert layer.relu_param.negative_slope == 0.0
    assert not layer.has("relu_param"), "reading is not giving"
    layer.relu_param.negative_slope = 0.0
    assert layer.has("relu_param"), "a default's value, given, is given"
    layer.bottom.append("data")
    layer.param.add(lr_mult=2)
    assert [field.name for field, _ in layer.given()] == ["bottom", "param", "relu_param"]
    layer.clear("relu_param")
    assert not layer.has("relu_param")


def test_a_copy_shares_nothing():
    fields = {"bottom": ["a"], "inner_product_param": {"num_output": 3}, "param": [{"lr_mult": 2}]}
    layer = Message("LayerParameter", fields=fields)
    other = layer.copy()
    other.bottom.append("b")
    other.inner_product_param.num_output = 4
    other.param[0].lr_mult = 3
    assert layer == Message("LayerParameter", fields=fields) == copy.deepcopy(layer)
    assert layer != other


def test_what_fits_a_field():
    layer = Message("LayerParameter")
    layer.convolution_param = {"kernel_size": 5, "num_output": numpy.int64(3)}
    assert layer.convolution_param.kernel_size == [5]
    layer.loss_weight = numpy.array([1.0, 2.0])
    assert layer.loss_weight == [1.0, 2.0]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("name", 3, "quotation marks"),
        ("phase", "TRIAN", "did you mean TRAIN"),
        ("propagate_down", ["yes"], "true or false"),
        ("relu_param", Message("LRNParameter"), "a ReLUParameter"),
        ("loss_weight", "heavy", "a number"),
        ("botom", "data", "did you mean bottom"),
    ],
)
def test_what_does_not(name, value, words):
    layer = Message("LayerParameter", line=7, origin="net.prototxt")
    with pytest.raises(PrototxtError, match=words) as caught:
        setattr(layer, name, value)
    assert str(caught.value).startswith("line 7 of net.prototxt: ")
