"""All kernels of the device by the operation's name. With them arrays get Python's operators."""

from minigrad_kernels.cuda import (
    argwhere,
    classes,
    einsum,
    elementwise,
    indexing,
    matmul,
    operators,  # noqa: F401
    pooling,
    recurrence,
    reduce,
    scan,
    shape,
    softmax,
    update,
    views,
)

TABLE = {
    **argwhere.TABLE,
    **classes.TABLE,
    **einsum.TABLE,
    **elementwise.TABLE,
    **indexing.TABLE,
    **matmul.TABLE,
    **pooling.TABLE,
    **recurrence.TABLE,
    **reduce.TABLE,
    **scan.TABLE,
    **shape.TABLE,
    **softmax.TABLE,
    **update.TABLE,
    **views.TABLE,
}
