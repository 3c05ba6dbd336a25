"""All kernels of the device by the operation's name."""

from minigrad_kernels.cuda import elementwise, views

TABLE = {**elementwise.TABLE, **views.TABLE}
