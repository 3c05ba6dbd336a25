"""Losses of numbers: EuclideanLoss, and SigmoidCrossEntropyLoss for probabilities of many things at once."""

from __future__ import annotations

import numpy

from minigrad import ops
from minigrad.caffe.layer_types.loss import Labels, LossLayer
from minigrad.caffe.registry import register_layer


@register_layer("EuclideanLoss")
class EuclideanLoss(LossLayer):
    r"""Half the mean of squared distances, :math:`\ell = \frac{1}{2N} \sum (x - y)^2`; :math:`d\ell = \frac1N (x - y)(dx - dy)`.

    Both bottoms get a gradient, if they want one: the target need not be a label.
    """

    takes_gradient = (True, True)
    backward_reads = frozenset()

    def reshape(self, bottom, top):
        super().reshape(bottom, top)
        if bottom[0].count != bottom[1].count:
            raise self.error(
                "compares as many numbers as numbers.",
                got=f"{bottom[0].shape} and {bottom[1].shape}",
                expected="equal sizes",
                hint="labels that are classes belong to SoftmaxWithLoss",
            )

    def forward(self, bottom, top):
        self._difference = bottom[0].data - bottom[1].data.reshape(bottom[0].shape)
        row = self._difference.reshape(-1)
        top[0].data[...] = ops.matmul(row, row) / (2 * bottom[0].num)

    def backward(self, top, propagate_down, bottom):
        scale = float(top[0].diff) / bottom[0].num
        for blob, sign, wanted in zip(bottom, (1, -1), propagate_down, strict=True):
            if wanted:
                blob.diff = (sign * scale * self._difference).reshape(blob.shape)


@register_layer("SigmoidCrossEntropyLoss")
class SigmoidCrossEntropyLoss(LossLayer):
    r"""Cross-entropy of the probabilities :math:`p = 1 / (1 + e^{-x})` with targets in [0, 1], summed, and divided by n.

    :math:`-y \ln p - (1 - y) \ln(1 - p) = \max(x, 0) - x y + \ln(1 + e^{-|x|})`, in which nothing overflows, and whose
    derivative is :math:`p - y`. n is the number of examples, unless `loss_param` says otherwise.
    """

    def reshape(self, bottom, top):
        super().reshape(bottom, top)
        if bottom[0].count != bottom[1].count:
            raise self.error(
                "needs a target for each number.",
                got=f"{bottom[0].shape} and {bottom[1].shape}",
                expected="equal sizes",
            )
        self.labels = Labels(self, 0, default="BATCH_SIZE")

    def forward(self, bottom, top):
        x, y, valid = self._read(bottom)
        losses = numpy.maximum(x, 0) - x * y + numpy.log1p(numpy.exp(-numpy.abs(x)))
        self._divisor = self.labels.divisor(valid, bottom[0].num)
        top[0].data[...] = (losses * valid).sum() / self._divisor

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            x, y, valid = self._read(bottom)
            bottom[0].diff = (ops.sigmoid(x) - y) * valid * x.dtype.type(float(top[0].diff) / self._divisor)

    def _read(self, bottom):
        x = bottom[0].data
        y = bottom[1].data.reshape(x.shape)
        valid = numpy.ones(x.shape, bool) if self.labels.ignored is None else y != self.labels.ignored
        return x, y, valid
