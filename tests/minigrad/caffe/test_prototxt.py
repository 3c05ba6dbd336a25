"""The text format: what is read, what is printed, and the line that every error names."""

import math

import pytest

from minigrad.caffe.message import Message
from minigrad.caffe.prototxt import PrototxtError, parse, read, to_prototxt

EVERYTHING = r"""
# a comment { with: "signs" }
name: "two " 'strings\n\x41\102\"' # and another
layer {
  name: "c"; type: 'Convolution', bottom: ["a", "b"] bottom: "c"
  convolution_param: < num_output: 0x14 kernel_size: 05 kernel_size: 011 engine: CAFFE bias_term: false
    weight_filler { type: "gaussian" std: -1.5e-2f sparse: -1 variance_norm: 2 } >
  loss_weight: .5 loss_weight: [1, 2.]
  pooling_param { pool: 1 global_pooling: 1 }
  propagate_down: [true, false]
}
force_backward: true
"""


def test_every_form_of_a_value():
    net = parse(EVERYTHING)
    layer = net.layer[0]
    assert net.name == 'two strings\nAB"'
    assert layer.bottom == ["a", "b", "c"]
    assert layer.loss_weight == [0.5, 1, 2]
    assert layer.propagate_down == [True, False]
    convolution = layer.convolution_param
    assert (convolution.num_output, convolution.kernel_size, convolution.engine) == (20, [5, 9], "CAFFE")
    assert convolution.bias_term is False
    assert (convolution.weight_filler.std, convolution.weight_filler.sparse) == (-0.015, -1)
    assert convolution.weight_filler.variance_norm == "AVERAGE"
    assert (layer.pooling_param.pool, layer.pooling_param.global_pooling) == ("AVE", True)
    assert net.force_backward is True
    assert (net.line, layer.line, convolution.line, convolution.weight_filler.line) == (1, 4, 6, 7)


def test_numbers_that_are_no_numbers():
    power = parse("layer { power_param { power: -inf scale: nan shift: inf } }").layer[0].power_param
    assert (power.power, power.shift) == (-math.inf, math.inf)
    assert math.isnan(power.scale)


def test_text_in_other_letters(tmp_path):
    assert parse(r'name: "\303\251\xc3\xa9\u00e9 é"').name == "ééé é"
    path = tmp_path / "net.prototxt"
    path.write_bytes(b"\xef\xbb\xbf# \xcd\xf8\xc2\xe7\r\nname: 'n'\r\n")
    assert read(path)[0].name == "n"


def test_printing_is_read_back():
    net = parse(EVERYTHING)
    again = parse(to_prototxt(net))
    assert again == net
    assert to_prototxt(again) == to_prototxt(net) == repr(net)
    assert again.layer[0].convolution_param != Message("ConvolutionParameter")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('layer {\n nme: "x" }', 2, ["LayerParameter", "'nme'", "did you mean name"]),
        ("layer {\n convolution_param {\n num_outputs: 3 } }", 3, ["ConvolutionParameter", "num_output?"]),
        ("layer { name: 3 }", 1, ["name", "quotation marks"]),
        ("layer {\n\n pooling_param { pool: MEX } }", 3, ["MEX", "MAX, AVE, STOCHASTIC", "did you mean MAX?"]),
        ("\n\nlayer {\n name: 'x'", 3, ["does not end", "}"]),
        ('\nname: "x', 2, ["string that does not end"]),
        ('layer { name "x" }', 1, ["colon"]),
        ('name: "a"\nname: "b"', 2, ["given twice", "line 1"]),
        ("layer { inner_product_param { num_output: -3 } }", 1, ["-3", "not negative"]),
        ("layer {\n lrn_param { alpha: abc } }", 2, ["abc", "a number"]),
        ("}", 1, ["}", "field's name"]),
        ('layer { top: ["a" , "b" "c" d] }', 1, ["d stands in a list"]),
        ("\n@", 2, ["'@'"]),
        ("input_dim: 3.5", 1, ["3.5", "whole number"]),
        ("layer: 3", 1, ["layer { … }"]),
        ("force_backward: yes", 1, ["yes", "true or false"]),
        ('layer { top: ["a"', 1, ["the end of the text"]),
        ("input_dim: -x", 1, ["-x"]),
        ("input_dim: 99999999999", 1, ["whole number"]),
    ],
)
def test_errors_name_the_line(text, line, words):
    with pytest.raises(PrototxtError) as caught:
        parse(text, origin="net.prototxt")
    message = str(caught.value)
    assert message.startswith(f"line {line} of net.prototxt: ")
    for word in words:
        assert word in message


def test_a_text_or_the_path_of_a_file(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text('name: "from a file"', encoding="utf-8")
    assert read(path)[0].name == read(str(path))[0].name == "from a file"
    assert read(path)[1] == tmp_path
    assert read('name: "from a text"')[0].name == "from a text"
    assert read("")[0] == Message("NetParameter")
    with pytest.raises(PrototxtError, match="cannot be read"):
        read("nowhere.prototxt")


def test_many_layers_one_after_another():
    text = 'layer { name: "r" type: "ReLU" }\n' * 2_000
    assert [layer.line for layer in parse(text).layer] == list(range(1, 2_001))
