"""Normalisation: LRN, and BatchNorm, which in Caffe has no weights of its own (Scale comes after it)."""

from __future__ import annotations

import numpy

from minigrad import ops
from minigrad.caffe.layer_types.activation import NeuronLayer
from minigrad.caffe.registry import register_layer


@register_layer("LRN")
class LRN(NeuronLayer):
    r"""Local response normalisation, :math:`z = x\,s^{-\beta}` with :math:`s = k + \frac{\alpha}{n} \sum x'^2` over the neighbours.

    ACROSS_CHANNELS: the neighbours are the same pixel in `local_size` n channels around. WITHIN_CHANNEL: the n x n pixels
    around in the same channel, and the mean is over :math:`n^2`; k is 1. Outside there are zeros.

    From :math:`dz = s^{-\beta} dx - \beta\,x\,s^{-\beta - 1} ds` and :math:`ds = \frac{2 \alpha}{n} \sum x' dx'`:
    :math:`\bar x = \bar z\,s^{-\beta} - \frac{2 \alpha \beta}{n}\,x \sum' \bar z' z' / s'`, where the sum is over those that
    have :math:`x` for a neighbour, which are its own neighbours. Source: Krizhevsky et al. (2012), section 3.3.
    """

    runs_in_place = False
    backward_reads = frozenset({"bottom", "top"})

    def setup(self, bottom, top):
        p = self.layer_param.lrn_param
        if p.local_size % 2 == 0:
            raise self.error("looks as far to both sides.", got=f"local_size: {p.local_size}", expected="an odd number")
        if len(bottom[0].shape) != 4:
            raise self.error("normalises images.", got=f"a bottom of shape {bottom[0].shape}", expected="(N, C, H, W)")
        self.across = p.norm_region == "ACROSS_CHANNELS"

    def forward(self, bottom, top):
        p, x = self.layer_param.lrn_param, bottom[0].data
        self._s = self._mean(x * x) * p.alpha + (p.k if self.across else 1)
        top[0].data = x * ops.pow(self._s, -p.beta)

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            p, x, g, s = self.layer_param.lrn_param, bottom[0].data, top[0].diff, self._s
            shared = self._mean(g * top[0].data / s)
            bottom[0].diff = g * ops.pow(s, -p.beta) - (2 * p.alpha * p.beta) * x * shared

    def _mean(self, x):
        """The mean over the neighbours of each number: a pooling by windows that lie around it."""
        n = self.layer_param.lrn_param.local_size
        if not self.across:
            return ops.avg_pool2d(x, kernel_size=n, stride=1, padding=n // 2)
        columns = x.reshape(x.shape[0], 1, x.shape[1], -1)  # the channels as rows of one plane
        return ops.avg_pool2d(columns, kernel_size=(n, 1), stride=1, padding=(n // 2, 0)).reshape(x.shape)


@register_layer("BatchNorm")
class BatchNorm(NeuronLayer):
    r"""Each channel with mean 0 and variance 1: over the batch in training, by running statistics otherwise.

    With :math:`\hat x = (x - \mu)\,r`, :math:`r = 1 / \sqrt{\sigma^2 + \epsilon}`, and the mean :math:`\langle\,\rangle` over
    examples and places: :math:`\bar x = r\,(\bar z - \langle \bar z \rangle - \hat x \langle \hat x \bar z \rangle)`. It
    keeps :math:`\hat x`, so it may run in place.

    `blobs` are three, none of them learnt: sums of means, sums of variances, and the number by which both are divided. Each
    training forward multiplies all three by `moving_average_fraction` and adds this batch's mean, (unbiased) variance, and 1.

    Shapes: bottom (N, C, …). Source: src/caffe/layers/batch_norm_layer.cpp of Caffe 1.0; Ioffe and Szegedy (2015).
    """

    backward_reads = frozenset()

    def setup(self, bottom, top):
        p = self.layer_param.batch_norm_param
        self.uses_global = p.use_global_stats if p.has("use_global_stats") else self.phase == "TEST"
        self.fraction, self.eps = p.moving_average_fraction, p.eps
        self.channels = bottom[0].shape[1] if len(bottom[0].shape) > 1 else 1
        for size in (self.channels, self.channels, 1):
            self.blobs.add_blob(size)
        specs = self.layer_param.param
        for i in range(3):
            if i >= len(specs):
                specs.add(lr_mult=0)
            elif specs[i].lr_mult != 0:
                raise self.error(
                    "does not learn its statistics.",
                    got=f"lr_mult: {specs[i].lr_mult}",
                    expected="lr_mult: 0, or no param at all",
                )

    def reshape(self, bottom, top):
        channels = bottom[0].shape[1] if len(bottom[0].shape) > 1 else 1
        if channels != self.channels:
            raise self.error(
                "has statistics of another number of channels.",
                got=f"bottom {bottom[0].shape}",
                expected=f"{self.channels}",
            )
        super().reshape(bottom, top)

    def forward(self, bottom, top):
        x = self._rows(bottom[0].data)
        mean, variance, total = (blob.data for blob in self.blobs)
        if self.uses_global:
            factor = 0 if total[0] == 0 else 1 / total[0]
            mean, variance = mean * factor, variance * factor
        else:
            now, spread = ops.mean(x, dim=(0, 2)), ops.var(x, dim=(0, 2), correction=0)
            size = x.size // self.channels
            total[...] = total * self.fraction + 1
            mean[...] = mean * self.fraction + now
            variance[...] = variance * self.fraction + spread * (size / (size - 1) if size > 1 else 1)
            mean, variance = now, spread
        self._inverse = (1 / numpy.sqrt(variance + self.eps)).astype(x.dtype)[:, None]
        self._standard = (x - mean[:, None]) * self._inverse
        top[0].data = self._standard.reshape(top[0].shape)

    def backward(self, top, propagate_down, bottom):
        if not propagate_down[0]:
            return
        g, standard = self._rows(top[0].diff), self._standard
        if not self.uses_global:
            slope = ops.mean(g * standard, dim=(0, 2), keepdim=True)
            g = g - ops.mean(g, dim=(0, 2), keepdim=True) - standard * slope
        bottom[0].diff = (g * self._inverse).reshape(bottom[0].shape)

    def _rows(self, x):
        """(N, C, …) as (N, C, places)."""
        return x.reshape(len(x), self.channels, -1)
