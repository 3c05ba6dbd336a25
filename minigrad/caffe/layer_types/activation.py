"""Functions of one number, applied to every element: what stands between the layers that learn."""

from __future__ import annotations

import numpy

from minigrad import ops
from minigrad.caffe.fillers import fill
from minigrad.caffe.layer import Layer
from minigrad.caffe.layer_types.rules import along, gradient, summed
from minigrad.caffe.message import Message
from minigrad.caffe.registry import register_layer


class NeuronLayer(Layer):
    """A layer whose top has the shape of its bottom, element for element."""

    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    runs_in_place = True


@register_layer("ReLU")
class ReLU(NeuronLayer):
    r"""The positive part, :math:`z = \max(x, 0) + s \min(x, 0)` with the slope :math:`s` = `negative_slope`.

    :math:`\bar x = \bar z` where :math:`x > 0` and :math:`s \bar z` elsewhere. The output is positive where the input was, so
    in place the backward pass reads the output instead, which is there.
    """

    backward_reads = frozenset({"sign"})
    keeps_sign = True

    def forward(self, bottom, top):
        x, slope = bottom[0].data, self.layer_param.relu_param.negative_slope
        top[0].data = ops.leaky_relu(x, negative_slope=slope) if slope else ops.relu(x)

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            x, slope = bottom[0].data, self.layer_param.relu_param.negative_slope
            passed = x > 0
            bottom[0].diff = top[0].diff * (
                numpy.where(passed, x.dtype.type(1), x.dtype.type(slope)) if slope else passed
            )


@register_layer("PReLU")
class PReLU(NeuronLayer):
    r"""ReLU whose slope for negative inputs is learnt: one :math:`s` for each channel, or one for all (`channel_shared`).

    From :math:`dz = (x > 0)\,dx + (x \le 0)(s\,dx + x\,ds)`. In place, it keeps a copy of its input.

    Shapes: bottom (N, C, …); slope (C,), or () if shared; filled with 0.25 unless the filler says otherwise.
    Source: He et al. (2015).
    """

    backward_reads = frozenset()

    def setup(self, bottom, top):
        if len(bottom[0].shape) < 2:
            raise self.error("needs channels.", got=f"a bottom of shape {bottom[0].shape}", expected="(N, C, …)")
        p = self.layer_param.prelu_param
        slope = self.blobs.add_blob(*(() if p.channel_shared else bottom[0].shape[1:2]))
        fill(slope, p.filler if p.has("filler") else Message("FillerParameter", value=0.25))

    def forward(self, bottom, top):
        self._x = bottom[0].data.copy()
        slope = along(self.blobs[0].data, 1, self._x.ndim)
        top[0].data = ops.where(self._x > 0, self._x, slope * self._x)

    def backward(self, top, propagate_down, bottom):
        x, slope = self._x, self.blobs[0]
        g = top[0].diff
        if self.param_propagate_down[0]:
            slope.diff[...] += summed(g * numpy.minimum(x, 0), 1, slope.data.ndim)
        if propagate_down[0]:
            bottom[0].diff = ops.where(x > 0, g, along(slope.data, 1, x.ndim) * g)


@register_layer("ELU")
class ELU(NeuronLayer):
    r""":math:`z = x` where positive, elsewhere :math:`\alpha (e^x - 1)`, whose derivative is :math:`z + \alpha`.

    Source: Clevert et al. (2015).
    """

    backward_reads = frozenset({"sign", "top"})

    def forward(self, bottom, top):
        top[0].data = ops.elu(bottom[0].data, alpha=self.layer_param.elu_param.alpha)

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            z, g = top[0].data, top[0].diff
            bottom[0].diff = ops.where(bottom[0].data > 0, g, g * (z + z.dtype.type(self.layer_param.elu_param.alpha)))


@register_layer("Sigmoid")
class Sigmoid(NeuronLayer):
    r""":math:`z = 1 / (1 + e^{-x})`. Its derivative is :math:`z (1 - z)`: the backward pass reads the top alone."""

    backward_reads = frozenset({"top"})

    def forward(self, bottom, top):
        top[0].data = ops.sigmoid(bottom[0].data)

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            bottom[0].diff = gradient("sigmoid", 0, top[0].diff, top[0].data, None)


@register_layer("TanH")
class TanH(NeuronLayer):
    r""":math:`z = \tanh x`. Its derivative is :math:`1 - z^2`: the backward pass reads the top alone."""

    backward_reads = frozenset({"top"})

    def forward(self, bottom, top):
        top[0].data = ops.tanh(bottom[0].data)

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            bottom[0].diff = gradient("tanh", 0, top[0].diff, top[0].data, None)


@register_layer("AbsVal")
class AbsVal(NeuronLayer):
    r""":math:`z = |x|`; the gradient gets the sign of :math:`x`, which in place would be lost."""

    runs_in_place = False
    backward_reads = frozenset({"bottom"})

    def forward(self, bottom, top):
        top[0].data = ops.abs(bottom[0].data)

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            bottom[0].diff = ops.sign(bottom[0].data) * top[0].diff
