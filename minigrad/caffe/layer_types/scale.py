"""Scale and Bias: a factor and a term that are lined up with some axes of the bottom, learnt or given by a second bottom."""

from __future__ import annotations

from minigrad.caffe.blob import Blob
from minigrad.caffe.fillers import fill
from minigrad.caffe.layer import Layer
from minigrad.caffe.layer_types.rules import along, canonical, summed
from minigrad.caffe.message import Message
from minigrad.caffe.registry import register_layer


class Along(Layer):
    """A layer with an operand along the axes from `axis` on: its second bottom, or a blob of its own.

    Shapes: bottom (N, C, …); the operand as bottom.shape[axis : axis + num_axes], by default (C,). `num_axes: -1` takes all
    axes that follow, 0 makes it one number.
    """

    min_bottom_blobs = 1
    max_bottom_blobs = 2
    exact_num_top_blobs = 1
    runs_in_place = True
    backward_reads = frozenset()

    def add_operand(self, bottom: list[Blob], parameter: Message, filler: Message) -> None:
        """The layer's own operand, if it is not a bottom."""
        self.axis = canonical(self, parameter.axis, bottom[0])
        if len(bottom) > 1:
            return
        sizes, last = bottom[0].shape, self.axis + parameter.num_axes
        if parameter.num_axes < -1 or last > len(sizes):
            raise self.error(
                "lies along axes that its bottom does not have.",
                got=f"axis: {parameter.axis} num_axes: {parameter.num_axes}, bottom {sizes}",
                expected=f"axes among the {len(sizes)}",
            )
        shape = sizes[self.axis :] if parameter.num_axes == -1 else sizes[self.axis : last]
        fill(self.blobs.add_blob(*shape), filler)

    def operand(self, bottom: list[Blob]) -> Blob:
        """The second bottom, or the layer's first blob."""
        return bottom[1] if len(bottom) > 1 else self.blobs[0]

    def reshape(self, bottom, top):
        shape, ndim = self.operand(bottom).shape, len(self.operand(bottom).shape)
        if bottom[0].shape[self.axis : self.axis + ndim] != shape:
            raise self.error(
                "has an operand that does not fit its bottom.",
                got=f"operand {shape}, bottom {bottom[0].shape}, axis: {self.axis}",
                expected=f"{bottom[0].shape[self.axis : self.axis + ndim]}",
                hint="axis: 0 where the operand begins with the examples",
            )
        super().reshape(bottom, top)

    def send(self, to: Blob, values, bottom: list[Blob], propagate_down: list[bool]) -> None:
        """The gradient of the operand: written to a bottom, added to a blob of the layer's own."""
        if len(bottom) > 1 and to is bottom[1]:
            if propagate_down[1]:
                to.diff = summed(values, self.axis, len(to.shape))
        elif self.param_propagate_down[[b is to for b in self.blobs].index(True)]:
            to.diff[...] += summed(values, self.axis, len(to.shape))


@register_layer("Scale")
class Scale(Along):
    r"""The product with a factor along some axes, and with `bias_term` a sum: :math:`z = f x + b`.

    From :math:`dz = f\,dx + x\,df + db`. In place, it keeps a copy of its input.

    `blobs`: the factor (filled with 1 unless the filler says otherwise) if there is one bottom, then the bias.
    """

    @property
    def backward_reads(self):
        return frozenset() if self._in_place and self.blobs else frozenset({"bottom"})

    def setup(self, bottom, top):
        p = self.layer_param.scale_param
        self._in_place = top[0] is bottom[0]
        one = Message("FillerParameter", value=1)
        self.add_operand(bottom, p, p.filler if p.has("filler") else one)
        if p.bias_term:
            fill(self.blobs.add_blob(*self.operand(bottom).shape), p.bias_filler)

    def forward(self, bottom, top):
        x, ndim = bottom[0].data, len(bottom[0].shape)
        self._x = x.copy() if self._in_place else None
        z = x * along(self.operand(bottom).data, self.axis, ndim)
        if self.layer_param.scale_param.bias_term:
            z += along(self.blobs[-1].data, self.axis, ndim)
        top[0].data = z

    def backward(self, top, propagate_down, bottom):
        x = bottom[0].data if self._x is None else self._x
        g, factor = top[0].diff, self.operand(bottom)
        if self.layer_param.scale_param.bias_term:
            self.send(self.blobs[-1], g, bottom, propagate_down)
        self.send(factor, g * x, bottom, propagate_down)
        if propagate_down[0]:
            bottom[0].diff = g * along(factor.data, self.axis, x.ndim)


@register_layer("Bias")
class Bias(Along):
    """The sum with a term along some axes. The gradient goes to the bottom as it is, and summed to the term."""

    def setup(self, bottom, top):
        self.add_operand(bottom, self.layer_param.bias_param, self.layer_param.bias_param.filler)

    def forward(self, bottom, top):
        top[0].data = bottom[0].data + along(self.operand(bottom).data, self.axis, len(bottom[0].shape))

    def backward(self, top, propagate_down, bottom):
        self.send(self.operand(bottom), top[0].diff, bottom, propagate_down)
        if propagate_down[0] and bottom[0] is not top[0]:
            bottom[0].diff = top[0].diff
