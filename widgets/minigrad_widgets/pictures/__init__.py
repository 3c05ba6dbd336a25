"""Still pictures of a reader's own arrays: plain SVG, the same bytes every time.

================ ======================================================================
`strides`        tensors of one shape and another over one line of memory
`broadcasting`   how two shapes line up, and which elements are used again
`sum_to`         the way back: which elements of a gradient are added into one
`digits`         small grey images in a sheet
`lines`          a few curves in one frame
`roofline`       kernels under the roof that memory and arithmetic set
`loop_order`     the path of a loop over the elements of a matrix
`confusion`      which class was taken for which; `most_confused` lists the mistakes
`parts`          a model as boxes in boxes
`three_parts`    a model, a loss and an optimiser, and what passes between them
`timeline`       who is busy when, in lanes over one line of time
`values`         small tensors as tables of their numbers, side by side
================ ======================================================================

They need no widget, no kernel and no package but NumPy; a saved notebook shows them everywhere.
"""

from minigrad_widgets.pictures.broadcasting import broadcasting, sum_to
from minigrad_widgets.pictures.canvas import Canvas, Picture
from minigrad_widgets.pictures.confusion import confusion, most_confused
from minigrad_widgets.pictures.curves import lines
from minigrad_widgets.pictures.images import digits
from minigrad_widgets.pictures.loop_order import loop_order
from minigrad_widgets.pictures.memory import strides
from minigrad_widgets.pictures.parts import parts
from minigrad_widgets.pictures.roofline import roofline
from minigrad_widgets.pictures.three_parts import three_parts
from minigrad_widgets.pictures.timeline import timeline
from minigrad_widgets.pictures.values import values

__all__ = [
    "Canvas", "Picture", "broadcasting", "confusion", "digits", "lines", "loop_order", "most_confused", "parts", "roofline",
    "strides", "sum_to", "three_parts", "timeline", "values",
]  # fmt: skip
