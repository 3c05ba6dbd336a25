"""What layers compute, by Caffe's formulas written out as loops, and by hand where a line is enough."""

import math

import numpy
import pytest

import minigrad
from minigrad import caffe

GENERATOR = numpy.random.default_rng(0)


def run(text, *bottoms, tops=1):
    """The tops' data of one layer in float64."""
    layer = caffe.make_layer(caffe.parse(f"name: 'tested' {text}", "LayerParameter"))
    bottom = [caffe.Blob(numpy.shape(x), dtype="float64") for x in bottoms]
    top = [caffe.Blob(dtype="float64") for _ in range(tops)]
    for blob, x in zip(bottom, bottoms, strict=True):
        blob.data = x
    layer.prepare(bottom, top)
    layer.run_forward(bottom, top)
    return [blob.data for blob in top]


def pooled_by_loops(x, pool, kernel, stride, pad):
    """Pooling as src/caffe/layers/pooling_layer.cpp has it."""
    places = []
    for size in x.shape[2:]:
        n = math.ceil((size + 2 * pad - kernel) / stride) + 1
        places.append(n - 1 if pad and (n - 1) * stride >= size + pad else n)
    z = numpy.empty((*x.shape[:2], *places))
    for i in range(places[0]):
        for j in range(places[1]):
            top, left = i * stride - pad, j * stride - pad
            bottom, right = min(top + kernel, x.shape[2] + pad), min(left + kernel, x.shape[3] + pad)
            size = (bottom - top) * (right - left)
            window = x[:, :, max(top, 0) : min(bottom, x.shape[2]), max(left, 0) : min(right, x.shape[3])]
            z[:, :, i, j] = window.max(axis=(2, 3)) if pool == "MAX" else window.sum(axis=(2, 3)) / size
    return z


@pytest.mark.parametrize("pool", ["MAX", "AVE"])
@pytest.mark.parametrize(
    ("side", "kernel", "stride", "pad"),
    [(5, 2, 2, 0), (6, 3, 2, 0), (5, 3, 2, 1), (7, 3, 3, 2), (4, 3, 1, 1), (4, 2, 3, 1)],
)
def test_pooling_rounds_up_and_clips(pool, side, kernel, stride, pad):
    x = GENERATOR.normal(size=(2, 2, side, side + 1)) - 3
    text = f"type: 'Pooling' pooling_param {{ pool: {pool} kernel_size: {kernel} stride: {stride} pad: {pad} }}"
    numpy.testing.assert_allclose(run(text, x)[0], pooled_by_loops(x, pool, kernel, stride, pad), rtol=1e-12)


def test_where_the_largest_stood_is_the_second_top():
    x = numpy.array([[1, 9, 2], [0, 3, 4], [5, 8, 8]], float)[None, None]
    values, places = run("type: 'Pooling' pooling_param { kernel_size: 2 pad: 1 stride: 2 }", x, tops=2)
    numpy.testing.assert_array_equal(values[0, 0], [[1, 9], [5, 8]])
    numpy.testing.assert_array_equal(places[0, 0], [[0, 1], [6, 7]])


def test_lrn_by_its_formula():
    x = GENERATOR.normal(size=(2, 5, 3, 4))
    across = numpy.empty_like(x)
    within = numpy.empty_like(x)
    for c in range(5):
        s = 2 + 0.5 / 3 * (x[:, max(c - 1, 0) : c + 2] ** 2).sum(1)
        across[:, c] = x[:, c] * s**-0.75
        for i in range(3):
            for j in range(4):
                near = x[:, c, max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2]
                within[:, c, i, j] = x[:, c, i, j] * (1 + 0.5 / 9 * (near**2).sum((1, 2))) ** -0.75
    text = "type: 'LRN' lrn_param {{ local_size: 3 alpha: 0.5 k: 2 norm_region: {} }}"
    numpy.testing.assert_allclose(run(text.format("ACROSS_CHANNELS"), x)[0], across, rtol=1e-12)
    numpy.testing.assert_allclose(run(text.format("WITHIN_CHANNEL"), x)[0], within, rtol=1e-12)


def test_batch_norm_keeps_sums_and_what_they_are_divided_by():
    net_text = """input: 'x' input_shape { dim: [4, 2] }
    layer { name: 'n' type: 'BatchNorm' bottom: 'x' top: 'z' batch_norm_param { moving_average_fraction: 0.5 } }"""
    net = caffe.Net(net_text, caffe.TRAIN)
    xs = GENERATOR.normal(size=(2, 4, 2))
    for x in xs:
        z = net.forward(x=x)["z"]
    numpy.testing.assert_allclose(z, (xs[1] - xs[1].mean(0)) / numpy.sqrt(xs[1].var(0) + 1e-5), atol=1e-5)
    mean, variance, total = (blob.data for blob in net.params["n"])
    numpy.testing.assert_allclose(mean, 0.5 * xs[0].mean(0) + xs[1].mean(0), rtol=1e-5)
    numpy.testing.assert_allclose(variance, 0.5 * xs[0].var(0, ddof=1) + xs[1].var(0, ddof=1), rtol=1e-5)
    assert total == 1.5
    test = caffe.Net(net_text, caffe.TEST)
    test.share_with(net)
    expected = (xs[0] - mean / 1.5) / numpy.sqrt(variance / 1.5 + 1e-5)
    numpy.testing.assert_allclose(test.forward(x=xs[0])["z"], expected, rtol=1e-4)
    assert net.parameters.lr == [0, 0, 0]


def test_accuracy_of_the_first_k_and_of_each_class():
    scores = numpy.array([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3], [0.2, 0.2, 0.6], [0.4, 0.4, 0.2]])
    first, of_class = run("type: 'Accuracy'", scores, numpy.array([1, 2, 2, 1]), tops=2)
    assert first == 0.75
    numpy.testing.assert_array_equal(of_class, [0, 1, 0.5])
    assert run("type: 'Accuracy' accuracy_param { top_k: 2 }", scores, numpy.array([1, 2, 0, 2]))[0] == 0.5
    assert run("type: 'Accuracy' accuracy_param { ignore_label: 2 }", scores, numpy.array([1, 2, 2, 0]))[0] == 0.5


def test_argmax_gives_places_or_numbers():
    x = numpy.array([[3.0, 1, 2], [0, 5, 5]])
    numpy.testing.assert_array_equal(run("type: 'ArgMax'", x)[0], [[[0]], [[2]]])
    both = run("type: 'ArgMax' argmax_param { out_max_val: true top_k: 2 }", x)[0]
    numpy.testing.assert_array_equal(both, [[[0, 2], [3, 2]], [[2, 1], [5, 5]]])
    numpy.testing.assert_array_equal(run("type: 'ArgMax' argmax_param { axis: 0 }", x)[0], [[0, 1, 1]])
    numpy.testing.assert_array_equal(run("type: 'ArgMax' argmax_param { axis: 1 out_max_val: true }", x)[0], [[3], [5]])


@pytest.mark.parametrize(
    ("loss_param", "divisor"),
    [
        ("", 3),
        ("normalization: FULL", 4),
        ("normalization: BATCH_SIZE", 2),
        ("normalization: NONE", 1),
        ("normalize: false", 2),
    ],
)
def test_what_a_softmax_loss_is_divided_by(loss_param, divisor):
    x = GENERATOR.normal(size=(2, 3, 2))
    labels = numpy.array([[0, 255], [2, 1]])
    p = numpy.exp(x) / numpy.exp(x).sum(1, keepdims=True)
    total = -numpy.log(p[0, 0, 0]) - numpy.log(p[1, 2, 0]) - numpy.log(p[1, 1, 1])
    loss, top = run(f"type: 'SoftmaxWithLoss' loss_param {{ ignore_label: 255 {loss_param} }}", x, labels, tops=2)
    assert loss == pytest.approx(total / divisor)
    numpy.testing.assert_allclose(top, p, rtol=1e-12)


def test_all_labels_ignored_is_a_loss_of_0():
    loss = run("type: 'SoftmaxWithLoss' loss_param { ignore_label: -1 }", numpy.ones((2, 3)), numpy.array([-1, -1]))[0]
    assert loss == 0


def test_a_label_that_is_no_class_is_an_error():
    with pytest.raises(caffe.CaffeError, match=r"(?s)label that is no class.*label 3.*0 to 2"):
        run("type: 'SoftmaxWithLoss'", numpy.ones((2, 3)), numpy.array([1, 3]))


def test_losses_of_extreme_numbers_are_finite():
    x = numpy.array([[1000.0, -1000.0]])
    assert run("type: 'SoftmaxWithLoss'", x, numpy.array([1]))[0] == pytest.approx(
        -math.log(numpy.finfo("float32").tiny)
    )
    assert run("type: 'SigmoidCrossEntropyLoss'", x, numpy.array([[0.0, 1.0]]))[0] == 2000


def test_hinge_losses():
    x, labels = numpy.array([[2.0, 0.5, -3.0]]), numpy.array([1])
    assert run("type: 'HingeLoss'", x, labels)[0] == 3 + 0.5
    assert run("type: 'HingeLoss' hinge_loss_param { norm: L2 }", x, labels)[0] == 9 + 0.25


def test_dropout_keeps_the_expectation_and_is_nothing_in_testing():
    minigrad.manual_seed(0)
    x = numpy.ones((100, 100))
    z = run("type: 'Dropout' dropout_param { dropout_ratio: 0.2 }", x)[0]
    assert set(numpy.unique(z)) == {0, 1.25}
    assert z.mean() == pytest.approx(1, abs=0.02)
    numpy.testing.assert_array_equal(run("type: 'Dropout' phase: TEST", x)[0], x)


def test_shapes_of_flatten_reshape_slice_and_concat():
    x = numpy.arange(24.0).reshape(2, 3, 4)
    assert run("type: 'Flatten'", x)[0].shape == (2, 12)
    assert run("type: 'Flatten' flatten_param { axis: 0 end_axis: 1 }", x)[0].shape == (6, 4)
    assert run("type: 'Reshape' reshape_param { shape { dim: [0, -1, 2] } }", x)[0].shape == (2, 6, 2)
    assert run("type: 'Reshape' reshape_param { shape { dim: 1 } axis: -1 num_axes: 0 }", x)[0].shape == (2, 3, 4, 1)
    assert run("type: 'Reshape' reshape_param { shape { dim: [2, 2] } axis: 2 num_axes: 1 }", x)[0].shape == (
        2,
        3,
        2,
        2,
    )
    parts = run("type: 'Slice' slice_param { slice_point: 1 }", x, tops=2)
    numpy.testing.assert_array_equal(parts[1], x[:, 1:])
    numpy.testing.assert_array_equal(run("type: 'Concat'", *parts)[0], x)


@pytest.mark.parametrize(
    ("text", "shapes", "said"),
    [
        ("type: 'Reshape' reshape_param { shape { dim: [0, 5] } }", [(2, 3)], "room for the same numbers"),
        ("type: 'Flatten' flatten_param { axis: 3 }", [(2, 3)], "an axis that its bottom does not have"),
        ("type: 'Slice' slice_param { slice_point: 3 }", [(2, 3)], "cannot cut"),
        ("type: 'Concat'", [(2, 3), (3, 3)], "differ beside axis 1"),
        ("type: 'Eltwise'", [(2, 3), (2, 4)], "bottoms of one shape"),
        ("type: 'Eltwise' eltwise_param { coeff: 2 }", [(2, 3), (2, 3)], "coefficients that do not fit"),
        ("type: 'Scale' scale_param { axis: 0 }", [(2, 3), (3,)], "does not fit its bottom"),
        (
            "type: 'Convolution' convolution_param { num_output: 3 kernel_size: 1 group: 2 }",
            [(1, 4, 2, 2)],
            "into the groups",
        ),
        (
            "type: 'Convolution' convolution_param { num_output: 2 kernel_size: 5 }",
            [(1, 4, 2, 2)],
            "larger than the image",
        ),
        ("type: 'Convolution' convolution_param { num_output: 2 }", [(1, 4, 2, 2)], "needs the size of its windows"),
        ("type: 'Pooling' pooling_param { kernel_size: 2 kernel_h: 2 }", [(1, 1, 4, 4)], "in two ways"),
        ("type: 'Pooling' pooling_param { kernel_size: 1 stride: 3 }", [(1, 1, 5, 5)], "no pixel"),
        ("type: 'LRN' lrn_param { local_size: 4 }", [(1, 1, 2, 2)], "an odd number"),
        ("type: 'BatchNorm' param { lr_mult: 1 }", [(2, 3)], "does not learn its statistics"),
        ("type: 'Dropout' dropout_param { dropout_ratio: 1 }", [(2,)], "a ratio that is none"),
        ("type: 'Exp' exp_param { base: 0 }", [(2,)], "cannot raise this base"),
    ],
)
def test_what_cannot_be_set_up_says_why(text, shapes, said):
    with pytest.raises(minigrad.errors.MinigradError, match=said):
        run(text, *map(numpy.zeros, shapes), tops=2 if "Slice" in text else 1)
