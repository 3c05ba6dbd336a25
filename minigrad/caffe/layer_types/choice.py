"""From scores to classes: Softmax, ArgMax, Accuracy."""

from __future__ import annotations

import numpy

from minigrad import ops
from minigrad.caffe.layer import Layer
from minigrad.caffe.layer_types.activation import NeuronLayer
from minigrad.caffe.layer_types.loss import Labels
from minigrad.caffe.layer_types.rules import canonical, count, gradient
from minigrad.caffe.registry import register_layer


@register_layer("Softmax")
class Softmax(NeuronLayer):
    r""":math:`z = e^x / \sum e^x` along `axis`: positive numbers whose sum is 1. :math:`\bar x = z\,(\bar z - \sum \bar z z)`."""

    backward_reads = frozenset({"top"})

    def reshape(self, bottom, top):
        self.axis = canonical(self, self.layer_param.softmax_param.axis, bottom[0])
        super().reshape(bottom, top)

    def forward(self, bottom, top):
        top[0].data = ops.softmax(bottom[0].data, dim=self.axis)

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            bottom[0].diff = gradient("softmax", 0, top[0].diff, top[0].data, None, dim=self.axis)


@register_layer("ArgMax")
class ArgMax(Layer):
    """Where the `top_k` largest numbers stand, of each example or along `axis`; no gradient.

    Without an axis the top is (N, 1, top_k), or with `out_max_val` (N, 2, top_k): the places, then the numbers. With an
    axis the top is the bottom with `top_k` in its place, holding places, or numbers with `out_max_val`. Of equal numbers
    the last stands first, as in Caffe.
    """

    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    takes_gradient = (False,)
    backward_reads = frozenset()

    def reshape(self, bottom, top):
        p, shape = self.layer_param.argmax_param, bottom[0].shape
        self.axis = canonical(self, p.axis, bottom[0]) if p.has("axis") else None
        size = count(shape, 1) if self.axis is None else shape[self.axis]
        if not 1 <= p.top_k <= size:
            raise self.error("cannot find so many.", got=f"top_k: {p.top_k} of {size}", expected=f"1 to {size}")
        if self.axis is not None:
            top[0].reshape(*shape[: self.axis], p.top_k, *shape[self.axis + 1 :])
        else:
            top[0].reshape(shape[0], 1 + p.out_max_val, p.top_k, *(1,) * (len(shape) - 3))

    def forward(self, bottom, top):
        p, x, axis = self.layer_param.argmax_param, bottom[0].data, self.axis
        if axis is None:
            x, axis = x.reshape(x.shape[0], -1), 1
        order = x.shape[axis] - 1 - numpy.argsort(-numpy.flip(x, axis), axis=axis, kind="stable")
        places = numpy.take(order, range(p.top_k), axis)
        if self.axis is not None and not p.out_max_val:
            top[0].data = places
            return
        values = numpy.take_along_axis(x, places, axis)
        top[0].data = (
            values
            if self.axis is not None
            else (numpy.stack([places, values], 1) if p.out_max_val else places).reshape(top[0].shape)
        )

    def backward(self, top, propagate_down, bottom):
        """A place has no derivative."""


@register_layer("Accuracy")
class Accuracy(Layer):
    """The share of the examples whose label is among the `top_k` highest scores; no gradient.

    A second top gets the accuracy of each class. Labels equal to `ignore_label` are not counted. Of equal scores the later
    class counts as higher.
    """

    exact_num_bottom_blobs = 2
    min_top_blobs = 1
    max_top_blobs = 2
    takes_gradient = (False,)
    backward_reads = frozenset()

    def reshape(self, bottom, top):
        p = self.layer_param.accuracy_param
        self.axis = canonical(self, p.axis, bottom[0])
        shape = bottom[0].shape
        self.classes = shape[self.axis]
        self.places = shape[: self.axis] + shape[self.axis + 1 :]
        if bottom[1].count != count(self.places):
            raise self.error(
                "needs one label for each place.",
                got=f"scores {shape}, labels {bottom[1].shape}",
                expected=f"{count(self.places)} labels",
            )
        if not 1 <= p.top_k <= self.classes:
            raise self.error("cannot look at so many.", got=f"top_k: {p.top_k}", expected=f"1 to {self.classes}")
        top[0].reshape()
        if len(top) > 1:
            top[1].reshape(self.classes)

    def forward(self, bottom, top):
        p = self.layer_param.accuracy_param
        scores = numpy.moveaxis(bottom[0].data, self.axis, -1)
        reader = Labels(self, self.classes)
        reader.ignored = p.ignore_label if p.has("ignore_label") else None
        labels, valid = reader.read(bottom[1], self.places)
        own = numpy.take_along_axis(scores, labels[..., None], -1)
        later = numpy.arange(self.classes) > labels[..., None]
        higher = ((scores > own) | ((scores == own) & later)).sum(-1)
        right = (higher < p.top_k) & valid
        top[0].data[...] = right.sum() / max(1, valid.sum())
        if len(top) > 1:
            of_class = numpy.bincount(labels[valid], minlength=self.classes)
            top[1].data = numpy.bincount(labels[right], minlength=self.classes) / numpy.maximum(1, of_class)

    def backward(self, top, propagate_down, bottom):
        """A count has no derivative."""
