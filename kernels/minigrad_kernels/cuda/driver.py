"""Calls of the CUDA driver that Numba does not make: NVIDIA's bindings give its functions to Python as they are.

Each answers a tuple, of which the first is whether it went well. What Numba does make (memory, copies, launches) goes
through Numba, and both share the GPU's primary context.

Source: NVIDIA, CUDA Driver API, "Stream Management", "Event Management", "Graph Management".
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

from minigrad_kernels.cuda.runtime import CudaUnavailable


@cache
def bindings() -> Any:
    """The module of the driver's functions, once the context is there in which they work."""
    from numba import cuda

    cuda.current_context()
    return importlib.import_module("cuda.bindings.driver")


def call(name: str, *arguments: Any) -> Any:
    """What the driver's function answers: nothing, or one value. Errors: CudaUnavailable, if it says that it failed."""
    driver = bindings()
    state, *values = getattr(driver, name)(*arguments)
    if state != driver.CUresult.CUDA_SUCCESS:
        raise CudaUnavailable(
            f"{name}: the CUDA driver refuses.",
            got=f"{state.name} (error {int(state)})",
            expected="CUDA_SUCCESS",
            hint="an earlier kernel may have failed: minigrad.cuda.synchronize() after each operation shows which",
        )
    return values[0] if values else None


def is_ready(name: str, handle: Any) -> bool:
    """What cuStreamQuery and cuEventQuery answer: whether all is done."""
    driver = bindings()
    if getattr(driver, name)(handle)[0] == driver.CUresult.CUDA_ERROR_NOT_READY:
        return False
    call(name, handle)
    return True
