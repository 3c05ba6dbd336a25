"""Every type of layer: its backward against finite differences of its forward, in float64."""

import numpy
import pytest

import minigrad
from minigrad import caffe

GENERATOR = numpy.random.default_rng(0)
XAVIER = "weight_filler { type: 'xavier' } bias_filler { type: 'uniform' min: -1 }"
IP = "type: 'InnerProduct' inner_product_param { "
CONV = f"type: 'Convolution' convolution_param {{ num_output: 4 {XAVIER} kernel_size: 3"
POOL = "type: 'Pooling' pooling_param {"
NEAR_ZERO = {"kink": 0.0}

# Each case: the layer, the shapes of its bottoms, and options of the check. `n` tops with "tops".
CASES = {
    "inner product": (IP + f"num_output: 3 {XAVIER} }}", [(2, 3, 2)]),
    "inner product, axis": (IP + f"num_output: 3 axis: 2 transpose: true {XAVIER} }}", [(2, 3, 2)]),
    "inner product, no bias": (IP + "num_output: 2 bias_term: false weight_filler { type: 'gaussian' } }", [(2, 3)]),
    "convolution": (CONV + " pad: 1 stride: 2 }", [(2, 2, 4, 5)]),
    "convolution, groups": (CONV + " group: 2 dilation: 2 bias_term: false }", [(1, 4, 6, 5)]),
    "convolution, h and w": (CONV.replace("kernel_size: 3", "kernel_h: 1 kernel_w: 2") + " stride_h: 2 pad_w: 1 }", [(1, 2, 3, 3)]),
    "convolution of two": (CONV + " }", [(1, 1, 4, 4), (1, 1, 3, 5)], {"top": 2}),
    "deconvolution": (CONV.replace("Conv", "Deconv", 1) + " stride: 2 pad: 1 group: 2 }", [(1, 2, 2, 3)]),
    "max": (POOL + " kernel_size: 3 stride: 2 pad: 1 }", [(1, 2, 4, 5)]),
    "max, clipped": (POOL + " kernel_size: 2 stride: 2 }", [(1, 1, 5, 5)]),
    "max, wide padding": (POOL + " kernel_size: 3 stride: 2 pad: 2 }", [(1, 1, 5, 4)]),
    "average": (POOL + " pool: AVE kernel_size: 3 stride: 2 pad: 1 }", [(1, 2, 4, 5)]),
    "average, clipped": (POOL + " pool: AVE kernel_h: 3 kernel_w: 2 stride: 2 }", [(1, 1, 4, 5)]),
    "average of all": (POOL + " pool: AVE global_pooling: true }", [(2, 2, 3, 2)]),
    "relu": ("type: 'ReLU'", [(2, 5)], NEAR_ZERO),
    "leaky relu": ("type: 'ReLU' relu_param { negative_slope: 0.1 }", [(2, 5)], NEAR_ZERO),
    "prelu": ("type: 'PReLU'", [(2, 3, 2)], NEAR_ZERO),
    "prelu, shared": ("type: 'PReLU' prelu_param { channel_shared: true filler { value: 0.4 } }", [(2, 3)], NEAR_ZERO),
    "elu": ("type: 'ELU' elu_param { alpha: 0.5 }", [(2, 5)], NEAR_ZERO),
    "sigmoid": ("type: 'Sigmoid'", [(2, 3)]),
    "tanh": ("type: 'TanH'", [(2, 3)]),
    "abs": ("type: 'AbsVal'", [(2, 3)], NEAR_ZERO),
    "power": ("type: 'Power' power_param { power: 3 scale: 0.5 shift: 2 }", [(2, 3)]),
    "power 1": ("type: 'Power' power_param { scale: -0.5 shift: 2 }", [(2, 3)]),
    "power 0": ("type: 'Power' power_param { power: 0 }", [(2, 3)]),
    "exp": ("type: 'Exp' exp_param { base: 2 scale: 0.5 shift: 1 }", [(2, 3)]),
    "exp of e": ("type: 'Exp' exp_param { shift: 1 }", [(2, 3)]),
    "log": ("type: 'Log' log_param { base: 10 scale: 0.1 shift: 3 }", [(2, 3)]),
    "dropout": ("type: 'Dropout' dropout_param { dropout_ratio: 0.3 }", [(4, 5)]),
    "dropout in testing": ("type: 'Dropout' phase: TEST", [(2, 3)]),
    "lrn": ("type: 'LRN' lrn_param { local_size: 3 alpha: 2 beta: 0.6 k: 1.5 }", [(2, 4, 2, 1)]),
    "lrn within": ("type: 'LRN' lrn_param { local_size: 3 alpha: 2 norm_region: WITHIN_CHANNEL }", [(1, 2, 3, 4)]),
    "batch norm": ("type: 'BatchNorm'", [(3, 2, 2, 2)], {"threshold": 1e-5}),
    "batch norm of vectors": ("type: 'BatchNorm' batch_norm_param { eps: 0.1 }", [(4, 2)]),
    "scale": ("type: 'Scale' scale_param { filler { type: 'uniform' } bias_term: true }", [(2, 3, 2)]),
    "scale, all axes": ("type: 'Scale' scale_param { num_axes: -1 filler { type: 'uniform' } }", [(2, 3, 2)]),
    "scale by one": ("type: 'Scale' scale_param { num_axes: 0 filler { value: 2 } }", [(2, 3)]),
    "scale by another": ("type: 'Scale' scale_param { axis: 0 bias_term: true }", [(2, 3, 2), (2, 3)]),
    "bias": ("type: 'Bias' bias_param { axis: 0 num_axes: 2 }", [(2, 3, 2)]),
    "bias of another": ("type: 'Bias' bias_param { axis: -1 }", [(2, 3), (3,)]),
    "sum": ("type: 'Eltwise' eltwise_param { coeff: [1, -0.5, 2] }", [(2, 3)] * 3),
    "product": ("type: 'Eltwise' eltwise_param { operation: PROD }", [(2, 3)] * 3),
    "product, by division": ("type: 'Eltwise' eltwise_param { operation: PROD stable_prod_grad: false }", [(2, 3)] * 2),
    "maximum": ("type: 'Eltwise' eltwise_param { operation: MAX }", [(2, 3)] * 3),
    "concat": ("type: 'Concat'", [(2, 1, 2), (2, 3, 2), (2, 2, 2)]),
    "concat of examples": ("type: 'Concat' concat_param { axis: 0 }", [(1, 2), (2, 2)]),
    "slice": ("type: 'Slice' slice_param { slice_point: [1, 3] }", [(2, 4, 2)], {"top": 3}),
    "slice, equal": ("type: 'Slice' slice_param { axis: -1 }", [(2, 4)], {"top": 2}),
    "split": ("type: 'Split'", [(2, 3)], {"top": 3}),
    "softmax": ("type: 'Softmax'", [(2, 3, 2)]),
    "softmax, last axis": ("type: 'Softmax' softmax_param { axis: -1 }", [(2, 3)]),
    "euclidean": ("type: 'EuclideanLoss'", [(3, 2), (3, 2)]),
}  # fmt: skip


@pytest.fixture(autouse=True)
def seeded():
    minigrad.manual_seed(1)


def layer_of(text):
    return caffe.make_layer(caffe.parse(f"name: 'tested' {text}", "LayerParameter"))


def blob_of(values):
    blob = caffe.Blob(numpy.shape(values), dtype="float64")
    blob.data = values
    return blob


@pytest.mark.parametrize("name", CASES)
def test_backward_is_the_gradient_of_forward(name):
    text, shapes, *options = CASES[name]
    bottom = [blob_of(GENERATOR.normal(size=shape)) for shape in shapes]
    report = caffe.check_gradient(layer_of(text), bottom, **{"top": 1, **(options[0] if options else {})})
    assert report.checked > report.skipped


LABELLED = {
    "softmax loss": ("type: 'SoftmaxWithLoss'", (4, 3), [0, 2, 1, 1]),
    "softmax loss over images": (
        "type: 'SoftmaxWithLoss' loss_param { ignore_label: 1 normalization: FULL }", (1, 3, 2, 2), [[[0, 1], [2, 1]]],
    ),
    "softmax loss, valid": ("type: 'SoftmaxWithLoss' loss_param { ignore_label: -1 }", (4, 3), [0, -1, 1, 2]),
    "softmax loss, none": ("type: 'SoftmaxWithLoss' loss_param { normalization: NONE }", (2, 3), [0, 1]),
    "softmax loss, axis": ("type: 'SoftmaxWithLoss' softmax_param { axis: 2 }", (2, 2, 3), [[0, 1], [2, 1]]),
    "hinge": ("type: 'HingeLoss'", (4, 3), [0, 2, 1, 1]),
    "hinge, squared": ("type: 'HingeLoss' hinge_loss_param { norm: L2 }", (4, 3), [0, 2, 1, 1]),
    "sigmoid loss": ("type: 'SigmoidCrossEntropyLoss'", (2, 3), [[0, 1, 0.3], [1, 1, 0]]),
    "sigmoid loss, some": (
        "type: 'SigmoidCrossEntropyLoss' loss_param { ignore_label: -1 normalization: VALID }", (2, 3),
        [[0, -1, 1], [1, -1, 0]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LABELLED)
def test_losses_have_the_gradient_of_their_predictions(name):
    text, shape, labels = LABELLED[name]
    bottom = [blob_of(GENERATOR.normal(size=shape) * 2), blob_of(labels)]
    report = caffe.check_gradient(layer_of(text), bottom, kink=1.0 if "hinge" in name else None)
    assert report.checked > 0


IN_PLACE = (
    "relu", "leaky relu", "prelu", "elu", "sigmoid", "tanh", "power 1", "exp", "dropout", "batch norm", "scale", "bias",
    "softmax",
)  # fmt: skip


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_gives_the_same_gradient(name):
    text, shapes, *options = CASES[name]
    blob = blob_of(GENERATOR.normal(size=shapes[0]))
    caffe.check_gradient(layer_of(text), [blob], top=[blob], **(options[0] if options else {}))


def test_every_type_that_has_a_gradient_is_checked():
    without = {
        "Input",
        "DummyData",
        "MemoryData",
        "Data",
        "ArgMax",
        "Accuracy",
        "Silence",
        "Python",
        "Flatten",
        "Reshape",
    }
    checked = {case[0].split("'")[1] for case in (*CASES.values(), *LABELLED.values())}
    own = {name for name, kind in caffe.LAYERS.items() if kind.__module__.startswith("minigrad.")}
    assert own - without <= checked


class Wrong(caffe.Layer):
    """Three times its input, with a mistake of choice in its backward."""

    def setup(self, bottom, top):
        self.blobs.add_blob(1)
        self.blobs[0].data = [3]

    def forward(self, bottom, top):
        top[0].data = bottom[0].data * self.blobs[0].data

    def backward(self, top, propagate_down, bottom):
        mistake = self.param_str
        g = (top[0].diff * bottom[0].data).sum()
        if mistake == "overwrites":
            self.blobs[0].diff[...] = g
        else:
            self.blobs[0].diff[...] += g
        down = top[0].diff * self.blobs[0].data * (-1 if mistake == "sign" else 1)
        if mistake == "adds":
            bottom[0].diff[...] += down
        else:
            bottom[0].diff[...] = down


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("overwrites", "a parameter's diff is accumulated"),
        ("adds", "is written, not accumulated"),
        ("sign", "look at the sign"),
    ],
)
def test_a_broken_contract_is_named(mistake, said):
    layer = Wrong(python_param={"param_str": mistake})
    with pytest.raises(caffe.GradientError, match=said):
        caffe.check_gradient(layer, [blob_of([1.0, -2.0])])


def test_a_diff_that_nobody_wants_must_be_left_alone():
    with pytest.raises(caffe.GradientError, match="nobody asked for"):
        caffe.check_gradient(Wrong(), [blob_of([1.0, -2.0])], propagate_down=[False])
