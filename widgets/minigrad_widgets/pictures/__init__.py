"""Still pictures of a reader's own arrays: plain SVG, the same bytes every time.

================ ======================================================================
`strides`        tensors of one shape and another over one line of memory
`broadcasting`   how two shapes line up, and which elements are used again
`sum_to`         the way back: which elements of a gradient are added into one
`digits`         small grey images in a sheet
`lines`          a few curves in one frame
================ ======================================================================

They need no widget, no kernel and no package but NumPy; a saved notebook shows them everywhere.
"""

from minigrad_widgets.pictures.broadcasting import broadcasting, sum_to
from minigrad_widgets.pictures.canvas import Canvas, Picture
from minigrad_widgets.pictures.curves import lines
from minigrad_widgets.pictures.images import digits
from minigrad_widgets.pictures.memory import strides

__all__ = ["Canvas", "Picture", "broadcasting", "digits", "lines", "strides", "sum_to"]
