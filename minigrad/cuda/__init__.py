"""The GPU, by the names of `torch.cuda`: whether there is one, its memory, its streams, and graphs of launches.

    device = "cuda" if minigrad.cuda.is_available() else "cpu"
    model = model.to(device)

`simulate()` runs the same kernels in Numba's simulator, thread by thread, on a machine without a GPU. There is one device:
the first GPU that the driver shows. Nothing is imported, and no GPU looked for, before it is asked for.
"""

from minigrad.cuda._device import (
    current_device,
    device_count,
    get_device_capability,
    get_device_name,
    get_device_properties,
    init,
    is_available,
    is_initialized,
    is_simulated,
    simulate,
    synchronize,
    why_unavailable,
)
from minigrad.cuda._graphs import CUDAGraph, graph, graph_pool_handle
from minigrad.cuda._matmul import matmul, preferred_blas_library
from minigrad.cuda._memory import (
    empty_cache,
    max_memory_allocated,
    max_memory_reserved,
    mem_get_info,
    memory_allocated,
    memory_reserved,
    memory_stats,
    reset_peak_memory_stats,
    set_memory_limit,
    set_per_process_memory_fraction,
)
from minigrad.cuda._streams import (
    Event,
    ExternalStream,
    Stream,
    current_stream,
    default_stream,
    is_current_stream_capturing,
    set_stream,
    stream,
)
from minigrad.errors import OutOfMemoryError

__all__ = [
    "CUDAGraph",
    "Event",
    "ExternalStream",
    "OutOfMemoryError",
    "Stream",
    "current_device",
    "current_stream",
    "default_stream",
    "device_count",
    "empty_cache",
    "get_device_capability",
    "get_device_name",
    "get_device_properties",
    "graph",
    "graph_pool_handle",
    "init",
    "is_available",
    "is_current_stream_capturing",
    "is_initialized",
    "is_simulated",
    "matmul",
    "max_memory_allocated",
    "max_memory_reserved",
    "mem_get_info",
    "memory_allocated",
    "memory_reserved",
    "memory_stats",
    "preferred_blas_library",
    "reset_peak_memory_stats",
    "set_memory_limit",
    "set_per_process_memory_fraction",
    "set_stream",
    "simulate",
    "stream",
    "synchronize",
    "why_unavailable",
]
