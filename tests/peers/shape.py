"""Moving elements."""

DIFFERENT = {
    "reshape": lambda t, x, shape: x.reshape(shape),
    "cat": lambda t, *xs, dim: t.cat(xs, dim),
    "broadcast_to": lambda t, x, shape: t.broadcast_to(x, shape),
    "stack": lambda t, *xs, dim: t.stack(xs, dim),
}
