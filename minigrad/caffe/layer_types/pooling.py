"""Pooling: the largest number, or the mean, of each window."""

from __future__ import annotations

import math

import numpy

from minigrad import ops
from minigrad.caffe.layer import Layer
from minigrad.caffe.layer_types.windows import check_positive, pair
from minigrad.caffe.registry import register_layer


@register_layer("Pooling")
class Pooling(Layer):
    """MAX or AVE over windows, whose number is rounded *up*: the last may stand out of the image, and is clipped.

    - H' = ceil((H + 2 pad - kernel) / stride) + 1; with padding, a last window that would begin beyond the image and
      the padding before it is left out.
    - MAX looks at pixels only. The backward pass gives all to the pixel that was the largest, the first of equal ones; where
      it was is noted in the forward (and written to a second top, if there is one), so values may be written over.
    - AVE divides by the number of elements of the window, padding included, but nothing beyond the padding.
    - `global_pooling` takes the whole image for the window.

    Shapes: bottom (N, C, H, W), top (N, C, H', W'). Source: src/caffe/layers/pooling_layer.cpp of Caffe 1.0.
    """

    exact_num_bottom_blobs = 1
    min_top_blobs = 1
    max_top_blobs = 2
    backward_reads = frozenset()

    def setup(self, bottom, top):
        p = self.layer_param.pooling_param
        if p.pool not in ("MAX", "AVE") or (p.pool == "AVE" and len(top) > 1):
            raise self.error(
                "cannot pool like this.",
                got=f"pool: {p.pool}, {len(top)} tops",
                expected="MAX, whose second top is where the largest stood, or AVE",
            )
        if p.global_pooling and any(p.has(name) for name in ("kernel_size", "kernel_h", "kernel_w")):
            raise self.error("pools globally, so its window is the image.", got="a kernel size", expected="none")
        self.stride, self.pad = pair(self, p, "stride", "stride", 1), pair(self, p, "pad", "pad", 0)
        if p.global_pooling and (self.pad != (0, 0) or self.stride != (1, 1)):
            raise self.error("pools globally: there is one window.", got=f"pad {self.pad}, stride {self.stride}")
        self.kernel = None if p.global_pooling else pair(self, p, "kernel_size", "kernel")
        check_positive(self, stride=self.stride, kernel_size=self.kernel or (1, 1))
        if self.kernel and any(a >= k for a, k in zip(self.pad, self.kernel, strict=True)):
            raise self.error(
                "has windows that see nothing but padding.",
                got=f"pad {self.pad}, kernel {self.kernel}",
                expected="pad < kernel",
            )

    def reshape(self, bottom, top):
        if len(bottom[0].shape) != 4:
            raise self.error("pools images.", got=f"a bottom of shape {bottom[0].shape}", expected="(N, C, H, W)")
        plane = bottom[0].shape[2:]
        window = self.kernel or plane
        places = [self._places(n, k, s, a) for n, k, s, a in zip(plane, window, self.stride, self.pad, strict=True)]
        # What must be put around the image so that all windows lie inside.
        self.margins = [
            (a, max(0, (m - 1) * s + k - n - a))
            for m, n, k, s, a in zip(places, plane, window, self.stride, self.pad, strict=True)
        ]
        self.window = window
        for blob in top:
            blob.reshape(*bottom[0].shape[:2], *places)

    def _places(self, size: int, kernel: int, stride: int, pad: int) -> int:
        places = math.ceil((size + 2 * pad - kernel) / stride) + 1
        if pad and (places - 1) * stride >= size + pad:
            places -= 1
        if places < 1 or (places - 1) * stride - pad >= size:
            raise self.error(
                "has a window in which there is no pixel.",
                got=f"{size} pixels, kernel {kernel}, stride {stride}, pad {pad}",
                expected="windows that begin inside the image",
                hint="a smaller kernel or stride, or larger images",
            )
        return places

    def forward(self, bottom, top):
        x = bottom[0].data
        if self.layer_param.pooling_param.pool == "AVE":
            sums = ops.avg_pool2d(self._padded(x, 0), kernel_size=self.window, stride=self.stride, divisor_override=1)
            top[0].data = sums / self._divisors(x.shape[2:], x.dtype)
            return
        padded = self._padded(x, -numpy.inf)
        self._largest = ops.max_pool2d_indices(padded, kernel_size=self.window, stride=self.stride)
        flat, where = padded.reshape(*x.shape[:2], -1), self._largest.reshape(*x.shape[:2], -1)
        top[0].data = numpy.take_along_axis(flat, where, -1).reshape(top[0].shape)
        if len(top) > 1:
            rows, columns = numpy.divmod(self._largest, padded.shape[3])
            top[1].data = (rows - self.margins[0][0]) * x.shape[3] + columns - self.margins[1][0]

    def backward(self, top, propagate_down, bottom):
        if not propagate_down[0]:
            return
        g, shape = top[0].diff, bottom[0].shape
        (above, below), (left, right) = self.margins
        padded = (*shape[:2], shape[2] + above + below, shape[3] + left + right)
        if self.layer_param.pooling_param.pool == "AVE":
            options = {"kernel_size": self.window, "stride": self.stride, "divisor_override": 1}
            share = g / self._divisors(shape[2:], g.dtype)
            spread = ops.avg_unpool2d(share, output_size=padded[2:], **options)
        else:
            spread = ops.unpool2d(g, self._largest, shape=padded)
        bottom[0].diff = spread[:, :, above : above + shape[2], left : left + shape[3]]

    def _padded(self, x, value):
        if self.margins == [(0, 0), (0, 0)]:
            return x
        (above, below), (left, right) = self.margins
        return ops.constant_pad_nd(x, pad=(left, right, above, below), value=value)

    def _divisors(self, plane, dtype):
        """The elements of each window, counting the image and its padding, but nothing beyond."""
        sizes = [
            numpy.minimum(begin + k, n + a) - begin
            for n, k, s, a, m in zip(plane, self.window, self.stride, self.pad, self._counts(plane), strict=True)
            for begin in [numpy.arange(m) * s - a]
        ]
        return numpy.outer(*sizes).astype(dtype)

    def _counts(self, plane):
        return [self._places(n, k, s, a) for n, k, s, a in zip(plane, self.window, self.stride, self.pad, strict=True)]
