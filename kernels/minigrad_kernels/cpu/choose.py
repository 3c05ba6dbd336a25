"""Which kernel a convolution gets, by its sizes: chosen once for each, and remembered in `CHOSEN` for who wants to look.

Measured in float32 on one thread of an AMD Zen 3 (AVX2), as GFLOP/s of the convolution as it is defined, for the
convolution / the gradient of its images / of its weights:

| 3x3 windows, channels, images | direct | Winograd | im2col and BLAS (NumPy's) |
| --- | --- | --- | --- |
| 16 to 32, 64 of 14x14 | 56 / 52 / 53 | 32 / 34 / 42 | 40 / 22 / 25 |
| 16 to 32, 64 of 28x28 | 76 / 71 / 74 | 41 / 46 / 52 | 44 / 26 / 39 |
| 32 to 32, 32 of 28x28 | 73 / 62 / 74 | 57 / 55 / 63 | 44 / 25 / 44 |
| 64 to 64, 32 of 32x32 | 85 / 77 / 81 | 106 / 92 / 106 | 52 / 36 / 54 |
| 64 to 128, 32 of 16x16 | 71 / 69 / 69 | 105 / 111 / 110 | 70 / 39 / 67 |
| 128 to 256, 32 of 8x8 | 61 / 42 / 46 | 133 / 122 / 135 | 71 / 53 / 55 |
"""

from __future__ import annotations

from math import prod

from minigrad_kernels.windows import Padding, Pair

# A direct kernel is compiled for each size of images, which takes a second, once. Less work than so many multiply-and-adds
# a call is left to NumPy, which needs 0.1 to 1 ms for it.
WORTH = 1_000_000
# From so many channels on, in and out, the transforms of Winograd's form cost less than the products it saves.
MANY = 48

# (kernel, channels in a group in and out, groups, places, images), and what was chosen for it.
CHOSEN: dict[tuple, str] = {}


def choose(
    *, inputs: int, outputs: int, groups: int, kernel: Pair, stride: Pair, dilation: Pair, padding: Padding, places: Pair,
    images: int,
) -> str:  # fmt: skip
    """ "matmul", "winograd", "direct" or "numpy", for `inputs` and `outputs` channels in each of `groups`."""
    key = (kernel, stride, dilation, inputs, outputs, groups, places, images)
    if key not in CHOSEN:
        work = images * inputs * outputs * groups * prod(kernel) * prod(places)
        plain = stride == dilation == (1, 1) and groups == 1
        if plain and kernel == (1, 1) and padding == ((0, 0), (0, 0)):
            CHOSEN[key] = "matmul"
        elif plain and kernel == (3, 3) and min(inputs, outputs) >= MANY and min(places) > 3:
            CHOSEN[key] = "winograd"
        else:
            CHOSEN[key] = "direct" if work >= WORTH else "numpy"
    return CHOSEN[key]
