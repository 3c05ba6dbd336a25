"""The contract of layers: counts of blobs, weights of losses, layers of one's own."""

import numpy
import pytest

from minigrad import caffe


def prepared(text, shapes, tops=1):
    layer = caffe.make_layer(caffe.parse(text, "LayerParameter"))
    top = [caffe.Blob() for _ in range(tops)]
    layer.prepare([caffe.Blob(shape) for shape in shapes], top)
    return layer, top


def test_the_program_of_the_lecture_as_printed():
    class MyLayer(caffe.Layer):
        def forward(self, bottom, top):
            top[0].data[...] = bottom[0].data ** 2

        def backward(self, top, propagate_down, bottom):
            bottom[0].diff[...] = 2 * bottom[0].data * top[0].diff

    layer, x, z = MyLayer(), caffe.Blob(3), caffe.Blob()
    layer.prepare([x], [z])
    x.data = [1, 2, 3]
    layer.forward([x], [z])
    z.diff = [1, 1, 2]
    layer.backward([z], [True], [x])
    numpy.testing.assert_array_equal(z.data, [1, 4, 9])
    numpy.testing.assert_array_equal(x.diff, [2, 4, 12])
    caffe.check_gradient(layer, [x])


@pytest.mark.parametrize(
    ("fields", "shapes", "tops", "said"),
    [
        ("type: 'ReLU'", [(2,), (2,)], 1, "expected: 1\n"),
        ("type: 'ReLU'", [(2,)], 2, "number of top blobs"),
        ("type: 'Eltwise'", [(2,)], 1, "expected: 2 or more"),
        ("type: 'Scale'", [(2, 3), (3,), (3,)], 1, "expected: 1 to 2"),
        ("type: 'Accuracy'", [(2, 3), (2,)], 3, "expected: 1 to 2"),
        ("type: 'Convolution' convolution_param { kernel_size: 1 }", [(1, 1, 1, 1)] * 2, 1, "2 bottom, 1 top"),
        ("type: 'Silence'", [(2,)], 1, "number of top blobs"),
    ],
)
def test_a_wrong_number_of_blobs_names_the_layer_and_its_line(fields, shapes, tops, said):
    with pytest.raises(caffe.CaffeError) as caught:
        prepared(f"\nname: 'mine' {fields}", shapes, tops)
    assert str(caught.value).startswith("line 1: layer 'mine'")
    assert said in str(caught.value)


def test_a_loss_has_the_weight_1_and_others_what_is_said():
    _, (loss,) = prepared("name: 'l' type: 'EuclideanLoss'", [(2, 3), (2, 3)])
    assert loss.diff == 1
    layer, top = prepared("name: 'l' type: 'Split' loss_weight: [0.5, 0]", [(2,)], 2)
    numpy.testing.assert_array_equal(top[0].diff, [0.5, 0.5])
    assert top[1].diff.sum() == 0
    bottom = caffe.Blob(2)
    bottom.data = [1, 2]
    assert layer.run_forward([bottom], top) == 1.5
    with pytest.raises(caffe.CaffeError, match="loss_weight must stand once for each"):
        prepared("name: 'l' type: 'Split' loss_weight: 0.5", [(2,)], 2)


def test_an_unknown_type_names_its_line_and_what_comes_near():
    with pytest.raises(caffe.CaffeError) as caught:
        caffe.make_layer(caffe.parse("layer { name: 'a' }\nlayer {\n name: 'b' type: 'Convolutoin' }").layer[1])
    assert "line 2: layer 'b'" in str(caught.value)
    assert "Convolution" in str(caught.value)


def test_a_layer_without_forward_or_backward_says_so():
    layer, x, z = caffe.Layer(), caffe.Blob(2), caffe.Blob()
    layer.prepare([x], [z])
    assert z.shape == (2,)
    with pytest.raises(caffe.CaffeError, match="has no forward"):
        layer.forward([x], [z])
    with pytest.raises(caffe.CaffeError, match="has no backward"):
        layer.backward([z], [True], [x])


def test_a_registered_layer_is_a_type_of_prototxt():
    @caffe.register_layer("Doubled")
    class Doubled(caffe.Layer):
        def forward(self, bottom, top):
            top[0].data[...] = 2 * bottom[0].data

    try:
        net = caffe.Net("input: 'x' input_shape { dim: 2 } layer { name: 'd' type: 'Doubled' bottom: 'x' top: 'z' }")
        numpy.testing.assert_array_equal(net.forward(x=[1, 2])["z"], [2, 4])
    finally:
        del caffe.LAYERS["Doubled"]


PYTHON = "input: 'x' input_shape {{ dim: 2 }} layer {{ name: 'p' type: 'Python' bottom: 'x' top: 'z' python_param {{ {} }} }}"


class Times(caffe.Layer):
    """Its input times the number in `param_str`."""

    def setup(self, bottom, top):
        self.factor = float(self.param_str)

    def forward(self, bottom, top):
        top[0].data[...] = self.factor * bottom[0].data


def test_a_python_layer_is_the_class_it_names():
    net = caffe.Net(PYTHON.format(f"module: '{__name__}' layer: 'Times' param_str: '3'"))
    assert type(net.layer_dict["p"]) is Times
    numpy.testing.assert_array_equal(net.forward(x=[1, 2])["z"], [3, 6])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("layer: 'Times'", "names no class"),
        ("module: 'no_such_module' layer: 'Times'", "a module that was not found"),
        (f"module: '{__name__}' layer: 'Tims'", "did you mean Times"),
        (f"module: '{__name__}' layer: 'prepared'", "a class derived from caffe.Layer"),
    ],
)
def test_a_python_layer_that_is_not_there_is_named_with_its_line(given, said):
    with pytest.raises(caffe.PrototxtError, match="line 1: the Python layer 'p'") as caught:
        caffe.Net(PYTHON.format(given))
    assert said in str(caught.value)


def test_an_error_within_a_layer_says_which_layer():
    class Broken(caffe.Layer):
        def forward(self, bottom, top):
            raise ZeroDivisionError

    globals()["Broken"] = Broken
    net = caffe.Net(PYTHON.format(f"module: '{__name__}' layer: 'Broken'"))
    with pytest.raises(ZeroDivisionError) as caught:
        net.forward()
    assert caught.value.__notes__ == ["line 1: in run_forward of layer 'p' (Python)"]
