import base64
from xml.etree import ElementTree

import numpy as np
import pytest
import three

import minigrad as mg
import minigrad.tf1 as tf
from minigrad import nn
from minigrad_widgets import AbstractionsView
from minigrad_widgets.abstraction_columns import caffe_column, graph_column, tape_column
from minigrad_widgets.abstractions import in_rows, step_name

MARKUP = '<img src=x onerror="alert(1)">&\'"</script>'


@pytest.fixture(scope="module")
def view():
    return AbstractionsView(three.net(), three.symbols(), three.film())


def steps(column, role="forward"):
    return {
        item.title if role == "given" else f"{item.step[0]} {item.step[1]}": item
        for item in column.items
        if item.role == role
    }


def test_the_same_steps_are_found_in_all_three(view):
    names = [step_name(row, view._drawing.rows) for row in view._drawing.rows]
    assert names == ["given", "linear 1", "relu", "linear 2", "loss", "update"]
    for column in view.columns:
        assert list(steps(column)) == ["linear 1", "relu 1", "linear 2", "loss 1"]


def test_parameters_and_biases_stand_with_the_operation_that_they_serve(view):
    graph, tape = view.columns[1:]
    assert {t: i.step for t, i in steps(graph, "given").items() if t != "ones"} == {
        "x": ("given", 1), "y": ("given", 1), "w1": ("linear", 1), "b1": ("linear", 1), "w2": ("linear", 2), "b2": ("linear", 2)
    }  # fmt: skip
    assert steps(tape, "given")["2.weight"].step == ("linear", 2)
    assert [i.title for i in graph.items if i.step == ("linear", 1) and i.role == "forward"] == ["matmul", "add"]


def test_gradients_of_tensorflow_stand_with_what_they_are_the_gradients_of():
    column = graph_column(three.fetches())
    gradients = {i.step for i in column.items if i.role == "gradient"}
    assert gradients == {("linear", 1), ("relu", 1), ("linear", 2), ("loss", 1)}
    matmuls = [i.step for i in column.items if i.role == "gradient" and i.title == "MatMul"]
    assert matmuls == [("linear", 2), ("linear", 2), ("linear", 1)]
    assert sum(i.title == "AssignSub" and i.role == "update" for i in column.items) == 4


def test_what_each_keeps_is_counted():
    net = three.net()
    blobs = [*net.blobs.values(), *(b for blobs in net.params.values() for b in blobs)]
    assert sum(item.kept for item in caffe_column(net).items) == sum(2 * 4 * b.count for b in blobs)
    variables = 4 * (6 * 5 + 5 + 5 * 3 + 3)
    assert sum(item.kept for item in graph_column(three.symbols()).items) == variables
    tape = {i.title: i for i in tape_column(three.film()).items if i.role == "forward"}
    assert tape["relu"].keeps == "saves its result" and tape["relu"].kept == 4 * 8 * 5
    assert tape["cross_entropy"].kept == 4 * 8 * 3 + 8 * 8  # the last layer's result, and the labels


def test_what_two_operations_keep_is_counted_once():
    a, b = mg.ones(5, requires_grad=True), mg.ones(5, requires_grad=True)
    with mg.record() as film:
        (mg.exp(a) * mg.exp(b)).sum().backward()
    assert [i.kept for i in tape_column(film).items if i.role == "forward"] == [20, 20, 0, 0]


def test_a_layer_in_place_and_a_split_keep_nothing_of_their_own():
    text = three.NET + 'layer { name: "more" type: "EuclideanLoss" bottom: "ip2" bottom: "ip2" top: "more" }'
    try:
        net = three.net(text)
    except ValueError:
        pytest.fail("a net with a Split was expected")
    items = {item.note: item for item in caffe_column(net).items}
    assert items["ReLU"].keeps == "in place" and not items["ReLU"].holds
    assert items["Split"].step == ("linear", 2)


def test_a_sum_of_two_branches_is_a_step_and_a_bias_is_none():
    x = mg.randn(4, 3)
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    with mg.record() as film:
        (first(x) + second(x) + 1.0).sum().backward()
    titles = [(i.title, i.step) for i in tape_column(film).items if i.role == "forward"]
    assert titles[2] == ("add", ("sum of branches", 1)) and titles[3][1] == ("sum of branches", 1)


def test_a_normalisation_written_out_is_one_step_and_slots_of_an_optimiser_belong_to_the_update():
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, 6])
        h = tf.matmul(x, tf.Variable(np.ones((6, 3), "float32"), name="w"))
        mean, variance = tf.nn.moments(h, [0])
        gain, shift = tf.Variable(np.ones(3, "float32"), name="gain"), tf.Variable(np.zeros(3, "float32"), name="shift")
        z = tf.nn.relu(tf.nn.batch_normalization(h, mean, variance, shift, gain, 1e-5))
        loss = tf.reduce_mean(tf.square(z))
        column = graph_column([loss, tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)])
    assert list(dict.fromkeys(i.step[0] for i in column.items if i.role == "forward")) == [
        "linear", "normalisation", "relu", "square", "loss"
    ]  # fmt: skip
    given = {i.title: i.step[0] for i in column.items if i.role == "given" and i.holds}
    assert given == {"w": "linear", "gain": "normalisation", "shift": "normalisation", "Momentum": "update"}


def test_rows_of_columns_that_lack_a_step_keep_their_order():
    with mg.record() as film:
        nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3))(mg.randn(8, 6)).sum().backward()
    rows = in_rows([caffe_column(three.net()), tape_column(film)])
    assert rows.index(("linear", 1)) < rows.index(("tanh", 1)) < rows.index(("linear", 2))
    assert rows.index(("linear", 1)) < rows.index(("relu", 1)) < rows.index(("linear", 2))


def test_what_a_notebook_stores(view):
    data, _ = view._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data and data["text/plain"] == repr(view)
    stored = base64.b64decode(data["text/html"].partition("base64,")[2].partition('"')[0]).decode()
    assert stored == view.picture()
    ElementTree.fromstring(stored)


def test_markup_in_names_is_escaped():
    net = three.net(three.NET.replace('"ip1"', '"<img src=x>"'))
    film = three.film()
    for v in film.vertices:
        v.name = v.name and MARKUP
    view = AbstractionsView(net, None, film)
    for drawn in (view.picture(), view._data["svg"]):
        assert "<img" not in drawn and "&lt;img" in drawn


def test_what_is_none_of_the_three_is_refused_with_a_way_out():
    for given in ((3, None, None), (None, 3, None), (None, None, 3)):
        with pytest.raises(TypeError, match="got:      int"):
            AbstractionsView(*given)
    with pytest.raises(ValueError, match="nothing to show"):
        AbstractionsView()
