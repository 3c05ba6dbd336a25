"""The Python side of the compiled loops: is this call one they can take, and where does the result go?

A loop takes contiguous arrays of float32 or float64. Every other call (views with strides, integers, float16,
empty arrays, dimensions in the middle, Python numbers) is answered by `NotImplemented` and goes to NumPy's
kernel, whose result is the specification anyway. Importing this package imports no Numba.
"""

from minigrad_kernels.cpu.entries import (
    arithmetic,
    convolution,
    elementwise,
    gather,
    loss,
    normalization,
    pooling,
    reduce,
    scan,
    softmax,
    transpose,
    update,
)
from minigrad_kernels.cpu.entries.kernel import Kernel

KERNELS: dict[str, Kernel] = {
    **arithmetic.KERNELS,
    **elementwise.KERNELS,
    **reduce.KERNELS,
    **scan.KERNELS,
    **softmax.KERNELS,
    **loss.KERNELS,
    **normalization.KERNELS,
    **convolution.KERNELS,
    **pooling.KERNELS,
    **gather.KERNELS,
    **transpose.KERNELS,
    **update.KERNELS,
}
