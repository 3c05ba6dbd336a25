"""InnerProduct: every output is a weighted sum of all inputs."""

from __future__ import annotations

from minigrad import ops
from minigrad.caffe.fillers import fill
from minigrad.caffe.layer import Layer
from minigrad.caffe.layer_types.rules import canonical, count
from minigrad.caffe.registry import register_layer


@register_layer("InnerProduct")
class InnerProduct(Layer):
    r"""The product with a matrix, :math:`z = x w^T + b`, where everything from `axis` on is one row of :math:`x`.

    From :math:`dz = dx\,w^T + x\,dw^T + db`: :math:`\bar x = \bar z w`, :math:`\bar w = \bar z^T x`, and :math:`\bar b` is the sum
    of the rows of :math:`\bar z`.

    Shapes: bottom (N, …) of K numbers each; weights (num_output, K), or (K, num_output) with `transpose`; bias
    (num_output,); top (N, num_output).
    """

    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    backward_reads = frozenset({"bottom"})

    def setup(self, bottom, top):
        p = self.layer_param.inner_product_param
        if p.num_output < 1:
            raise self.error("needs the number of its outputs.", expected="inner_product_param { num_output: 10 }")
        self.outputs, self.transpose = p.num_output, p.transpose
        self.axis = canonical(self, p.axis, bottom[0])
        self.inputs = count(bottom[0].shape, self.axis)
        w = self.blobs.add_blob(*((self.inputs, self.outputs) if p.transpose else (self.outputs, self.inputs)))
        fill(w, p.weight_filler)
        if p.bias_term:
            fill(self.blobs.add_blob(self.outputs), p.bias_filler)

    def reshape(self, bottom, top):
        inputs = count(bottom[0].shape, self.axis)
        if inputs != self.inputs:
            raise self.error(
                "has weights for another number of inputs.",
                got=f"a bottom of shape {bottom[0].shape}: {inputs} numbers from axis {self.axis} on",
                expected=f"{self.inputs}",
                hint="an InnerProduct cannot change its input's size, a Convolution can",
            )
        top[0].reshape(*bottom[0].shape[: self.axis], self.outputs)

    def forward(self, bottom, top):
        x, w = self._rows(bottom[0].data), self.blobs[0].data
        b = self.blobs[1].data if len(self.blobs) > 1 else None
        top[0].data = ops.linear(x, w.T if self.transpose else w, b).reshape(top[0].shape)

    def backward(self, top, propagate_down, bottom):
        x, w = self._rows(bottom[0].data), self.blobs[0]
        g = top[0].diff.reshape(-1, self.outputs)
        if self.param_propagate_down[0]:
            w.diff += ops.matmul(x.T, g) if self.transpose else ops.matmul(g.T, x)
        if len(self.blobs) > 1 and self.param_propagate_down[1]:
            self.blobs[1].diff += g.sum(axis=0)
        if propagate_down[0]:
            bottom[0].diff = ops.matmul(g, w.data.T if self.transpose else w.data).reshape(bottom[0].shape)

    def _rows(self, x):
        return x.reshape(-1, self.inputs)
