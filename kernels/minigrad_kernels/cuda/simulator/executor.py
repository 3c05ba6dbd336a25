"""Running a kernel: on NumPy arrays, by what it calls itself or by Numba's `kernel[grid, block](...)`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock, get_ident
from typing import Any

import numpy
from numba import cuda
from numba.cuda.simulator import kernel

from minigrad_kernels.cuda.simulator.schedule import Launch

numbas: Any = kernel
_one_at_a_time = Lock()
_launch: Launch | None = None


def run(
    function: Callable,
    grid: int | tuple[int, ...],
    block: int | tuple[int, ...],
    arguments: Sequence[Any],
    dynamic_shared: int = 0,
    tracer: Any = None,
    *,
    ended_threads_count: bool = False,
) -> None:
    """Run a kernel, given as a plain Python function, on NumPy arrays and numbers.

    Args:
        grid, block: how many blocks, and how many threads in each: a number, or up to three.
        dynamic_shared: bytes of shared memory that `cuda.shared.array(0, dtype)` is a view of.
        tracer: who is told of every turn and barrier (`trace.Recorder`).
        ended_threads_count: whether a thread that has ended counts as arrived at the barriers of its block. GPUs since Volta do
            so; the programming guide promises nothing.

    Errors: what the kernel raises, with a note that says in which thread; KernelError for what CUDA forbids.
    """
    global _launch
    if inside_a_launch():
        raise RuntimeError("A kernel cannot launch a kernel in the simulator.")
    names = cuda.__dict__
    with _one_at_a_time, numpy.errstate(all="ignore"):
        launch = Launch(function, grid, block, dynamic_shared, tracer, ended_threads_count)
        before = {name: names[name] for name in launch.words if name in names}
        _launch = launch
        try:
            names.update(launch.words)
            launch.run(arguments)
        finally:
            _launch = None
            for name in launch.words:
                names.pop(name, None)
            names.update(before)


def inside_a_launch() -> bool:
    """Whether a kernel is being run by the thread of the operating system that asks."""
    launch = _launch
    return launch is not None and launch.owner == get_ident()


def install() -> None:
    """Make Numba's `kernel[grid, block](...)` run here too, so that `@cuda.jit` of a reader's own is as quick."""
    numbas.FakeCUDAKernel.__call__ = _call


def _call(self: Any, *arguments: Any) -> Any:
    if self._device or inside_a_launch():
        return self.fn(*arguments)
    grid, block = numbas.normalize_kernel_dimensions(self.grid_dim, self.block_dim)
    afterwards: list[Callable] = []
    taken = [_taken(x, self.extensions, afterwards) for x in arguments]
    run(self.fn, grid, block, taken, self.dynshared_size)
    for copy_back in afterwards:
        copy_back()
    return None


def _taken(x: Any, extensions: list, afterwards: list[Callable]) -> Any:
    """An argument of Numba's launch as the kernel gets it."""
    for extension in extensions:
        _, x = extension.prepare_args(None, x, stream=0, retr=afterwards)
    if isinstance(x, numbas.ArgHint):
        x = x.to_device(afterwards)
    if isinstance(x, numpy.void):
        return numbas.FakeWithinKernelCUDAArray(numbas.FakeCUDAArray(x))
    return as_argument(x)


def as_argument(x: Any) -> Any:
    """An array of the host or of the (simulated) device, or a tensor there, as a NumPy array; anything else as it is."""
    if isinstance(x, numbas.FakeCUDAArray):
        x = x._ary
    elif hasattr(x, "copy_to_host"):  # on a GPU
        x = x.copy_to_host()
    elif not isinstance(x, numpy.ndarray) and (interface := getattr(x, "__cuda_array_interface__", None)):
        x = numpy.asarray(_HostMemory(interface))
    return x.view(numpy.recarray) if isinstance(x, numpy.ndarray) and x.dtype.names else x


class _HostMemory:
    """An array of the simulated device as NumPy takes it: the addresses are those of the computer's own memory."""

    def __init__(self, interface: dict):
        self.__array_interface__ = {
            key: interface.get(key) for key in ("data", "shape", "strides", "typestr", "version")
        }
