"""Several blobs into one, and one into several: Eltwise, Concat, Slice."""

from __future__ import annotations

import itertools

import numpy

from minigrad import ops
from minigrad.caffe.layer import Layer
from minigrad.caffe.layer_types.rules import canonical
from minigrad.caffe.registry import register_layer


@register_layer("Eltwise")
class Eltwise(Layer):
    """The sum (each bottom times its `coeff`), the product or the maximum of bottoms of one shape, element by element.

    The gradient of a sum goes to all, times the coefficient: this is the shortcut of a ResNet. That of a product goes to
    each times the others; of a maximum to the one that was it, the second of two equal ones, as in Caffe.
    """

    min_bottom_blobs = 2
    exact_num_top_blobs = 1

    @property
    def backward_reads(self):
        return frozenset({"bottom", "top"} if self.layer_param.eltwise_param.operation == "PROD" else ())

    def setup(self, bottom, top):
        p = self.layer_param.eltwise_param
        if p.coeff and (p.operation != "SUM" or len(p.coeff) != len(bottom)):
            raise self.error(
                "has coefficients that do not fit.",
                got=f"{len(p.coeff)} coeff, {len(bottom)} bottoms, operation: {p.operation}",
                expected="one coeff for each bottom of a SUM, or none",
            )
        self.coefficients = list(p.coeff) or [1.0] * len(bottom)

    def reshape(self, bottom, top):
        if any(blob.shape != bottom[0].shape for blob in bottom):
            raise self.error(
                "takes bottoms of one shape.",
                got=", ".join(str(blob.shape) for blob in bottom),
                expected="equal shapes",
                hint="a Convolution of 1 x 1 on the shortcut, where channels or strides differ",
            )
        super().reshape(bottom, top)

    def forward(self, bottom, top):
        first, *rest = (blob.data for blob in bottom)
        operation = self.layer_param.eltwise_param.operation
        if operation == "SUM":
            z = first * self.coefficients[0]
            for x, c in zip(rest, self.coefficients[1:], strict=True):
                z += x if c == 1 else x * c
        elif operation == "PROD":
            z = first * rest[0]
            for x in rest[1:]:
                z *= x
        else:
            self._which = numpy.where(first > rest[0], 0, 1)
            z = ops.maximum(first, rest[0])
            for i, x in enumerate(rest[1:], 2):
                self._which[x > z] = i
                z = ops.maximum(z, x)
        top[0].data = z

    def backward(self, top, propagate_down, bottom):
        p, g = self.layer_param.eltwise_param, top[0].diff
        for i, (blob, wanted) in enumerate(zip(bottom, propagate_down, strict=True)):
            if not wanted:
                continue
            if p.operation == "SUM":
                blob.diff = g if self.coefficients[i] == 1 else g * self.coefficients[i]
            elif p.operation == "MAX":
                blob.diff = g * (self._which == i)
            elif p.stable_prod_grad:
                others = [other.data for k, other in enumerate(bottom) if k != i]
                product = others[0]
                for x in others[1:]:
                    product = product * x
                blob.diff = g * product
            else:
                blob.diff = g * top[0].data / blob.data


@register_layer("Concat")
class Concat(Layer):
    """The bottoms one after the other along `axis`; each gets its own part of the gradient."""

    min_bottom_blobs = 1
    exact_num_top_blobs = 1
    backward_reads = frozenset()

    def reshape(self, bottom, top):
        p, first = self.layer_param.concat_param, bottom[0].shape
        self.axis = canonical(self, p.concat_dim if p.has("concat_dim") else p.axis, bottom[0])
        for blob in bottom:
            if blob.shape[: self.axis] + blob.shape[self.axis + 1 :] != first[: self.axis] + first[self.axis + 1 :]:
                raise self.error(
                    f"joins blobs that differ beside axis {self.axis}.",
                    got=", ".join(str(b.shape) for b in bottom),
                    expected=f"equal sizes in all axes but {self.axis}",
                    hint="pad and stride decide the heights and widths that convolutions give",
                )
        self.sizes = [blob.shape[self.axis] for blob in bottom]
        top[0].reshape(*first[: self.axis], sum(self.sizes), *first[self.axis + 1 :])

    def forward(self, bottom, top):
        numpy.concatenate([blob.data for blob in bottom], axis=self.axis, out=top[0].data)

    def backward(self, top, propagate_down, bottom):
        parts = numpy.split(top[0].diff, numpy.cumsum(self.sizes)[:-1], axis=self.axis)
        for blob, part, wanted in zip(bottom, parts, propagate_down, strict=True):
            if wanted:
                blob.diff = part


@register_layer("Slice")
class Slice(Layer):
    """Parts of the bottom along `axis`, cut at each `slice_point`, or equal ones; the gradient is put together again."""

    exact_num_bottom_blobs = 1
    min_top_blobs = 1
    backward_reads = frozenset()

    def reshape(self, bottom, top):
        p, shape = self.layer_param.slice_param, bottom[0].shape
        self.axis = canonical(self, p.slice_dim if p.has("slice_dim") else p.axis, bottom[0])
        size, points = shape[self.axis], list(p.slice_point)
        if not points and size % len(top) == 0:
            points = [size // len(top) * i for i in range(1, len(top))]
        edges = [0, *points, size]
        sizes = [b - a for a, b in itertools.pairwise(edges)]
        if len(sizes) != len(top) or min(sizes) < 1:
            raise self.error(
                f"cannot cut its bottom along axis {self.axis} like this.",
                got=f"{size} in bottom {shape}, slice_point {points or 'none'}, {len(top)} tops",
                expected=f"{len(top) - 1} rising points inside, or a size that the number of tops divides",
            )
        self.points = points
        for blob, n in zip(top, sizes, strict=True):
            blob.reshape(*shape[: self.axis], n, *shape[self.axis + 1 :])

    def forward(self, bottom, top):
        for blob, part in zip(top, numpy.split(bottom[0].data, self.points, axis=self.axis), strict=True):
            blob.data = part

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            numpy.concatenate([blob.diff for blob in top], axis=self.axis, out=bottom[0].diff)
