"""The film and the drawing of a net: plain data that later runs do not change."""

import numpy
import pytest

import minigrad
from minigrad import caffe

NET = """name: 'n' force_backward: true
layer { name: 'in' type: 'Input' top: 'x' top: 'y' input_param { shape { dim: [2, 3] } shape { dim: [2, 2] } } }
layer { name: 'a' type: 'InnerProduct' bottom: 'x' top: 'a' inner_product_param { num_output: 2 weight_filler { type: 'msra' } } }
layer { name: 'r' type: 'ReLU' bottom: 'a' top: 'a' }
layer { name: 'loss' type: 'EuclideanLoss' bottom: 'a' bottom: 'y' top: 'loss' propagate_down: [true, false] }
"""


@pytest.fixture
def net():
    minigrad.manual_seed(0)
    return caffe.Net(NET)


def test_a_film_has_a_step_for_each_layer_in_each_direction(net):
    x = numpy.array([[1, 2, 3], [4, 5, 6]])
    with net.record() as film:
        net.forward(x=x, y=numpy.zeros((2, 2)))
        net.backward()
    net.forward(x=-x)
    assert [(s.layer, s.direction) for s in film.steps] == [
        *((name, "forward") for name in ("in", "a", "r", "loss")),
        *((name, "backward") for name in ("loss", "r", "a")),
    ]
    written = [[(c.name, c.part) for c in s.changes] for s in film.steps]
    assert written[3] == [("loss", "data"), ("loss", "diff")]
    assert written[4] == [("a", "diff"), ("y", "diff")]
    assert written[6] == [("x", "diff"), ("a[0]", "diff"), ("a[1]", "diff")]
    before, after = film.at(1)["a", "data"].array, film.at(2)["a", "data"].array
    numpy.testing.assert_array_equal(after, numpy.maximum(before, 0))
    numpy.testing.assert_array_equal(film.at(0)["x", "data"].array, x)
    assert ("a", "diff") not in film.at(3)
    assert repr(film) == "<film of the net 'n': 4 steps forward, 3 backward>"


def test_a_film_is_of_one_net_and_ends_with_its_block(net):
    other = caffe.Net(NET)
    with net.record() as film:
        other.forward()
    net.forward()
    assert film.steps == []


def test_the_drawing_says_what_connects_and_where_gradients_go(net):
    drawing = net.drawing()
    assert drawing.blobs == {"x": (2, 3), "y": (2, 2), "a": (2, 2), "loss": ()}
    a, r = drawing.layers[1:3]
    assert (a.type, a.line, a.fields, a.in_place) == ("InnerProduct", 3, "num_output: 2", False)
    assert a.parameters == {"a[0]": (2, 3), "a[1]": (2,)}
    assert r.in_place
    assert [(e.blob, e.layer, e.to_blob) for e in drawing.edges if e.layer == "r"] == [
        ("a", "r", False),
        ("a", "r", True),
    ]
    assert (drawing.inputs, drawing.outputs) == (["x", "y"], ["loss"])
