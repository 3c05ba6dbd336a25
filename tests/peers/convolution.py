"""Convolutions and pooling."""

from minigrad_kernels.windows import pair, sides


def convolution(t, x, w, b=None, *, padding=0, **options):
    """Our padding may differ on the two sides; PyTorch has another function for that."""
    (top, bottom), (left, right) = sides(padding, tuple(w.shape[2:]), (1, 1))
    x = t.nn.functional.pad(x, (left, right, top, bottom))
    return t.nn.functional.conv2d(x, w, b, **options)


def weight_gradient(t, x, y, *, kernel_size, groups=1, **options):
    """The gradient of PyTorch's weights, which it can differentiate again."""
    shape = (y.shape[-3], x.shape[-3] // groups, *pair(kernel_size))
    w = t.zeros(shape, dtype=x.dtype, requires_grad=True)
    z = t.nn.functional.conv2d(x, w, groups=groups, **options)
    return t.autograd.grad(z, w, y, create_graph=True)[0]


def pooled_indices(t, x, **options):
    return t.nn.functional.max_pool2d(x, return_indices=True, **options)[1]


def unpooled(t, x, indices, *, shape):
    z = t.zeros(*shape[:-2], shape[-2] * shape[-1], dtype=x.dtype)
    return z.scatter_add(-1, indices.flatten(-2), x.flatten(-2)).reshape(shape)


def spread_averages(t, x, *, output_size, **options):
    seen = t.zeros(*x.shape[:-2], *output_size, dtype=x.dtype, requires_grad=True)
    return t.autograd.grad(t.nn.functional.avg_pool2d(seen, **options), seen, x, create_graph=True)[0]


DIFFERENT = {
    "conv2d": convolution,
    "conv2d_weight": weight_gradient,
    "im2col": lambda t, x, **p: t.nn.functional.unfold(x, **p),
    "col2im": lambda t, x, **p: t.nn.functional.fold(x, **p),
    "max_pool2d_indices": pooled_indices,
    "unpool2d": unpooled,
    "avg_unpool2d": spread_averages,
}
