"""All kernels of the device by the operation's name. With them arrays get Python's operators."""

from minigrad_kernels.cuda import (
    argwhere,
    classes,
    classification,
    convolution,
    einsum,
    elementwise,
    indexing,
    loss,
    matmul,
    operators,  # noqa: F401
    pooling,
    recurrence,
    reduce,
    scan,
    shape,
    softmax,
    sorting,
    update,
    views,
)

TABLE = {
    **argwhere.TABLE,
    **classes.TABLE,
    **classification.TABLE,
    **convolution.TABLE,
    **einsum.TABLE,
    **elementwise.TABLE,
    **indexing.TABLE,
    **loss.TABLE,
    **matmul.TABLE,
    **pooling.TABLE,
    **recurrence.TABLE,
    **reduce.TABLE,
    **scan.TABLE,
    **shape.TABLE,
    **softmax.TABLE,
    **sorting.TABLE,
    **update.TABLE,
    **views.TABLE,
}
