"""Which GPU there is, and waiting for it."""

from __future__ import annotations

from typing import Any, NamedTuple

from minigrad.device import DEVICES, get_device
from minigrad.errors import MinigradError, explained, explaining


class DeviceProperties(NamedTuple):
    """What a GPU is.

    Attributes:
        name: as NVIDIA sells it; "simulator" where kernels are simulated.
        major, minor: the generation of its instructions (compute capability); 0, 0 for the simulator.
        total_memory: in bytes; for the simulator that of the computer is used, and none is told: 0.
        multi_processor_count: how many blocks of threads it runs side by side, at least; 1 for the simulator.
    """

    name: str
    major: int
    minor: int
    total_memory: int
    multi_processor_count: int


def is_available() -> bool:
    """Whether `device="cuda"` works here: on a GPU, or in the simulator after `simulate()`."""
    return why_unavailable() is None


def why_unavailable() -> MinigradError | None:
    """The error that `device="cuda"` would be, which says what is missing and how to get it; None where it works."""
    from minigrad_kernels.cuda import runtime

    error = runtime.unavailable()
    return None if error is None else explained(error)


def simulate() -> None:
    """Run CUDA kernels in Numba's simulator from now on, in this process: a GPU to try things on, very slow.

    It is called before anything uses CUDA. Errors: DeviceError afterwards, or without Numba.
    """
    from minigrad_kernels.cuda import runtime

    explaining(runtime.simulate)()


def is_simulated() -> bool:
    """Whether kernels run in the simulator."""
    from minigrad_kernels.cuda import runtime

    return runtime.simulating()


def init() -> None:
    """Get the device ready now rather than at its first use. Errors: DeviceError that says what is missing."""
    get_device("cuda")


def is_initialized() -> bool:
    """Whether the device has been used."""
    return "cuda" in DEVICES


def device_count() -> int:
    """1 where CUDA works, else 0: minigrad uses the first GPU that the driver shows."""
    return int(is_available())


def current_device() -> int:
    """The number of the device: 0. Errors: DeviceError where there is none."""
    init()
    return 0


def get_device_name(device: Any = None) -> str:
    """What the GPU is called."""
    return get_device_properties(device).name


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """The generation of its instructions: (9, 0) for Hopper."""
    properties = get_device_properties(device)
    return properties.major, properties.minor


def get_device_properties(device: Any = None) -> DeviceProperties:
    """What the GPU is. Errors: DeviceError where there is none, or for another than the first."""
    get_device("cuda" if device in (None, 0) else device)
    from minigrad_kernels.cuda import runtime

    gpu = runtime.gpu()
    if gpu is None:
        return DeviceProperties("simulator", 0, 0, 0, 1)
    from numba import cuda

    count = int(cuda.get_current_device().MULTIPROCESSOR_COUNT)
    return DeviceProperties(gpu.name, *gpu.capability, gpu.memory, count)


def synchronize(device: Any = None) -> None:
    """Wait until the GPU has done all that it was given. In the simulator that is always so."""
    get_device("cuda" if device in (None, 0) else device).synchronize()
