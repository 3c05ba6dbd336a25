"""The reference backend: every operation, in NumPy, as plainly as it can be written.

`TABLE` maps an operation's name to its kernel. A kernel takes arrays (and Python scalars), then the operation's
parameters by keyword, and returns one array. Results are compared with these in every test of another backend.
"""

from minigrad_kernels.numpy import (
    convolution,
    einsum,
    elementwise,
    indexing,
    linalg,
    loss,
    normalization,
    pooling,
    reduce,
    scan,
    shape,
    sorting,
    update,
)

TABLE = {
    **elementwise.TABLE,
    **reduce.TABLE,
    **scan.TABLE,
    **sorting.TABLE,
    **shape.TABLE,
    **indexing.TABLE,
    **linalg.TABLE,
    **einsum.TABLE,
    **convolution.TABLE,
    **pooling.TABLE,
    **loss.TABLE,
    **normalization.TABLE,
    **update.TABLE,
}
