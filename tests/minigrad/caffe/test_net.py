"""Nets: where data and gradients go, what is written and what is added, what is shared and saved."""

import numpy
import pytest

import minigrad
from minigrad import caffe

INPUT = "layer { name: 'in' type: 'Input' top: 'x' top: 'y' input_param { shape { dim: 2 dim: 3 } shape { dim: 2 dim: 2 } } }\n"
FC = "layer {{ name: '{0}' type: 'InnerProduct' bottom: '{1}' top: '{0}' {2} inner_product_param {{ num_output: 2 weight_filler {{ type: 'gaussian' }} }} }}\n"  # noqa: E501
LOSS = "layer {{ name: 'loss' type: 'EuclideanLoss' bottom: '{}' bottom: '{}' top: 'loss' }}\n"
X, Y = numpy.array([[1, 2, 3], [0, -1, 1]]), numpy.array([[1, 0], [0, 1]])


def fc(name, bottom, fields=""):
    return FC.format(name, bottom, fields)


@pytest.fixture(autouse=True)
def seeded():
    minigrad.manual_seed(0)


def names_with(net, needed):
    return [layer.name for layer, need in zip(net.layers, needed, strict=True) if need]


def test_names_of_pycaffe():
    net = caffe.Net.from_prototxt("name: 'n'" + INPUT + fc("a", "x") + LOSS.format("a", "y"))
    assert list(net.blobs) == ["x", "y", "a", "loss"]
    assert list(net.params) == ["a"]
    assert [blob.shape for blob in net.params["a"]] == [(2, 3), (2,)]
    assert (net.inputs, net.outputs) == (["x", "y"], ["loss"])
    assert (net.bottom_names["loss"], net.top_names["in"]) == (["a", "y"], ["x", "y"])
    assert net.layer_dict["a"] is net.layers[1]
    assert repr(net) == "<net 'n', TRAIN: 3 layers, 8 numbers to learn>"
    out = net.forward(["a"], x=X, y=Y)
    w, b = (blob.data for blob in net.params["a"])
    numpy.testing.assert_allclose(out["a"], X @ w.T + b, rtol=1e-6)
    assert out["loss"] == pytest.approx(((out["a"] - Y) ** 2).sum() / 4, rel=1e-6) == net.loss


def test_bottom_diffs_are_written_and_parameter_diffs_accumulate_until_cleared():
    net = caffe.Net("force_backward: true " + INPUT + fc("a", "x") + LOSS.format("a", "y"))
    net.forward(x=X, y=Y)
    down = net.backward()["x"].copy()
    once = net.params["a"][0].diff.copy()
    again = net.backward()["x"]
    numpy.testing.assert_array_equal(again, down)
    numpy.testing.assert_allclose(net.params["a"][0].diff, 2 * once, rtol=1e-6)
    net.clear_param_diffs()
    assert net.params["a"][0].diff.any() == False  # noqa: E712
    numpy.testing.assert_allclose(once, ((net.blobs["a"].data - Y) / 2).T @ X, rtol=1e-6)


def test_a_blob_that_two_read_is_split_and_the_gradients_are_added():
    def pair(left, right):
        sums = f"layer {{ name: 's' type: 'Eltwise' bottom: '{left}' bottom: '{right}' top: 's' }}"
        return INPUT + fc("a", "x") + sums + LOSS.format("s", "y")

    net = caffe.Net(pair("a", "a"))
    assert "a_a_0_split" in net.layer_dict
    assert net.top_names["a_a_0_split"] == ["a_a_0_split_0", "a_a_0_split_1"]
    net.forward(x=X, y=Y)
    net.backward()
    parts = [net.blobs[f"a_a_0_split_{i}"].diff for i in range(2)]
    numpy.testing.assert_allclose(net.blobs["a"].diff, parts[0] + parts[1])
    assert net.blobs["a_a_0_split_1"].shares_data(net.blobs["a"])
    numpy.testing.assert_allclose(net.params["a"][1].diff, (2 * net.blobs["a"].data - Y).sum(0), rtol=1e-5)


def test_gradients_go_only_where_something_learns_and_counts():
    fixed = "param { lr_mult: 0 } param { lr_mult: 0 }"
    aside = "layer { name: 'quiet' type: 'Silence' bottom: 'side' }"
    net = caffe.Net(
        INPUT + fc("a", "x", fixed) + fc("b", "a") + fc("side", "b") + aside + fc("c", "b") + LOSS.format("c", "y")
    )
    assert names_with(net, net.layer_need_backward) == ["b", "b_b_0_split", "c", "loss"]
    assert net.bottom_need_backward[net.layers.index(net.layer_dict["b"])] == [False]
    net.forward(x=X, y=Y)
    net.backward()
    assert not net.params["a"][0].diff.any()
    assert net.params["b"][0].diff.any()
    assert not net.params["side"][0].diff.any()


def test_propagate_down_is_said_otherwise_by_the_layer():
    net = caffe.Net(INPUT + fc("a", "x") + fc("b", "a", "propagate_down: false") + LOSS.format("b", "y"))
    assert names_with(net, net.layer_need_backward) == ["b", "loss"]
    net = caffe.Net(INPUT + fc("b", "x", "propagate_down: true") + LOSS.format("b", "y"))
    net.forward(x=X, y=Y)
    net.backward()
    numpy.testing.assert_allclose(
        net.blobs["x"].diff, (net.blobs["b"].data - Y) / 2 @ net.params["b"][0].data, rtol=1e-5
    )
    with pytest.raises(caffe.CaffeError, match="once for each bottom blob"):
        caffe.Net(INPUT + fc("b", "x", "propagate_down: [true, true]"))


def test_labels_get_no_gradient():
    loss = "layer {{ name: 'loss' type: 'HingeLoss' bottom: 'a' bottom: '{}' top: 'loss' {} }}"
    with pytest.raises(caffe.CaffeError, match=r"'loss'.*propagate a gradient to its bottom 'y'"):
        caffe.Net(INPUT + fc("a", "x") + loss.format("y", "propagate_down: [true, true]"))
    learnt = fc("b", "x", "").replace("num_output: 2", "num_output: 1")
    with pytest.raises(caffe.CaffeError, match="propagate_down: true; propagate_down: false"):
        caffe.Net(INPUT + fc("a", "x") + learnt + loss.format("b", ""))


def test_without_a_loss_there_is_nothing_to_do_unless_it_is_forced():
    text = INPUT.replace(" top: 'y'", "").replace(" shape { dim: 2 dim: 2 }", "") + fc("a", "x")
    net = caffe.Net(text)
    net.forward(x=X)
    with pytest.raises(caffe.CaffeError, match="force_backward"):
        net.backward(a=Y)
    net = caffe.Net("force_backward: true " + text)
    net.forward(x=X)
    numpy.testing.assert_allclose(net.backward(a=Y)["x"], Y @ net.params["a"][0].data)


def test_a_loss_that_is_read_keeps_its_weight():
    power = "layer { name: 'p' type: 'Power' bottom: 'loss' top: 'p' power_param { scale: 3 } loss_weight: 2 }"
    net = caffe.Net(INPUT + fc("a", "x") + LOSS.format("a", "y") + power)
    net.forward(x=X, y=Y)
    one = float(net.blobs["loss"].data)
    assert net.loss == pytest.approx(one + 2 * 3 * one)
    net.backward()
    assert net.blobs["loss"].diff == 7


def test_loss_weights_scale_the_gradient():
    net = caffe.Net(INPUT + fc("a", "x") + LOSS.format("a", "y").replace("type:", "loss_weight: 0.5 type:"))
    net.forward(x=X, y=Y)
    net.backward()
    assert net.loss == pytest.approx(float(net.blobs["loss"].data) / 2)
    numpy.testing.assert_allclose(net.params["a"][1].diff, (net.blobs["a"].data - Y).sum(0) / 4, rtol=1e-5)


def test_another_weight_given_to_backward_lasts_until_the_next_forward():
    net = caffe.Net(INPUT + fc("a", "x") + LOSS.format("a", "y"))
    diffs = []
    for given in ({}, {"loss": 3}, {}):
        net.forward(x=X, y=Y)
        net.clear_param_diffs()
        net.backward(**given)
        diffs.append(net.params["a"][0].diff.copy())
    numpy.testing.assert_allclose(diffs[1], 3 * diffs[0], rtol=1e-6)
    numpy.testing.assert_array_equal(diffs[2], diffs[0])


def test_a_loss_needs_no_top_of_its_own():
    net = caffe.Net(INPUT + fc("a", "x") + LOSS.format("a", "y").replace("top: 'loss'", ""))
    assert net.forward(x=X, y=Y) == {}
    assert net.loss > 0
    net.backward()
    assert net.params["a"][0].diff.any()


def test_parameters_of_one_name_are_one_and_their_gradients_add():
    shared = "param {{ name: 'w' {} }} param {{ name: 'b' }}"
    text = INPUT + fc("a", "y", shared.format("")) + fc("b", "a", shared.format("")) + LOSS.format("b", "y")
    net = caffe.Net(text)
    assert net.params["a"][0] is net.params["b"][0]
    assert (len(net.parameters.blobs), net.parameters.names) == (2, ["w", "b"])
    net.forward(y=Y)
    net.backward()
    g = (net.blobs["b"].data - Y) / 2
    w = net.params["a"][0].data
    numpy.testing.assert_allclose(net.params["a"][0].diff, g.T @ net.blobs["a"].data + (g @ w).T @ Y, rtol=1e-5)
    with pytest.raises(caffe.CaffeError, match=r"layer 'b'.*another shape"):
        caffe.Net(INPUT + fc("a", "x", shared.format("")) + fc("b", "a", shared.format("")))
    with pytest.raises(caffe.CaffeError, match="another lr_mult"):
        caffe.Net(INPUT + fc("a", "y", shared.format("")) + fc("b", "a", shared.format("lr_mult: 3")))


def test_parts_of_a_net_run_from_a_layer_to_another():
    net = caffe.Net("force_backward: true " + INPUT + fc("a", "x") + fc("b", "a") + LOSS.format("b", "y"))
    net.forward(x=X, y=Y)
    net.blobs["a"].data[...] = 0
    assert list(net.forward(start="b", end="b")) == ["b"]
    numpy.testing.assert_array_equal(net.blobs["b"].data, 0)
    net.blobs["b"].diff[...] = 1
    assert list(net.backward(start="b", end="b")) == ["a"]
    numpy.testing.assert_allclose(net.blobs["a"].diff[0], net.params["b"][0].data.sum(0), rtol=1e-6)
    with pytest.raises(caffe.CaffeError, match="no layer 'c'"):
        net.forward(start="c")
    with pytest.raises(caffe.CaffeError, match="no blob 'data'"):
        net.forward(data=X)
    with pytest.raises(caffe.CaffeError, match="no blob 'h'"):
        net.forward(["h"])
    with pytest.raises(caffe.CaffeError, match=r"(?s)blob 'x' has another shape.*\(3, 3\).*\(2, 3\).*net.reshape"):
        net.forward(x=numpy.ones((3, 3)))


def test_a_new_shape_of_an_input_goes_through_the_net():
    net = caffe.Net(
        INPUT + fc("a", "x") + "layer { name: 'r' type: 'ReLU' bottom: 'a' top: 'a' }" + LOSS.format("a", "y")
    )
    net.blobs["x"].reshape(5, 3)
    net.blobs["y"].reshape(5, 2)
    net.reshape()
    assert net.blobs["a"].shape == (5, 2)
    net.forward(x=numpy.ones((5, 3)), y=numpy.ones((5, 2)))
    net.backward()
    net.blobs["x"].reshape(5, 4)
    with pytest.raises(caffe.CaffeError, match=r"layer 'a' .*another number of inputs"):
        net.forward()


def test_weights_are_saved_by_the_names_of_layers(tmp_path):
    text = INPUT + fc("a", "x") + fc("b", "a")
    first, second = caffe.Net(text), caffe.Net(text + fc("c", "b"))
    first.save(tmp_path / "weights.npz")
    assert second.copy_from(tmp_path / "weights.npz") == ["a", "b"]
    numpy.testing.assert_array_equal(second.params["b"][0].data, first.params["b"][0].data)
    other = caffe.Net(INPUT + fc("a", "y"), weights=None)
    before = other.params["a"][0].data.copy()
    with pytest.raises(caffe.CaffeError, match=r"(?s)'a'.*other shapes.*\(2, 3\).*\(2, 2\)"):
        other.copy_from(tmp_path / "weights.npz")
    numpy.testing.assert_array_equal(other.params["a"][0].data, before)
    numpy.savez(tmp_path / "objects.npz", numpy.array([{}], dtype=object))
    (tmp_path / "text.npz").write_text("no archive")
    for name in ("objects.npz", "text.npz"):
        with pytest.raises(caffe.CaffeError, match="no archive of arrays"):
            other.copy_from(tmp_path / name)


def test_nets_that_share_learn_together():
    first, second = (caffe.Net(INPUT + fc("a", "x"), phase) for phase in ("TRAIN", "TEST"))
    second.share_with(first)
    first.params["a"][0].data[...] = 4
    assert (second.params["a"][0].data == 4).all()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (fc("a", "z"), "no layer before it writes: 'z'"),
        (fc("a", "x") + fc("a", "x"), "has the name of another layer"),
        (fc("a", "x") + fc("b", "x").replace("top: 'b'", "top: 'a'"), "layer 'a' writes already"),
        (fc("a", "x") + fc("b", "a").replace("top: 'b'", "top: 'a'"), "'b' .*cannot write in place"),
        (fc("a", "x", "param {} param {} param {}"), "more param"),
        (fc("a", "x").replace("num_output: 2", ""), "'a' .*needs the number of its outputs"),
    ],
)
def test_a_net_that_cannot_be_built_names_the_layer_and_the_line(text, said):
    with pytest.raises(caffe.CaffeError, match=f"line [23]: layer .*{said}"):
        caffe.Net(INPUT + text)


def test_memory_is_counted_once_and_only_where_it_was_looked_at():
    relu = "layer {{ name: 'r' type: 'ReLU' bottom: 'a' top: '{}' }}"
    sizes = []
    for top in ("a", "b"):
        net = caffe.Net("force_backward: true " + INPUT + fc("a", "x") + relu.format(top) + LOSS.format(top, "y"))
        assert net.bytes <= 8
        net.forward(x=X, y=Y)
        net.backward()
        sizes.append(net.bytes)
    assert sizes[1] - sizes[0] == 2 * 2 * 2 * 4
    flat = "layer { name: 'f' type: 'Flatten' bottom: 'x' top: 'f' }"
    net = caffe.Net(INPUT + flat)
    net.forward(x=X, y=Y)
    assert net.bytes == 4 * (X.size + Y.size)


def test_a_phase_is_one_of_two():
    with pytest.raises(caffe.CaffeError, match="no such phase"):
        caffe.Net(INPUT, "TRAINING")
