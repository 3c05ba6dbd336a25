"""Moving elements."""


def on_diagonal(t, x, shape, offset, dim1, dim2):
    return t.diagonal_scatter(t.zeros(shape, dtype=x.dtype), x, offset, dim1, dim2)


def add_windows(t, x, shape, dimension, size, step):
    """PyTorch has it as the gradient of `unfold` only."""
    z = t.zeros(shape, dtype=x.dtype)
    for i, window in enumerate(x.unbind(dimension)):
        places = t.arange(i * step, i * step + size)
        z = z.index_add(dimension, places, window.movedim(-1, dimension))
    return z


DIFFERENT = {
    "reshape": lambda t, x, shape: x.reshape(shape),
    "contiguous": lambda t, x: x.contiguous(),
    "cat": lambda t, *xs, dim: t.cat(xs, dim),
    "broadcast_to": lambda t, x, shape: t.broadcast_to(x, shape),
    "stack": lambda t, *xs, dim: t.stack(xs, dim),
    "unfold": lambda t, x, **p: x.unfold(**p),
    "on_diagonal": on_diagonal,
    "add_windows": add_windows,
}
