"""Products of matrices."""

from __future__ import annotations

from minigrad import shapes
from minigrad.op import op


@op(
    shape=shapes.matmul,
    saves=("y x.shape", "x y.shape"),
    sample=lambda r: [
        (r(2, 3), r(3, 4)),
        (r(2, 2, 3), r(3, 2)),
        (r(2, 1, 2, 3), r(3, 3, 2)),
        (r(3), r(3)),
        (r(2, 3), r(3)),
        (r(3), r(2, 3, 2)),
    ],
)
def matmul(g, z, x, y):
    r"""Matrix product :math:`z = x y`, over leading batch dimensions, which broadcast.

    From :math:`dz = dx\,y + x\,dy` and :math:`\langle \bar z, dx\,y \rangle = \langle \bar z\,y^T, dx \rangle` read off
    :math:`\bar x = \bar z\,y^T` and :math:`\bar y = x^T \bar z`. A vector is a matrix of one row (left) or column (right).
    """
    if x.ndim == 1:
        g = g.reshape((*g.shape[: g.ndim - (y.ndim > 1)], 1, *g.shape[g.ndim - (y.ndim > 1) :]))
    if y.ndim == 1:
        g = g.reshape((*g.shape, 1))

    def gx():
        right = y if y.ndim > 1 else y.reshape((-1, 1))
        return _like(g @ right.mT, x)

    def gy():
        left = x if x.ndim > 1 else x.reshape((1, -1))
        if left.ndim > 2 and y.ndim <= 2:  # one product of all rows, instead of one for each matrix and a sum
            left, upper = _rows(left), _rows(g)
            return _like(left.mT @ upper, y)
        return _like(left.mT @ g, y)

    return gx, gy


def _like(grad, x):
    """The gradient of a vector that stood in as a matrix, with the vector's one dimension behind the batch."""
    return grad if x.ndim > 1 else grad.reshape((*grad.shape[:-2], x.shape[0]))


def _rows(x):
    return x if x.ndim == 2 else x.reshape((-1, x.shape[-1]))


@op(
    shape=shapes.linear,
    saves=("w", "x", ""),
    sample=lambda r: [(r(4, 3), r(2, 3), r(2)), (r(2, 2, 3), r(2, 3)), (r(3), r(2, 3), r(2))],
)
def linear(g, z, x, w, b=None):
    r"""Affine map :math:`z = x w^T + b`, weights of shape (out, in).

    From :math:`dz = dx\,w^T + x\,dw^T + db`: :math:`\bar x = \bar z\,w`, :math:`\bar w = \bar z^T x`, and :math:`\bar b` is
    :math:`\bar z`, summed over the rows to which the bias was broadcast.
    """
    return (
        lambda: g @ w,
        lambda: _rows(g).mT @ _rows(x) if x.ndim > 1 else g.reshape((-1, 1)) @ x.reshape((1, -1)),
        g,
    )


__all__ = ["linear", "matmul"]
