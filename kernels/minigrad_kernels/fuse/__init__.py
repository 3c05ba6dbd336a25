"""The generator: a region of elementwise operations, with reductions over the last axes, becomes one kernel.

Done one after the other, the operations of a formula each read and write whole arrays, and what they wait for is
memory. Fused, each element is read once, everything is done to it in registers, and it is written once.

A `Region` is data: inputs with their shapes, steps in the order of their computation, outputs. `collapse` makes its axes
as few loops as possible, and `source` turns it into the text of a kernel in Python, which `minigrad.show_kernel` shows
and Numba compiles. For a GPU `source_for_threads` does.
"""

from minigrad_kernels.fuse.expressions import ADD_UP, PLAIN, REDUCTIONS
from minigrad_kernels.fuse.region import Input, NotFusible, Region, Step, collapse
from minigrad_kernels.fuse.threads import source_for_threads
from minigrad_kernels.fuse.writer import source

__all__ = [
    "ADD_UP",
    "PLAIN",
    "REDUCTIONS",
    "Input",
    "NotFusible",
    "Region",
    "Step",
    "collapse",
    "source",
    "source_for_threads",
]
