"""Reductions, scans and sorting."""


def as_dtype(torch, dtype):
    """PyTorch's dtype of that name; none where none is asked for."""
    return {} if dtype is None else {"dtype": getattr(torch, dtype)}


def prod(torch, x, dim=None, keepdim=False):
    """PyTorch multiplies along one dimension at a time."""
    for d in range(x.ndim) if dim is None else dim if isinstance(dim, tuple) else (dim,):
        x = x.prod(d, keepdim=True)
    return x if keepdim else x.squeeze(dim) if dim is not None else x.reshape(())


def linear_recurrence(torch, x, y, dim):
    """A loop; PyTorch has no such function."""
    lines = []
    for factor, summand in zip(x.unbind(dim), y.unbind(dim), strict=True):
        lines.append(factor * lines[-1] + summand if lines else factor * 0 + summand)
    return torch.stack(lines, dim)


DIFFERENT = {
    "sum": lambda t, x, dtype=None, **p: x.sum(**p, **as_dtype(t, dtype)),
    "prod": prod,
    "amax": lambda t, x, **p: x.amax(**({"dim": ()} | p)),
    "amin": lambda t, x, **p: x.amin(**({"dim": ()} | p)),
    "var": lambda t, x, **p: t.var(x, **({"dim": None} | p)),
    "std": lambda t, x, **p: t.std(x, **({"dim": None} | p)),
    "norm": lambda t, x, p=2, **others: t.linalg.vector_norm(x, p, **others),
    "cumsum": lambda t, x, dim, dtype=None: x.cumsum(dim, **as_dtype(t, dtype)),
    "linear_recurrence": linear_recurrence,
    "argtopk": lambda t, x, k, **p: t.topk(x, k, **p).indices,
}
