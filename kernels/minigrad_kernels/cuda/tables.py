"""All kernels of the device by the operation's name. With them arrays get Python's operators."""

from minigrad_kernels.cuda import (
    argwhere,
    classes,
    elementwise,
    indexing,
    matmul,
    operators,  # noqa: F401
    pooling,
    reduce,
    shape,
    softmax,
    views,
)

TABLE = {
    **argwhere.TABLE,
    **classes.TABLE,
    **elementwise.TABLE,
    **indexing.TABLE,
    **matmul.TABLE,
    **pooling.TABLE,
    **reduce.TABLE,
    **shape.TABLE,
    **softmax.TABLE,
    **views.TABLE,
}
