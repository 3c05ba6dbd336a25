"""All kernels of the device by the operation's name."""

from minigrad_kernels.cuda import elementwise, reduce, shape, views

TABLE = {
    **elementwise.TABLE,
    **reduce.TABLE,
    **shape.TABLE,
    **views.TABLE,
}
