"""Sums of products by labels. Two operands at a time are one product of matrices, over a batch of what both keep."""

from math import prod

import numpy as np


def sum_of_products(*xs, equation):
    """The operands meet in the order that NumPy finds cheapest; each pair goes to BLAS."""
    terms, _, output = equation.partition("->")
    left = list(zip(xs, terms.split(","), strict=True))
    while len(left) > 1:
        places = (0, 1)
        if len(left) > 2:
            now = ",".join(labels for _, labels in left) + "->" + output
            places = np.einsum_path(now, *(x for x, _ in left), optimize="greedy")[0][1][:2]
        (x, a), (y, b) = (left.pop(place) for place in sorted(places, reverse=True))
        left.append(pair(x, a, y, b, set(output).union(*(labels for _, labels in left))))
    x, labels = left[0]
    z, labels = summed(x, labels, set(output))
    z = z.transpose([labels.index(label) for label in output])
    return z.copy() if len(xs) == 1 and np.may_share_memory(z, xs[0]) else z


def pair(x, a, y, b, kept):
    """The product of `x` with labels `a` and `y` with labels `b`, summed over the labels that nobody keeps."""
    x, a = summed(x, a, kept | set(b))
    y, b = summed(y, b, kept | set(a))
    shared = [label for label in a if label in b]
    batch, inner = [i for i in shared if i in kept], [i for i in shared if i not in kept]
    rows, columns = [i for i in a if i not in shared], [i for i in b if i not in shared]
    size = dict(zip(a + b, x.shape + y.shape, strict=True))
    stacked, n, k, m = ([size[i] for i in labels] for labels in (batch, rows, inner, columns))
    x = x.transpose([a.index(i) for i in batch + rows + inner]).reshape(*stacked, prod(n), prod(k))
    y = y.transpose([b.index(i) for i in batch + inner + columns]).reshape(*stacked, prod(k), prod(m))
    return np.matmul(x, y).reshape(stacked + n + m), "".join(batch + rows + columns)


def summed(x, labels, kept):
    """`x` without the labels that nobody else has."""
    gone = tuple(place for place, label in enumerate(labels) if label not in kept)
    if not gone:
        return x, labels
    return np.asarray(x.sum(axis=gone, dtype=x.dtype)), "".join(label for label in labels if label in kept)


TABLE = {"sum_of_products": sum_of_products}
