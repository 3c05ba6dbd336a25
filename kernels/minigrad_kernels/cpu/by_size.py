"""Which kernel a call gets: NumPy's for a small array, Numba's for a large one that fits its loops."""

from __future__ import annotations

from collections.abc import Callable

from numpy import ndarray

from minigrad_kernels.numpy import TABLE


def by_size(name: str, fast: Callable, above: int, signature: str = "any") -> Callable:
    """The kernel `name`: `fast` from `above` elements on; NumPy's below, or where `fast` is NotImplemented.

    The test of the size comes first, in a function with the kernel's own arguments: to gather them by `*` and
    `**`, as `general` does for kernels that take long anyway, costs as much as adding two small arrays. An
    AttributeError means a Python number.
    """
    reference = TABLE[name]

    def unary(x):
        try:
            if x.size < above:
                return reference(x)
        except AttributeError:
            return reference(x)
        z = fast(x)
        return reference(x) if z is NotImplemented else z

    def binary(x, y):
        size = x.size if type(x) is ndarray else y.size if type(y) is ndarray else 0
        if size < above:
            return reference(x, y)
        z = fast(x, y)
        return reference(x, y) if z is NotImplemented else z

    def ternary(condition, x, y):
        try:
            if condition.size < above:
                return reference(condition, x, y)
        except AttributeError:
            return reference(condition, x, y)
        z = fast(condition, x, y)
        return reference(condition, x, y) if z is NotImplemented else z

    def reducing(x, *, dim=None, keepdim=False, dtype=None):
        if dtype is not None:  # another dtype than that of x
            return reference(x, dim=dim, keepdim=keepdim, dtype=dtype)
        try:
            if x.size < above:
                return reference(x, dim=dim, keepdim=keepdim) if keepdim or dim is not None else reference(x)
        except AttributeError:
            return reference(x, dim=dim, keepdim=keepdim)
        z = fast(x, dim=dim, keepdim=keepdim)
        return reference(x, dim=dim, keepdim=keepdim) if z is NotImplemented else z

    def by_rows(x, *, dim):
        try:
            if x.size < above:
                return reference(x, dim=dim)
        except AttributeError:
            return reference(x, dim=dim)
        z = fast(x, dim=dim)
        return reference(x, dim=dim) if z is NotImplemented else z

    def general(x, *others, **parameters):
        try:
            if x.size < above:
                return reference(x, *others, **parameters)
        except AttributeError:
            return reference(x, *others, **parameters)
        z = fast(x, *others, **parameters)
        return reference(x, *others, **parameters) if z is NotImplemented else z

    forms = {"unary": unary, "binary": binary, "ternary": ternary, "reduction": reducing, "by_rows": by_rows}
    entry = forms.get(signature, general)
    entry.__name__ = entry.__qualname__ = name
    entry.__doc__ = reference.__doc__
    return entry
