"""The GPU's memory: what arrays have of it, and what waits to be used again.

Memory that arrays no longer need is kept for the next ones (`minigrad_kernels/cuda/memory.py`), so two numbers describe it:
*allocated*, which arrays have, and *reserved*, which the program has from the driver. Sizes are rounded up to blocks.
"""

from __future__ import annotations

from typing import Any

from minigrad.device import DEVICES, get_device
from minigrad.errors import DeviceError


def memory_allocated(device: Any = None) -> int:
    """Bytes that arrays have now."""
    return memory_stats(device)["allocated_bytes.all.current"]


def max_memory_allocated(device: Any = None) -> int:
    """The most bytes that arrays had at once, since the beginning or `reset_peak_memory_stats()`."""
    return memory_stats(device)["allocated_bytes.all.peak"]


def memory_reserved(device: Any = None) -> int:
    """Bytes that the program has from the driver: those of arrays, and those that wait for new ones."""
    return memory_stats(device)["reserved_bytes.all.current"]


def max_memory_reserved(device: Any = None) -> int:
    """The most bytes that the program had from the driver at once."""
    return memory_stats(device)["reserved_bytes.all.peak"]


def memory_stats(device: Any = None) -> dict[str, int]:
    """The numbers, by PyTorch's names: bytes allocated and reserved, now and at most; how often memory was asked for
    (`allocation.all.allocated`), and how often a kept block served (`allocation.all.reused`, which PyTorch has not).

    Before the device is used all are 0.
    """
    _checked(device)
    pool = _pool() if "cuda" in DEVICES else None
    return {
        "allocated_bytes.all.current": pool.allocated if pool else 0,
        "allocated_bytes.all.peak": pool.most_allocated if pool else 0,
        "reserved_bytes.all.current": pool.reserved if pool else 0,
        "reserved_bytes.all.peak": pool.most_reserved if pool else 0,
        "allocation.all.allocated": pool.asked if pool else 0,
        "allocation.all.reused": pool.reused if pool else 0,
    }


def reset_peak_memory_stats(device: Any = None) -> None:
    """From here on: the highest numbers are those of now."""
    _checked(device)
    if "cuda" in DEVICES:
        _pool().reset_peak()


def empty_cache() -> None:
    """Give what waits for new arrays back to the driver, for other programs. What arrays have stays theirs."""
    if "cuda" in DEVICES:
        _pool().empty()


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """Free and total bytes of the GPU, as the driver sees them, other programs' included. The simulator has (0, 0)."""
    _checked(device)
    get_device("cuda")
    from minigrad_kernels.cuda import runtime

    if runtime.simulating():
        return 0, 0
    from numba import cuda

    free, total = cuda.current_context().get_memory_info()
    return int(free), int(total)


def set_memory_limit(nbytes: int | None) -> None:
    """Let the program have at most so many bytes from the driver; None takes the limit away.

    What goes beyond is then an error, before the GPU is really full.
    """
    if nbytes is not None and nbytes < 0:
        raise DeviceError("A limit of memory is at least 0.", got=f"{nbytes}", expected="bytes, or None for no limit")
    get_device("cuda")
    _pool().limit = nbytes


def set_per_process_memory_fraction(fraction: float, device: Any = None) -> None:
    """Let the program have at most this share of the GPU's memory. Errors: DeviceError in the simulator, which has no size."""
    _checked(device)
    if not 0 <= fraction <= 1:
        raise DeviceError("A share of the memory is from 0 to 1.", got=f"{fraction}", expected="0.5 for a half")
    total = mem_get_info()[1]
    if not total:
        raise DeviceError(
            "The simulator's memory is the computer's: there is no share of it to set.",
            got=f"set_per_process_memory_fraction({fraction})",
            expected="a GPU",
            hint="minigrad.cuda.set_memory_limit(nbytes), which the simulator has too",
        )
    set_memory_limit(int(total * fraction))


def _checked(device: Any) -> None:
    """Errors: DeviceError for another device than the one there is; CUDA need not be there to ask for numbers that are 0."""
    if device not in (None, 0, "cuda", "cuda:0") and getattr(device, "name", None) != "cuda":
        get_device(device)
        raise DeviceError("These numbers are of a GPU.", got=f"{device!r}", expected="'cuda'", hint="leave it out")


def _pool() -> Any:
    from minigrad_kernels.cuda.memory import POOL

    return POOL
