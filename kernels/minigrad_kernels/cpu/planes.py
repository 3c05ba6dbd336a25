"""Images laid out for convolutions: padded, split by the remainder of the stride, each plane one long line.

In such a line the neighbour (u, v) of every pixel stands at one constant distance, `u width + v`, so a loop over the
line is one straight loop. With a stride s the pixels of row p stand in row p // s of the plane of remainder p % s:
there a window moves by one, whatever the stride.
"""

from minigrad_kernels.cpu.declare import inner
from minigrad_kernels.intrinsics import like


@inner
def clear(planes):
    """Zeros everywhere; afterwards only the pixels are written, and the margins stay zero for all images."""
    for c in range(planes.shape[0]):
        for j in range(planes.shape[1]):
            planes[c, j] = like(planes[0, 0], 0.0)


@inner
def lay(image, planes, start, length, rows, width, top, left, down, right):
    """The image (C, H, W) into `planes` (C, …): each plane has `length` elements, `rows` rows of `width`.

    `start` is where the first plane's row 0 begins; `top` and `left` are the padding (negative: cropped), `down` and
    `right` the strides.
    """
    channels, height, across = image.shape
    for c in range(channels):
        line = planes[c]
        for i in range(max(0, -top), min(height, rows * down - top)):
            row = image[c, i]
            place = start + (i + top) % down * right * length + (i + top) // down * width
            for b in range(right):
                first = max(0, -left)
                j = first + (b - first - left) % right
                r = (j + left) // right
                out = line[place + b * length + r :]
                for k in range(min((across - j + right - 1) // right, width - r)):
                    out[k] = row[j + k * right]


@inner
def collect(lines, image, first, rows, width, top, left, down, right):
    """The inverse for one channel: from `lines` (remainders, rows width), which begin at row `first`, into the image (H, W)."""
    height, across = image.shape
    for i in range(max(0, first * down - top), min(height, (first + rows) * down - top)):
        row = image[i]
        line, place = (i + top) % down * right, ((i + top) // down - first) * width
        for b in range(right):
            j = (b - left) % right
            source = lines[line + b, place + (j + left) // right :]
            for k in range((across - j + right - 1) // right):
                row[j + k * right] = source[k]
