"""Power, Exp and Log: functions with numbers of their own; and Dropout."""

from __future__ import annotations

import math

import numpy

from minigrad import ops
from minigrad.caffe.layer_types.activation import NeuronLayer
from minigrad.caffe.registry import register_layer
from minigrad.random import default_generator


@register_layer("Power")
class Power(NeuronLayer):
    r""":math:`z = (a + s x)^p` with `shift` a, `scale` s, `power` p. From :math:`dz = p\,s\,(a + s x)^{p - 1} dx`."""

    @property
    def runs_in_place(self):
        """A line's slope does not depend on its input; any other power's does."""
        return self.layer_param.power_param.power in (0, 1)

    @property
    def backward_reads(self):
        return frozenset() if self.runs_in_place else frozenset({"bottom"})

    def forward(self, bottom, top):
        p = self.layer_param.power_param
        base = bottom[0].data * p.scale + p.shift
        top[0].data = base if p.power == 1 else ops.pow(base, p.power)

    def backward(self, top, propagate_down, bottom):
        if not propagate_down[0]:
            return
        p = self.layer_param.power_param
        if p.power in (0, 1):
            bottom[0].diff = top[0].diff * (p.power * p.scale)
        else:
            base = bottom[0].data * p.scale + p.shift
            bottom[0].diff = ops.pow(base, p.power - 1) * (p.power * p.scale) * top[0].diff


@register_layer("Exp")
class Exp(NeuronLayer):
    r""":math:`z = b^{a + s x}` with `base` b (e, unless given), `shift` a, `scale` s. :math:`dz = z\,s \ln b\,dx`."""

    backward_reads = frozenset({"top"})

    def setup(self, bottom, top):
        p = self.layer_param.exp_param
        if p.base != -1 and p.base <= 0:
            raise self.error("cannot raise this base.", got=f"base: {p.base}", expected="above 0; -1 stands for e")
        self.slope = p.scale * (1 if p.base == -1 else math.log(p.base))
        self.factor = (math.e if p.base == -1 else p.base) ** p.shift

    def forward(self, bottom, top):
        z = ops.exp(bottom[0].data * self.slope)
        top[0].data = z if self.factor == 1 else z * self.factor

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            bottom[0].diff = top[0].data * top[0].diff * self.slope


@register_layer("Log")
class Log(NeuronLayer):
    r""":math:`z = \log_b(a + s x)` with `base` b (e, unless given), `shift` a, `scale` s.

    From :math:`z = \ln(a + s x) / \ln b`: :math:`dz = s\,dx / ((a + s x) \ln b)`.
    """

    runs_in_place = False
    backward_reads = frozenset({"bottom"})

    def setup(self, bottom, top):
        p = self.layer_param.log_param
        if p.base != -1 and (p.base <= 0 or p.base == 1):
            raise self.error(
                "has no logarithm to this base.", got=f"base: {p.base}", expected="above 0, not 1; -1 stands for e"
            )
        self.unit = 1 if p.base == -1 else 1 / math.log(p.base)

    def forward(self, bottom, top):
        p = self.layer_param.log_param
        top[0].data = ops.log(bottom[0].data * p.scale + p.shift) * self.unit

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            p = self.layer_param.log_param
            bottom[0].diff = top[0].diff * (p.scale * self.unit) / (bottom[0].data * p.scale + p.shift)


@register_layer("Dropout")
class Dropout(NeuronLayer):
    """While training, each number is 0 with probability `dropout_ratio`, and what is kept is divided by the rest.

    So the expectation is that of the input, and in testing nothing is left to do. Source: Srivastava et al. (2014).

    Attributes: mask, what the last forward multiplied by.
    """

    backward_reads = frozenset()
    keeps_sign = True

    def setup(self, bottom, top):
        self.ratio = self.layer_param.dropout_param.dropout_ratio
        if not 0 <= self.ratio < 1:
            raise self.error(
                "has a ratio that is none.", got=f"dropout_ratio: {self.ratio}", expected="at least 0, below 1"
            )
        self.mask = numpy.ones((), self.dtype)

    def forward(self, bottom, top):
        x = bottom[0].data
        if self.phase == "TRAIN":
            kept = default_generator().stream.random(x.shape, dtype=numpy.float32) >= self.ratio
            self.mask = kept * x.dtype.type(1 / (1 - self.ratio))
            top[0].data = x * self.mask
        elif top[0] is not bottom[0]:
            top[0].data = x

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            bottom[0].diff = top[0].diff * self.mask if self.phase == "TRAIN" else top[0].diff
