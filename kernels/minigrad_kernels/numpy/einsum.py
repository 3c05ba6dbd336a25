"""Sums of products by labels. Two operands at a time are one product of matrices, over a batch of what both keep."""

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np


class Arithmetic(NamedTuple):
    """What is done with the operands, for arrays of one kind."""

    transpose: Callable[[Any, list[int]], Any]
    reshape: Callable[[Any, list[int]], Any]
    matmul: Callable[[Any, Any], Any]
    sum: Callable[[Any, tuple[int, ...]], Any]


NUMPY = Arithmetic(
    lambda x, dims: x.transpose(dims),
    lambda x, shape: x.reshape(shape),
    np.matmul,
    lambda x, dims: np.asarray(x.sum(axis=dims, dtype=x.dtype)),
)


def sum_of_products(*xs, equation):
    z = contracted(xs, equation, NUMPY)
    return z.copy() if len(xs) == 1 and np.may_share_memory(z, xs[0]) else z


def contracted(xs, equation, arithmetic):
    """The operands meet in the order that NumPy finds cheapest; each pair is a product of matrices. The result may be a view."""
    terms, _, output = equation.partition("->")
    left = list(zip(xs, terms.split(","), strict=True))
    while len(left) > 1:
        places = (0, 1)
        if len(left) > 2:
            now = ",".join(labels for _, labels in left) + "->" + output
            shapes = (np.broadcast_to(0, x.shape) for x, _ in left)
            places = np.einsum_path(now, *shapes, optimize="greedy")[0][1][:2]
        (x, a), (y, b) = (left.pop(place) for place in sorted(places, reverse=True))
        left.append(_pair(x, a, y, b, set(output).union(*(labels for _, labels in left)), arithmetic))
    z, labels = _summed(*left[0], set(output), arithmetic)
    return arithmetic.transpose(z, [labels.index(label) for label in output])


def _pair(x, a, y, b, kept, arithmetic):
    """The product of `x` with labels `a` and `y` with labels `b`, summed over the labels that nobody keeps."""
    x, a = _summed(x, a, kept | set(b), arithmetic)
    y, b = _summed(y, b, kept | set(a), arithmetic)
    shared = [label for label in a if label in b]
    batch, inner = [i for i in shared if i in kept], [i for i in shared if i not in kept]
    rows, columns = [i for i in a if i not in shared], [i for i in b if i not in shared]
    size = dict(zip(a + b, x.shape + y.shape, strict=True))
    stacked, n, k, m = ([size[i] for i in labels] for labels in (batch, rows, inner, columns))
    x = arithmetic.transpose(x, [a.index(i) for i in batch + rows + inner])
    y = arithmetic.transpose(y, [b.index(i) for i in batch + inner + columns])
    x, y = arithmetic.reshape(x, [*stacked, prod(n), prod(k)]), arithmetic.reshape(y, [*stacked, prod(k), prod(m)])
    return arithmetic.reshape(arithmetic.matmul(x, y), stacked + n + m), "".join(batch + rows + columns)


def _summed(x, labels, kept, arithmetic):
    """`x` without the labels that nobody else has."""
    gone = tuple(place for place, label in enumerate(labels) if label not in kept)
    if not gone:
        return x, labels
    return arithmetic.sum(x, gone), "".join(label for label in labels if label in kept)


TABLE = {"sum_of_products": sum_of_products}
