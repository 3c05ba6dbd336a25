"""Convolution and Deconvolution: windows of weights that slide over images."""

from __future__ import annotations

from minigrad import ops, shapes
from minigrad.caffe.fillers import fill
from minigrad.caffe.layer import Layer
from minigrad.caffe.layer_types.rules import gradient
from minigrad.caffe.layer_types.windows import check_positive, pair
from minigrad.caffe.registry import register_layer


@register_layer("Convolution")
class Convolution(Layer):
    """Each output channel is the sum over a window of its group's input channels, times weights, and a bias.

    The gradients are those of the operation `conv2d`: of the images a transposed convolution, of the weights the
    products of what stood in a window with what came back from it. Several bottoms share the weights.

    Shapes: bottom (N, C, H, W); weights (num_output, C / group, kh, kw); bias (num_output,); top (N, num_output, H', W')
    with H' = (H + 2 pad - dilation (kh - 1) - 1) / stride + 1, rounded down.
    """

    operation = "conv2d"
    min_bottom_blobs = 1
    min_top_blobs = 1
    equal_num_bottom_top_blobs = True
    backward_reads = frozenset({"bottom"})

    def setup(self, bottom, top):
        p = self.layer_param.convolution_param
        self._check(bottom)
        self.channels, self.outputs, group = bottom[0].channels, p.num_output, p.group
        self.options = {
            "stride": pair(self, p, "stride", "stride", 1),
            "padding": pair(self, p, "pad", "pad", 0),
            "dilation": pair(self, p, "dilation", default=1),
            "groups": group,
        }
        kernel = pair(self, p, "kernel_size", "kernel")
        check_positive(self, kernel_size=kernel, stride=self.options["stride"], dilation=self.options["dilation"])
        if self.outputs < 1:
            raise self.error(
                "needs the number of its output channels.", expected="convolution_param { num_output: 20 }"
            )
        if group < 1 or self.channels % group or self.outputs % group:
            raise self.error(
                "cannot divide its channels into the groups.",
                got=f"{self.channels} channels in, {self.outputs} out, group: {group}",
                expected="a group that divides both",
            )
        fill(self.blobs.add_blob(*self.weight_shape(group), *kernel), p.weight_filler)
        if p.bias_term:
            fill(self.blobs.add_blob(self.outputs), p.bias_filler)

    def weight_shape(self, group: int) -> tuple[int, int]:
        """The first two sizes of the weights."""
        return self.outputs, self.channels // group

    def reshape(self, bottom, top):
        self._check(bottom)
        for x, z in zip(bottom, top, strict=True):
            if x.channels != self.channels:
                raise self.error(
                    "has weights for another number of channels.",
                    got=f"a bottom of shape {x.shape}",
                    expected=f"{self.channels} channels",
                )
            z.reshape(getattr(shapes, self.operation)(x, *self.blobs, **self.options))

    def forward(self, bottom, top):
        parameters = [blob.data for blob in self.blobs]
        for x, z in zip(bottom, top, strict=True):
            z.data = getattr(ops, self.operation)(x.data, *parameters, **self.options)

    def backward(self, top, propagate_down, bottom):
        parameters = [blob.data for blob in self.blobs]
        for x, z, wanted in zip(bottom, top, propagate_down, strict=True):
            for i, blob in enumerate(self.blobs):
                if self.param_propagate_down[i]:
                    blob.diff += gradient(self.operation, 1 + i, z.diff, None, x.data, *parameters, **self.options)
            if wanted:
                x.diff = gradient(self.operation, 0, z.diff, None, x.data, *parameters, **self.options)

    def _check(self, bottom):
        p = self.layer_param.convolution_param
        for blob in bottom:
            if len(blob.shape) != 4 or p.axis not in (1, -3):
                raise self.error(
                    "slides over images.",
                    got=f"a bottom of shape {blob.shape}, axis: {p.axis}",
                    expected="(N, C, H, W), axis: 1",
                )


@register_layer("Deconvolution")
class Deconvolution(Convolution):
    """A convolution's gradient used as a layer: every pixel lays the weights, times itself, over a larger image.

    Shapes: bottom (N, C, H, W); weights (C, num_output / group, kh, kw); top (N, num_output, H', W') with
    H' = stride (H - 1) + dilation (kh - 1) + 1 - 2 pad.
    """

    operation = "conv_transpose2d"

    def weight_shape(self, group):
        return self.channels, self.outputs // group
