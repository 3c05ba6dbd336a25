"""Compiled kernels on disk, so that a later process need not compile them again.

They lie where the CPU's compiled loops lie (`minigrad_kernels/cpu/compile.py`). Numba finds them by the file of the kernel, the
types of its arguments and the generation of the GPU; and, as on the CPU, by the text of all files that it is made from.
"""

from __future__ import annotations

from typing import Any

from minigrad_kernels.cpu.compile import _cache, keyed_by_sources


def keep(dispatcher: Any) -> None:
    """Let what Numba compiles of a kernel be found by later processes. Where no folder can be written, nothing is kept."""
    from numba.cuda.dispatcher import CUDACache

    cache = _cache(dispatcher.py_func, keyed_by_sources(CUDACache))
    if cache is not None:
        dispatcher._cache = cache
