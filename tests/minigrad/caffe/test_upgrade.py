"""Older forms of nets and solvers become the modern one, and a state chooses the layers."""

import pytest

from minigrad.caffe.message import PrototxtError
from minigrad.caffe.phases import filtered, read_net, read_solver
from minigrad.caffe.schema import MESSAGES
from minigrad.caffe.upgrade import upgraded_net

OLD = """
input: "data"  input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 9
layers {
  name: "c" type: CONVOLUTION bottom: "data" top: "c" param: "shared" blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0
  convolution_param { num_output: 3 }
}
layers { name: "s" type: SIGMOID_CROSS_ENTROPY_LOSS include { phase: TRAIN } }
"""
MODERN = """
layer { name: "input" type: "Input" top: "data" input_param { shape { dim: [1, 3, 8, 9] } } }
layer {
  name: "c" type: "Convolution" bottom: "data" top: "c"
  param { name: "shared" lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
  convolution_param { num_output: 3 }
}
layer { name: "s" type: "SigmoidCrossEntropyLoss" include { phase: TRAIN } }
"""


def test_the_older_form_becomes_the_modern_one():
    assert read_net(OLD) == read_net(MODERN)
    assert read_net(OLD).layer[1].line == 3


def test_every_type_of_the_older_form_has_its_modern_name():
    words = [word for word in MESSAGES["V1LayerParameter"]["type"].words if word != "NONE"]
    made = [layer.type for layer in read_net("".join(f"layers {{ type: {word} }}\n" for word in words)).layer]
    irregular = {"TANH": "TanH", "IM2COL": "Im2col", "SOFTMAX_LOSS": "SoftmaxWithLoss", "RELU": "ReLU"}
    for word, name in zip(words, made, strict=True):
        assert name == irregular.get(word, name)
        assert word == "SOFTMAX_LOSS" or name.upper() == word.replace("_", "")


OLDEST = """
layers { layer { name: "d" type: "data" source: "x" batchsize: 8 scale: 0.5 cropsize: 27 } top: "data" top: "label" }
layers { layer { name: "p" type: "padding" pad: 2 } bottom: "data" top: "p" }
layers {
  layer { name: "c" type: "conv" num_output: 96 kernelsize: 5 group: 2 biasterm: false blobs_lr: 1. weight_decay: 0
    weight_filler { type: "xavier" } }
  bottom: "p" top: "c"
}
layers { layer { name: "m" type: "pool" pool: AVE kernelsize: 3 stride: 2 } bottom: "c" top: "m" }
layers { layer { name: "n" type: "lrn" local_size: 3 alpha: 0.1 } bottom: "m" top: "n" }
layers { layer { name: "i" type: "innerproduct" num_output: 10 } bottom: "n" top: "i" }
layers { layer { name: "l" type: "softmax_loss" } bottom: "i" bottom: "label" }
"""
ITS_MODERN = """
layer { name: "d" type: "Data" top: "data" top: "label" data_param { source: "x" batch_size: 8 }
  transform_param { scale: 0.5 crop_size: 27 } }
layer { name: "c" type: "Convolution" bottom: "data" top: "c" param { lr_mult: 1 decay_mult: 0 }
  convolution_param { num_output: 96 kernel_size: 5 group: 2 bias_term: false pad: 2 weight_filler { type: "xavier" } } }
layer { name: "m" type: "Pooling" bottom: "c" top: "m" pooling_param { pool: AVE kernel_size: 3 stride: 2 } }
layer { name: "n" type: "LRN" bottom: "m" top: "n" lrn_param { local_size: 3 alpha: 0.1 } }
layer { name: "i" type: "InnerProduct" bottom: "n" top: "i" inner_product_param { num_output: 10 } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "i" bottom: "label" }
"""


def test_the_oldest_form():
    assert read_net(OLDEST) == read_net(ITS_MODERN)
    for old, modern in (("conv", "cnov"), ("lrn", "softmax")):
        with pytest.raises(PrototxtError, match="line "):
            read_net(OLDEST.replace(f'type: "{old}"', f'type: "{modern}"'))
    with pytest.raises(PrototxtError, match="before no convolution"):
        read_net(OLDEST.replace('bottom: "c" top: "m"', 'bottom: "p" top: "m"'))
    with pytest.raises(PrototxtError, match="two older forms"):
        read_net(OLDEST + "layers { type: RELU }")


def test_inputs_with_shapes_and_those_that_do_not_fit():
    net = read_net('input: "a" input: "b" input_shape { dim: 2 } input_shape { dim: 3 dim: 4 }')
    assert net.layer[0].top == ["a", "b"]
    assert [list(shape.dim) for shape in net.layer[0].input_param.shape] == [[2], [3, 4]]
    with pytest.raises(PrototxtError, match="2 input, 1 input_shape"):
        read_net('input: "a" input: "b" input_shape { dim: 2 }')


def test_data_layers_give_their_transformation_away():
    layer = read_net('layers { type: DATA data_param { source: "x" scale: 0.5 mirror: true } }').layer[0]
    assert (layer.transform_param.scale, layer.transform_param.mirror) == (0.5, True)
    assert [field.name for field, _ in layer.data_param.given()] == ["source"]


def test_batch_norms_parameters_are_not_learnt():
    text = 'layer { name: "bn" type: "%s" param { lr_mult: 0 } param { lr_mult: 0 } param { lr_mult: 0 } }'
    assert not read_net(text % "BatchNorm").layer[0].has("param")
    assert len(read_net(text % "Scale").layer[0].param) == 3


def test_what_mixes_two_forms():
    with pytest.raises(PrototxtError, match="line 2: the net has layers"):
        read_net('layer { name: "a" }\nlayers { name: "b" type: RELU }')
    with pytest.raises(PrototxtError, match="type is given in two forms"):
        read_solver('type: "Adam" solver_type: SGD')
    assert read_solver("solver_type: RMSPROP")[0].type == "RMSProp"
    with pytest.raises(PrototxtError, match="line 2: the layer 'a' has no type"):
        read_net('\nlayers { name: "a" type: NONE }')


def test_reading_again_changes_nothing():
    net = read_net(OLD)
    assert upgraded_net(net) == net


STATES = """
layer { name: "always" }
layer { name: "train" include { phase: TRAIN } }
layer { name: "test" exclude { phase: TRAIN } }
layer { name: "deep" include { min_level: 2 max_level: 3 } }
layer { name: "both" include { phase: TEST stage: "a" } include { stage: "b" not_stage: "c" } }
"""


@pytest.mark.parametrize(
    ("phase", "level", "stages", "names"),
    [
        ("TRAIN", 0, (), ["always", "train"]),
        ("TEST", 0, (), ["always", "test"]),
        ("TEST", 2, ("a",), ["always", "test", "deep", "both"]),
        ("TRAIN", 4, ("a",), ["always", "train"]),
        ("TRAIN", 3, ("b",), ["always", "train", "deep", "both"]),
        ("TRAIN", 1, ("b", "c"), ["always", "train"]),
    ],
)
def test_a_state_chooses_the_layers(phase, level, stages, names):
    net = read_net(STATES, phase, level=level, stages=stages)
    assert [layer.name for layer in net.layer] == names
    assert {layer.phase for layer in net.layer} == {phase}


def test_the_state_that_a_net_gives_itself():
    net = read_net('state { level: 2 stage: "b" }' + STATES)
    assert [layer.name for layer in filtered(net, "TEST").layer] == ["always", "test", "deep", "both"]
    with pytest.raises(PrototxtError, match="line 2: the layer 'x' has rules"):
        read_net('\nlayer { name: "x" include { phase: TEST } exclude { phase: TRAIN } }', "TEST")
