r"""Convolution with windows of 3x3, by Winograd's minimal filtering F(4x4, 3x3): 36 products for 16 outputs instead of 144.

Four outputs of three weights are the coefficients of a product of polynomials, and a product of polynomials is known from
its values at six points (here 0, 1, -1, 2, -2 and infinity), where it is a plain product. In two dimensions, for a tile
x of 6x6 pixels and weights w of 3x3,

    y = A' [(G w G') * (B' x B)] A

with B' evaluating the pixels, G the weights, and A' going back to the 4x4 outputs. Summed over channels, the products at
each of the 36 points are one product of matrices, and BLAS does these. The three transforms stand on either side of one
trilinear form, so each also serves transposed: the gradient of the weights is G' [(A y A') * (B' x B)] G.

The points reach from 0 to 2: x^4 spoils two digits. In float32 results differ from the exact ones by some 1e-6 to 1e-5 of
the largest, ten to a hundred times as much as those of the other kernels; and a pixel that is infinite or NaN makes its
whole tile NaN.

Sources: S. Winograd, Arithmetic Complexity of Computations (1980); A. Lavin and S. Gray, Fast Algorithms for Convolutional
Neural Networks, arXiv:1509.09308, from where the matrices are.
"""

from minigrad_kernels.cpu.compile import loop
from minigrad_kernels.cpu.declare import inner
from minigrad_kernels.intrinsics import like

# So many tiles are transformed at once: element k of all of them is one line, and two sets of 36 lines fit the nearest
# cache. It is a constant so that the distances between the lines are.
TILES = 64


@inner
def evaluate_pixels(x, z, first, step, lines):
    """B' on `lines` lines at once: the six inputs, and the six outputs, stand `step` apart from `first` on."""
    for j in range(first, first + lines * TILES):
        x0, x1, x2 = x[j], x[j + step], x[j + 2 * step]
        x3, x4, x5 = x[j + 3 * step], x[j + 4 * step], x[j + 5 * step]
        two, four, five = like(x0, 2.0), like(x0, 4.0), like(x0, 5.0)
        even, odd = x4 - four * x2, x3 - four * x1
        inside, outside = x4 - x2, two * (x3 - x1)
        z[j] = four * x0 - five * x2 + x4
        z[j + step] = even + odd
        z[j + 2 * step] = even - odd
        z[j + 3 * step] = inside + outside
        z[j + 4 * step] = inside - outside
        z[j + 5 * step] = four * x1 - five * x3 + x5


@inner
def to_outputs(x, z, first, step, target, lines):
    """A': six values become four outputs, which stand `step` apart from `target` on."""
    shift = target - first
    for j in range(first, first + lines * TILES):
        x0, x5 = x[j], x[j + 5 * step]
        ones, signs = x[j + step] + x[j + 2 * step], x[j + step] - x[j + 2 * step]
        twos, opposite = x[j + 3 * step] + x[j + 4 * step], x[j + 3 * step] - x[j + 4 * step]
        k = j + shift
        z[k] = x0 + ones + twos
        z[k + step] = signs + like(x0, 2.0) * opposite
        z[k + 2 * step] = ones + like(x0, 4.0) * twos
        z[k + 3 * step] = signs + like(x0, 8.0) * opposite + x5


@inner
def evaluate_outputs(x, z, first, step, target, lines):
    """A: the transpose, four outputs become six values."""
    shift = target - first
    for j in range(first, first + lines * TILES):
        x0, x1, x2, x3 = x[j], x[j + step], x[j + 2 * step], x[j + 3 * step]
        ones, signs = x0 + x2, x1 + x3
        twos, opposite = x0 + like(x0, 4.0) * x2, like(x0, 2.0) * x1 + like(x0, 8.0) * x3
        k = j + shift
        z[k] = x0
        z[k + step] = ones + signs
        z[k + 2 * step] = ones - signs
        z[k + 3 * step] = twos + opposite
        z[k + 4 * step] = twos - opposite
        z[k + 5 * step] = x3


@inner
def surround(image, plane, top, left):
    """The image (H, W) in `plane`, from row `top` and column `left` on; zeros around it."""
    for i in range(plane.shape[0]):
        row, source = plane[i], i - top
        for j in range(plane.shape[1]):
            row[j] = like(image[0, 0], 0.0)
        if 0 <= source < image.shape[0]:
            for j in range(max(0, left), min(plane.shape[1], image.shape[1] + left)):
                row[j] = image[source, j - left]


@loop("void(T[:, :, :, ::1], int64, int64, T[:, ::1], T[::1], T[::1], T[:, :, ::1])")
def pixels(x, top, left, plane, a, b, z):
    """B' x B of all tiles, to z (36, channels, tiles). The plane has 4 tiles + 2 rows; a and b are room for 36 lines."""
    rows, columns = plane.shape[0] // 4, plane.shape[1] // 4
    for c in range(x.shape[1]):
        t, done = 0, 0
        for n in range(x.shape[0]):
            surround(x[n, c], plane, top, left)
            for ti in range(rows):
                for tj in range(columns):
                    for r in range(6):
                        row, k = plane[4 * ti + r, 4 * tj :], r * 6 * TILES + t
                        a[k] = row[0]
                        a[k + TILES] = row[1]
                        a[k + 2 * TILES] = row[2]
                        a[k + 3 * TILES] = row[3]
                        a[k + 4 * TILES] = row[4]
                        a[k + 5 * TILES] = row[5]
                    t += 1
                    if t == TILES or done + t == z.shape[2]:
                        evaluate_pixels(a, b, 0, 6 * TILES, 6)
                        for r in range(6):
                            evaluate_pixels(b, a, r * 6 * TILES, TILES, 1)
                        for k in range(36):
                            out = z[k, c, done : done + t]
                            for j in range(t):
                                out[j] = a[k * TILES + j]
                        done += t
                        t = 0


@loop("void(T[:, :, ::1], T[::1], T[::1], T[::1], T[:, :, :, ::1])")
def outputs(x, bias, a, b, z):
    """A' x A of all tiles x (36, channels, tiles), and the bias, to the images z."""
    height, width = z.shape[2:]
    columns = (width + 3) // 4
    per_image = (height + 3) // 4 * columns
    for c in range(z.shape[1]):
        for done in range(0, x.shape[2], TILES):
            count = min(TILES, x.shape[2] - done)
            for k in range(36):
                source = x[k, c, done : done + count]
                for j in range(count):
                    a[k * TILES + j] = source[j]
            to_outputs(a, b, 0, 6 * TILES, 0, 6)
            for i in range(4):
                to_outputs(b, a, i * 6 * TILES, TILES, i * 4 * TILES, 1)
            for t in range(count):
                n, tile = (done + t) // per_image, (done + t) % per_image
                top, left = tile // columns * 4, tile % columns * 4
                image = z[n, c]
                for i in range(min(4, height - top)):
                    for j in range(min(4, width - left)):
                        image[top + i, left + j] = a[(i * 4 + j) * TILES + t] + bias[c]


@loop("void(T[:, :, :, ::1], T[:, ::1], T[::1], T[::1], T[:, :, ::1])")
def gradients(y, plane, a, b, z):
    """A y A' of all tiles of the images y, to z (36, channels, tiles)."""
    rows, columns = plane.shape[0] // 4, plane.shape[1] // 4
    for c in range(y.shape[1]):
        t, done = 0, 0
        for n in range(y.shape[0]):
            surround(y[n, c], plane, 0, 0)
            for ti in range(rows):
                for tj in range(columns):
                    for r in range(4):
                        row, k = plane[4 * ti + r, 4 * tj :], r * 4 * TILES + t
                        a[k] = row[0]
                        a[k + TILES] = row[1]
                        a[k + 2 * TILES] = row[2]
                        a[k + 3 * TILES] = row[3]
                    t += 1
                    if t == TILES or done + t == z.shape[2]:
                        evaluate_outputs(a, b, 0, 4 * TILES, 0, 4)
                        for r in range(6):
                            evaluate_outputs(b, a, r * 4 * TILES, TILES, r * 6 * TILES, 1)
                        for k in range(36):
                            out = z[k, c, done : done + t]
                            for j in range(t):
                                out[j] = a[k * TILES + j]
                        done += t
                        t = 0


LOOPS = {"pixels": pixels, "outputs": outputs, "gradients": gradients}
