"""Reductions."""

DIFFERENT = {
    "sum": lambda t, x, **p: x.sum(**p),
    "amax": lambda t, x, **p: x.amax(**({"dim": ()} | p)),
    "amin": lambda t, x, **p: x.amin(**({"dim": ()} | p)),
    "var": lambda t, x, **p: t.var(x, **({"dim": None} | p)),
}
