"""Layers against PyTorch, wherever the two have the same thing: values, and gradients of inputs and parameters."""

import numpy
import pytest

import minigrad
from minigrad import caffe

CONV = "'Convolution' convolution_param {"
DECONV = "'Deconvolution' convolution_param {"
FILL = "weight_filler { type: 'gaussian' } bias_filler { type: 'gaussian' }"

# The layer, the shapes of its bottoms, and PyTorch's expression of them (x, y) and of the parameters (w, b).
CASES = {
    "inner product": (
        f"'InnerProduct' inner_product_param {{ num_output: 3 {FILL} }}",
        [(4, 2, 3)],
        lambda F, x, w, b: F.linear(x.flatten(1), w, b),
    ),
    "convolution": (
        CONV + f" num_output: 4 kernel_size: 3 stride: 2 pad: 1 group: 2 {FILL} }}",
        [(2, 4, 6, 7)],
        lambda F, x, w, b: F.conv2d(x, w, b, stride=2, padding=1, groups=2),
    ),
    "dilation": (
        CONV + f" num_output: 2 kernel_size: 3 dilation: 2 {FILL} }}",
        [(1, 2, 6, 7)],
        lambda F, x, w, b: F.conv2d(x, w, b, dilation=2),
    ),
    "deconvolution": (
        DECONV + f" num_output: 4 kernel_size: 4 stride: 2 pad: 1 group: 2 {FILL} }}",
        [(2, 2, 3, 3)],
        lambda F, x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1, groups=2),
    ),
    "max": (
        "'Pooling' pooling_param { kernel_size: 3 stride: 2 }",
        [(2, 2, 8, 7)],
        lambda F, x: F.max_pool2d(x, 3, 2, ceil_mode=True),
    ),
    "average": (
        "'Pooling' pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 }",
        [(2, 2, 8, 7)],
        lambda F, x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True),
    ),
    "relu": ("'ReLU' relu_param { negative_slope: 0.1 }", [(3, 4)], lambda F, x: F.leaky_relu(x, 0.1)),
    "prelu": ("'PReLU' prelu_param { filler { type: 'uniform' } }", [(3, 4, 2)], lambda F, x, w: F.prelu(x, w)),
    "elu": ("'ELU' elu_param { alpha: 0.5 }", [(3, 4)], lambda F, x: F.elu(x, 0.5)),
    "lrn": (
        "'LRN' lrn_param { local_size: 5 alpha: 0.5 beta: 0.75 k: 2 }",
        [(2, 7, 3, 2)],
        lambda F, x: F.local_response_norm(x, 5, 0.5, 0.75, 2),
    ),
    "softmax": ("'Softmax'", [(3, 4, 2)], lambda F, x: F.softmax(x, 1)),
    "softmax loss": (
        "'SoftmaxWithLoss' loss_param { ignore_label: 2 }",
        [(4, 3, 2), "labels"],
        lambda F, x, y: F.cross_entropy(x, y, ignore_index=2),
    ),
    "sigmoid loss": (
        "'SigmoidCrossEntropyLoss'",
        [(4, 3), (4, 3)],
        lambda F, x, y: F.binary_cross_entropy_with_logits(x, y, reduction="sum") / 4,
    ),
    "euclidean": ("'EuclideanLoss'", [(4, 3), (4, 3)], lambda F, x, y: F.mse_loss(x, y, reduction="sum") / 8),
}


@pytest.mark.parametrize("name", CASES)
def test_as_in_pytorch(torch, name):
    text, shapes, expression = CASES[name]
    minigrad.manual_seed(0)
    generator = numpy.random.default_rng(1)
    arrays = [generator.integers(0, 3, (4, 2)) if s == "labels" else generator.normal(size=s) for s in shapes]
    bottom, top = [caffe.Blob(x.shape) for x in arrays], [caffe.Blob()]
    for blob, x in zip(bottom, arrays, strict=True):
        blob.data = x
    layer = caffe.make_layer(caffe.parse(f"name: 'tested' type: {text}", "LayerParameter"))
    layer.prepare(bottom, top)
    layer.forward(bottom, top)
    inputs = [torch.tensor(blob.data, requires_grad=True) for blob in bottom]
    if "labels" in shapes:
        inputs[1] = torch.tensor(arrays[1])
    parameters = [torch.tensor(blob.data, requires_grad=True) for blob in layer.blobs]
    z = expression(torch.nn.functional, *inputs, *parameters)
    numpy.testing.assert_allclose(top[0].data, z.detach().numpy(), rtol=1e-5, atol=1e-6)
    g = numpy.asarray(generator.normal(size=z.shape), numpy.float32)
    z.backward(torch.tensor(g))
    top[0].diff = g
    wanted = [layer.allows_force_backward(i) for i in range(len(bottom))]
    layer.backward(top, wanted, bottom)
    for need, blob, x in zip(
        [*wanted, *[True] * len(parameters)], [*bottom, *layer.blobs], [*inputs, *parameters], strict=True
    ):
        if need:
            numpy.testing.assert_allclose(blob.diff, x.grad.numpy(), rtol=1e-4, atol=1e-5)


def test_batch_norm_and_scale_are_pytorchs_batch_norm(torch):
    minigrad.manual_seed(0)
    net = caffe.Net(
        """force_backward: true
        input: "x" input_shape { dim: [4, 3, 2, 2] }
        layer { name: "n" type: "BatchNorm" bottom: "x" top: "z" }
        layer { name: "s" type: "Scale" bottom: "z" top: "z" scale_param {
            filler { type: "uniform" } bias_term: true bias_filler { type: "uniform" } } }"""
    )
    x = numpy.random.default_rng(0).normal(size=(4, 3, 2, 2)).astype("float32")
    g = numpy.random.default_rng(1).normal(size=x.shape).astype("float32")
    xt, w, b = (torch.tensor(a, requires_grad=True) for a in (x, *(blob.data for blob in net.params["s"])))
    z = torch.nn.functional.batch_norm(xt, None, None, w, b, training=True)
    z.backward(torch.tensor(g))
    numpy.testing.assert_allclose(net.forward(x=x)["z"], z.detach().numpy(), atol=1e-5)
    numpy.testing.assert_allclose(net.backward(z=g)["x"], xt.grad.numpy(), atol=1e-5)
    for blob, parameter in zip(net.params["s"], (w, b), strict=True):
        numpy.testing.assert_allclose(blob.diff, parameter.grad.numpy(), rtol=1e-4, atol=1e-5)
