"""Layers that compute nothing: they give the same numbers to several, or in another shape, or to nobody."""

from __future__ import annotations

import math

from minigrad.caffe.layer import Layer
from minigrad.caffe.layer_types.rules import canonical
from minigrad.caffe.registry import register_layer


class SameMemory(Layer):
    """A layer whose top is the bottom in another shape: one memory for both, of data and of diff."""

    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    backward_reads = frozenset()

    def shape(self, bottom) -> tuple[int, ...]:
        """The top's shape."""
        raise NotImplementedError

    def reshape(self, bottom, top):
        top[0].reshape(self.shape(bottom))
        top[0].share_data(bottom[0])
        top[0].share_diff(bottom[0])

    def forward(self, bottom, top):
        """Nothing: the numbers are where they shall be."""

    def backward(self, top, propagate_down, bottom):
        """Nothing either."""


@register_layer("Split")
class Split(Layer):
    """One blob for several readers: the tops have the bottom's data, and its diff is the sum of theirs."""

    exact_num_bottom_blobs = 1
    min_top_blobs = 1
    backward_reads = frozenset()

    def reshape(self, bottom, top):
        for blob in top:
            blob.reshape(bottom[0].shape)
            blob.share_data(bottom[0])

    def forward(self, bottom, top):
        """Nothing: the data is shared."""

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            total = bottom[0].diff
            total[...] = top[0].diff
            for blob in top[1:]:
                total += blob.diff


@register_layer("Flatten")
class Flatten(SameMemory):
    """The axes from `axis` to `end_axis` as one: (N, C, H, W) to (N, C H W)."""

    def shape(self, bottom):
        p = self.layer_param.flatten_param
        first, last = (canonical(self, getattr(p, name), bottom[0], name) for name in ("axis", "end_axis"))
        if first > last:
            raise self.error(
                "ends before it begins.", got=f"axis: {p.axis} end_axis: {p.end_axis}", expected="axis first"
            )
        sizes = bottom[0].shape
        return (*sizes[:first], math.prod(sizes[first : last + 1]), *sizes[last + 1 :])


@register_layer("Reshape")
class Reshape(SameMemory):
    """The same numbers in the shape `shape`, where 0 keeps the bottom's size and -1 is what is left.

    `axis` and `num_axes` restrict it to some of the bottom's axes; the others stay as they are.
    """

    def shape(self, bottom):
        p, sizes = self.layer_param.reshape_param, bottom[0].shape
        ndim = len(sizes)
        start = p.axis if p.axis >= 0 else ndim + 1 + p.axis
        end = ndim if p.num_axes < 0 else start + p.num_axes
        if not 0 <= start <= end <= ndim:
            raise self.error(
                "reshapes axes that its bottom does not have.",
                got=f"axis: {p.axis} num_axes: {p.num_axes}, bottom {sizes}",
                expected=f"axes among the {ndim}",
            )
        wanted = list(p.shape.dim)
        for i, n in enumerate(wanted):
            if n == 0 and start + i < ndim:
                wanted[i] = sizes[start + i]
        known = math.prod(n for n in wanted if n != -1) * math.prod(sizes[:start] + sizes[end:])
        if wanted.count(-1) == 1 and known and bottom[0].count % known == 0:
            wanted[wanted.index(-1)] = bottom[0].count // known
        result = (*sizes[:start], *wanted, *sizes[end:])
        if -1 in wanted or math.prod(result) != bottom[0].count:
            raise self.error(
                "does not have room for the same numbers.",
                got=f"bottom {sizes}, {bottom[0].count} numbers; shape {tuple(p.shape.dim)}",
                expected="as many numbers; dim: 0 keeps a size, one dim: -1 is what is left",
            )
        return result


@register_layer("Silence")
class Silence(Layer):
    """Reads blobs that nobody else does, so that they are no outputs of the net; sends back a diff of 0."""

    min_bottom_blobs = 1
    exact_num_top_blobs = 0
    backward_reads = frozenset()

    def reshape(self, bottom, top):
        """No top, no shape."""

    def forward(self, bottom, top):
        """Nothing."""

    def backward(self, top, propagate_down, bottom):
        for blob, wanted in zip(bottom, propagate_down, strict=True):
            if wanted:
                blob.diff[...] = 0
