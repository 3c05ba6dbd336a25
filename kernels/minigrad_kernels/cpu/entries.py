"""The Python side of the compiled loops: is this call one they can take, and where does the result go?

A loop takes contiguous arrays of float32 or float64. Every other call (views with strides, integers, float16,
empty arrays, dimensions in the middle, Python numbers) is answered by `NotImplemented` and goes to NumPy's
kernel, whose result is the specification anyway. Importing this module imports no Numba.
"""

from __future__ import annotations

from collections.abc import Callable

from numpy import dtype, empty, int64

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.fits import alike, number, plain, rows_at_once, scratch, split

ELEMENTWISE = ("exp", "log", "tanh", "sigmoid", "erf", "relu")

# Every loop, by its name; the key on the left is its module.
LOOPS = {
    name: Loop(module, name)
    for module, names in {
        "map": [*ELEMENTWISE, "where", "where_else_number", "where_number_else"],
        "reduce": ["sum_rows", "sum_columns", "amax_rows", "amin_rows", "var_rows", "squared_distance"],
        "softmax": ["softmax", "log_softmax", "logsumexp", "cross_entropy"],
        "update": ["sgd", "sgd_momentum", "adam"],
    }.items()
    for name in names
}
BOOL, INT64 = dtype(bool), dtype(int64)


def elementwise(loop: Loop) -> Callable:
    """Element by element."""

    def fast(x):
        run = loop[x.dtype] if plain(x) else None
        if run is None:
            return NotImplemented
        z = empty(x.shape, x.dtype)
        run(x.reshape(-1), z.reshape(-1))
        return z

    return fast


def by_rows(loop: Loop) -> Callable:
    """Rows in, rows of the same length out: the last dimension only."""

    def fast(x, *, dim):
        run = loop[x.dtype] if plain(x) and dim in (-1, x.ndim - 1) else None
        if run is None:
            return NotImplemented
        z = empty(x.shape, x.dtype)
        n = x.shape[-1]
        run(x.reshape(-1, n), empty(rows_at_once(n), x.dtype), z.reshape(-1, n), z.reshape(-1))
        return z

    return fast


def logsumexp(x, *, dim, keepdim=False):
    """The trailing dimensions only."""
    plan = split(x.shape, dim, keepdim) if plain(x) else None
    run = LOOPS["logsumexp"][x.dtype] if plan is not None and plan[0][2] == 1 else None
    if run is None:
        return NotImplemented
    (outer, n, _), left = plan
    z = empty(outer, x.dtype)
    run(x.reshape(outer, n), *scratch(n, x.dtype), z)
    return z.reshape(left)[()]


def reduction(rows: Loop, columns: Loop | None = None, *, least_rows: int = 1) -> Callable:
    """Trailing dimensions are folded by `rows`, given so many rows at least; others by `columns`."""

    def fast(x, *, dim=None, keepdim=False):
        plan = split(x.shape, dim, keepdim) if plain(x) else None
        if plan is None:
            return NotImplemented
        (outer, n, inner), left = plan
        loop = columns if inner > 1 else rows if outer >= least_rows else None
        run = loop[x.dtype] if loop is not None else None
        if run is None:
            return NotImplemented
        if inner == 1:
            z = empty(outer, x.dtype)
            run(x.reshape(outer, n), z)
        else:
            z = empty((outer, inner), x.dtype)
            run(x.reshape(outer, n, inner), z)
        return z.reshape(left)[()]

    return fast


def average(total: Callable) -> Callable:
    """The sum, divided by how many elements went into each of its elements."""

    def fast(x, *, dim=None, keepdim=False):
        z = total(x, dim=dim, keepdim=keepdim)
        return z if z is NotImplemented else z / x.dtype.type(x.size // z.size)

    return fast


def var(x, *, dim=None, correction=1, keepdim=False):
    """The trailing dimensions only."""
    plan = split(x.shape, dim, keepdim) if plain(x) else None
    # Where no degree of freedom is left NumPy warns, and knows what to return.
    if plan is None or plan[0][2] > 1 or plan[0][1] <= correction:
        return NotImplemented
    (outer, n, _), left = plan
    run = LOOPS["var_rows"][x.dtype]
    if run is None:
        return NotImplemented
    z = empty(outer, x.dtype)
    run(x.reshape(outer, n), n - correction, z)
    return z.reshape(left)[()]


def where(condition, x, y):
    """A condition of the result's shape, and arrays of that shape or one of them a number."""
    if not (plain(condition) and condition.dtype == BOOL):
        return NotImplemented
    if alike(x, y):
        loop, like = LOOPS["where"], x
    elif plain(x) and number(y, x.dtype):
        loop, like, y = LOOPS["where_else_number"], x, float(y)
    elif plain(y) and number(x, y.dtype):
        loop, like, x = LOOPS["where_number_else"], y, float(x)
    else:
        return NotImplemented
    run = loop[like.dtype] if like.shape == condition.shape else None
    if run is None:
        return NotImplemented
    z = empty(like.shape, like.dtype)
    flat = [a if type(a) is float else a.reshape(-1) for a in (condition, x, y, z)]
    run(*flat)
    return z


def cross_entropy(x, target, *, reduction="mean", ignore_index=-100, label_smoothing=0.0):
    """Logits of shape (N, C), targets of shape (N,); no label smoothing."""
    if not plain(x) or x.ndim != 2 or label_smoothing:
        return NotImplemented
    if not plain(target) or target.dtype != INT64 or target.shape != x.shape[:1]:
        return NotImplemented
    run = LOOPS["cross_entropy"][x.dtype]
    if run is None:
        return NotImplemented
    z = empty(x.shape[0], x.dtype)
    kept = run(x, *scratch(x.shape[1], x.dtype), target, ignore_index, z)
    if kept < 0 or (kept == 0 and reduction == "mean"):
        return NotImplemented
    if reduction == "none":
        return z
    return z.sum() if reduction == "sum" else z.sum() / x.dtype.type(kept)


def mse_loss(x, y, *, reduction="mean"):
    """Two arrays of one shape, reduced to a number."""
    run = LOOPS["squared_distance"][x.dtype] if reduction != "none" and alike(x, y) else None
    if run is None:
        return NotImplemented
    total = run(x.reshape(-1), y.reshape(-1))
    return x.dtype.type(total if reduction == "sum" else total / x.size)


def sgd_update(w, g, velocity, *, lr, momentum, dampening, weight_decay, nesterov, first):
    """Parameter, gradient and velocity contiguous and of one dtype."""
    if momentum:
        run = LOOPS["sgd_momentum"][w.dtype] if alike(w, g, velocity) else None
        if run is None:
            return NotImplemented
        flat = w.reshape(-1), g.reshape(-1), velocity.reshape(-1)
        return run(*flat, lr, momentum, dampening, weight_decay, bool(nesterov), bool(first))
    run = LOOPS["sgd"][w.dtype] if alike(w, g) else None
    return NotImplemented if run is None else run(w.reshape(-1), g.reshape(-1), lr, weight_decay)


def adam_update(w, g, m, v, *, lr, beta1, beta2, eps, weight_decay, decoupled, step):
    """Parameter, gradient and both moments contiguous and of one dtype."""
    run = LOOPS["adam"][w.dtype] if alike(w, g, m, v) else None
    if run is None:
        return NotImplemented
    flat = w.reshape(-1), g.reshape(-1), m.reshape(-1), v.reshape(-1)
    return run(*flat, lr, beta1, beta2, eps, weight_decay, bool(decoupled), step)


FAST: dict[str, Callable] = {
    **{name: elementwise(LOOPS[name]) for name in ELEMENTWISE},
    "softmax": by_rows(LOOPS["softmax"]),
    "log_softmax": by_rows(LOOPS["log_softmax"]),
    "logsumexp": logsumexp,
    "sum": reduction(LOOPS["sum_rows"], LOOPS["sum_columns"]),
    "amax": reduction(LOOPS["amax_rows"]),
    "amin": reduction(LOOPS["amin_rows"]),
    "mean": average(reduction(LOOPS["sum_rows"], LOOPS["sum_columns"])),
    "var": var,
    "where": where,
    "cross_entropy": cross_entropy,
    "mse_loss": mse_loss,
    "sgd_update": sgd_update,
    "adam_update": adam_update,
}

# Which loops a kernel may come to need.
LOOPS_OF = {
    **{name: [name] for name in (*ELEMENTWISE, "softmax", "log_softmax", "logsumexp", "cross_entropy")},
    "where": ["where", "where_else_number", "where_number_else"],
    "sum": ["sum_rows", "sum_columns"],
    "mean": ["sum_rows", "sum_columns"],
    "amax": ["amax_rows"],
    "amin": ["amin_rows"],
    "var": ["var_rows"],
    "mse_loss": ["squared_distance"],
    "sgd_update": ["sgd", "sgd_momentum"],
    "adam_update": ["adam"],
}
