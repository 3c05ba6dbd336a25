"""Losses of classes: how far a net's outputs are from labels. The top is one number, and its weight in the loss is 1."""

from __future__ import annotations

import numpy

from minigrad import ops
from minigrad.caffe.blob import Blob
from minigrad.caffe.layer import Layer
from minigrad.caffe.layer_types.rules import canonical, count
from minigrad.caffe.registry import register_layer


class LossLayer(Layer):
    """Two bottoms, predictions and targets, of equally many examples; a top of shape (). Labels get no gradient.

    Its backward begins the net's: `top[0].diff` holds the loss's weight, which the net wrote there.
    """

    exact_num_bottom_blobs = 2
    exact_num_top_blobs: int | None = 1
    auto_top_blobs = True
    default_loss_weight = 1.0
    takes_gradient = (True, False)
    backward_reads = frozenset({"bottom"})

    def reshape(self, bottom, top):
        if not bottom[0].shape or bottom[0].shape[:1] != (bottom[1].shape[:1] or (1,)):
            raise self.error(
                "compares different numbers of examples.",
                got=f"predictions {bottom[0].shape}, targets {bottom[1].shape}",
                expected="the same first size",
                hint="one target for each example",
            )
        top[0].reshape()


class Labels:
    """Labels as indices, with those to be ignored, and by how much a loss over them is divided.

    `normalization`: VALID divides by the labels that count, FULL by all of them, BATCH_SIZE by the examples, NONE by 1.
    """

    def __init__(self, layer: Layer, classes: int, default: str = "VALID"):
        p = layer.layer_param.loss_param
        self.layer, self.classes = layer, classes
        self.ignored = p.ignore_label if p.has("ignore_label") else None
        older = {True: "VALID", False: "BATCH_SIZE"}[p.normalize] if p.has("normalize") else default
        self.normalization = p.normalization if p.has("normalization") else older

    def read(self, blob: Blob, shape: tuple[int, ...]) -> tuple[numpy.ndarray, numpy.ndarray]:
        """The labels as whole numbers of this shape (0 where ignored), and which of them count. Errors: CaffeError."""
        labels = blob.data.astype(numpy.int64).reshape(shape)
        valid = labels != self.ignored if self.ignored is not None else numpy.ones(shape, bool)
        wrong = valid & ((labels < 0) | (labels >= self.classes))
        if wrong.any():
            raise self.layer.error(
                "got a label that is no class.",
                got=f"label {labels[wrong][0]}",
                expected=f"0 to {self.classes - 1}, for {self.classes} classes",
                hint="loss_param { ignore_label: … } for what is to be passed over, or a larger num_output below",
            )
        return numpy.where(valid, labels, 0), valid

    def divisor(self, valid: numpy.ndarray, examples: int) -> float:
        """What the sum of the losses is divided by: at least 1."""
        chosen = {"FULL": valid.size, "VALID": int(valid.sum()), "BATCH_SIZE": examples, "NONE": 1}
        return max(1.0, chosen[self.normalization])


@register_layer("SoftmaxWithLoss")
class SoftmaxWithLoss(LossLayer):
    r"""Softmax and cross-entropy in one: :math:`\ell = -\frac1n \sum \ln p_y` with :math:`p = e^x / \sum e^x` along `axis`.

    Since :math:`-\ln p_y = \ln \sum e^x - x_y`, the gradient is :math:`\bar x = (p - [\text{class is } y])\,\bar\ell / n`: no
    softmax has to be differentiated, and nothing overflows.

    Shapes: bottom (N, C, …) and labels (N, …); top (), and if it is asked for, p. :math:`n` is `loss_param`'s normalization.
    """

    exact_num_top_blobs = None
    min_top_blobs = 1
    max_top_blobs = 2
    backward_reads = frozenset({"bottom"})

    def setup(self, bottom, top):
        self.axis = canonical(self, self.layer_param.softmax_param.axis, bottom[0])

    def reshape(self, bottom, top):
        super().reshape(bottom, top)
        shape = bottom[0].shape
        self.places = shape[: self.axis] + shape[self.axis + 1 :]
        if bottom[1].count != count(self.places):
            raise self.error(
                "needs one label for each place.",
                got=f"predictions {shape}, labels {bottom[1].shape}",
                expected=f"{count(self.places)} labels: all sizes but that of axis {self.axis}",
                hint="labels are classes, not one-hot",
            )
        self.labels = Labels(self, shape[self.axis])
        if len(top) > 1:
            top[1].reshape(shape)

    def forward(self, bottom, top):
        self._p = ops.softmax(bottom[0].data, dim=self.axis)
        labels, valid = self.labels.read(bottom[1], self.places)
        chosen = numpy.take_along_axis(self._p, numpy.expand_dims(labels, self.axis), self.axis).squeeze(self.axis)
        losses = -numpy.log(numpy.maximum(chosen, numpy.finfo(numpy.float32).tiny))
        self._divisor = self.labels.divisor(valid, count(bottom[0].shape, 0, self.axis))
        top[0].data[...] = (losses * valid).sum() / self._divisor
        if len(top) > 1:
            top[1].data = self._p

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            labels, valid = (numpy.expand_dims(a, self.axis) for a in self.labels.read(bottom[1], self.places))
            error = self._p * valid
            ones = numpy.take_along_axis(error, labels, self.axis) - valid
            numpy.put_along_axis(error, labels, ones, self.axis)
            bottom[0].diff = error * error.dtype.type(float(top[0].diff) / self._divisor)


@register_layer("HingeLoss")
class HingeLoss(LossLayer):
    r"""One against all: :math:`m_c = \max(0, 1 - \delta_c x_c)` with :math:`\delta` = 1 for the label's class, -1 for the others.

    The loss is :math:`\frac1N \sum m` (norm L1), or :math:`\frac1N \sum m^2` (L2); :math:`dm_c = -\delta_c\,dx_c` where
    :math:`m_c > 0`.
    """

    def forward(self, bottom, top):
        x, sign = self._rows(bottom)
        self._margin = numpy.maximum(0, 1 - sign * x)
        squared = self.layer_param.hinge_loss_param.norm == "L2"
        top[0].data[...] = (self._margin**2 if squared else self._margin).sum() / len(x)

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            x, sign = self._rows(bottom)
            m = self._margin
            slope = 2 * m if self.layer_param.hinge_loss_param.norm == "L2" else numpy.sign(m)
            bottom[0].diff = (-sign * slope * (float(top[0].diff) / len(x))).reshape(bottom[0].shape)

    def _rows(self, bottom):
        x = bottom[0].data.reshape(bottom[0].num, -1)
        labels, _ = Labels(self, x.shape[1]).read(bottom[1], (x.shape[0],))
        sign = numpy.full_like(x, -1)
        sign[numpy.arange(len(x)), labels] = 1
        return x, sign
