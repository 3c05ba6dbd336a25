"""A kernel's memory accesses: run a reader's own loops on arrays that note every element that is touched.

=============== =================================================================
`run.py`        `trace`: run a kernel in plain Python and note what it does
`rebuild.py`    the kernel with NumPy, math and its helpers replaced by noting ones
`arrays.py`     the arrays that it gets
`elements.py`   the numbers that come out of them, and count arithmetic
`record.py`     the notes, and `Trace`, what is left of them
`cache.py`      `Cache`: which of the accesses would have found their data nearby
=============== =================================================================

A `Trace` is plain data: nothing in it depends on who ran the kernel. NumPy is all that is needed here.
"""

from minigrad_widgets.tracing.cache import Cache, CacheRun
from minigrad_widgets.tracing.record import Memory, Trace
from minigrad_widgets.tracing.run import trace

__all__ = ["Cache", "CacheRun", "Memory", "Trace", "trace"]
