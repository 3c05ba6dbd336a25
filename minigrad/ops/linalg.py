"""Products of matrices."""

from __future__ import annotations

from minigrad import shapes
from minigrad.errors import ShapeError
from minigrad.op import op
from minigrad.ops.elementwise import add, mul
from minigrad.ops.shape import broadcast_to, reshape


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


def mm(input, mat2):
    """The product of two matrices, and of nothing else: `matmul` also takes vectors and batches."""
    _have_dims("mm", (input, 2), (mat2, 2))
    return matmul(input, mat2)


def bmm(input, mat2):
    """The products of two batches of matrices: (b, n, k) with (b, k, m) gives (b, n, m); nothing is broadcast."""
    _have_dims("bmm", (input, 3), (mat2, 3))
    if input.shape[0] != mat2.shape[0]:
        raise ShapeError(
            "bmm: the batches differ in size.",
            got=f"{tuple(input.shape)} and {tuple(mat2.shape)}",
            expected="(b, n, k) and (b, k, m) with one b",
            hint="matmul, which broadcasts a batch of one",
        )
    return matmul(input, mat2)


def mv(input, vec):
    """The product of a matrix and a vector."""
    _have_dims("mv", (input, 2), (vec, 1))
    return matmul(input, vec)


def dot(input, tensor):
    r"""The scalar product of two vectors, :math:`\sum_i x_i y_i`."""
    _have_dims("dot", (input, 1), (tensor, 1))
    return matmul(input, tensor)


def outer(input, vec2):
    r"""All products of an element of one vector with one of the other, :math:`z_{ij} = x_i y_j`."""
    _have_dims("outer", (input, 1), (vec2, 1))
    return mul(reshape(input, shape=(-1, 1)), vec2)


def addmm(input, mat1, mat2, *, beta=1, alpha=1):
    r""":math:`\beta\,x + \alpha\,A B` for matrices; the first is broadcast. With :math:`\beta = 0` it is not looked at."""
    return _added(input, mm(mat1, mat2), beta, alpha)


def baddbmm(input, batch1, batch2, *, beta=1, alpha=1):
    r""":math:`\beta\,x + \alpha\,A B` for batches of matrices, as `addmm`."""
    return _added(input, bmm(batch1, batch2), beta, alpha)


def _added(x, product, beta, alpha):
    product = product if alpha == 1 else mul(product, alpha)
    x = broadcast_to(x, shape=tuple(product.shape))  # never the other way round: an error if x is the larger
    return product if beta == 0 else add(x if beta == 1 else mul(x, beta), product)


def _have_dims(name, *pairs):
    if any(len(x.shape) != dims for x, dims in pairs):
        raise ShapeError(
            f"{name}: the numbers of dimensions do not fit.",
            got=" and ".join(str(tuple(x.shape)) for x, _ in pairs),
            expected=" and ".join(f"{dims} dimension{'s' * (dims > 1)}" for _, dims in pairs),
            hint="matmul, which takes vectors, matrices and batches of them",
        )


__all__ = ["addmm", "baddbmm", "bmm", "dot", "linear", "matmul", "mm", "mv", "outer"]
