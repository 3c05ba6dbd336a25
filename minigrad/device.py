"""Devices and backends: where an array lives, and which table of kernels computes on it.

The engine never calls NumPy. It asks `device.table[name]`, so a GPU is another `Device` with another table. On
the CPU two tables exist: NumPy's, which is complete, and Numba's, which replaces the entries where it is faster.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy

from minigrad.errors import DeviceError
from minigrad_kernels import pool
from minigrad_kernels.cpu import BY_SIZE
from minigrad_kernels.cpu.fused import Fused, find_scalar, varying_shape
from minigrad_kernels.numpy import TABLE as NUMPY_TABLE


class Table(dict):
    """Kernels by name; asking for one that is missing is an error that says what to do."""

    def __init__(self, device: str, kernels: dict[str, Callable]):
        super().__init__(kernels)
        self.device = device

    def __missing__(self, name: str) -> Callable:
        raise DeviceError(
            f"{name}: the device {self.device!r} has no kernel of that name.",
            expected=f"an entry {name!r} in its table",
            hint=f"minigrad.register_kernel({name!r}, function, device={self.device!r}); or x.cpu() first, where it has one"
            if self.device != "cpu"
            else "minigrad.register_kernel(name, function), or @op(…, kernel=function)",
        )


class Device:
    """A place for arrays: its array type, how to make one, and its kernels by the operation's name.

    Attributes:
        name: "cpu" or "cuda". `type` is the same, as PyTorch's devices have it.
    """

    def __init__(self, name: str, array_type: type, table: dict[str, Callable]):
        self.name, self.array_type, self.table = name, array_type, Table(name, table)

    @property
    def type(self) -> str:
        return self.name

    @property
    def capturing(self) -> bool:
        """Whether launches are remembered, and do not run (`minigrad.cuda.graph`)."""
        return False

    @property
    def fuses(self) -> bool:
        """Whether regions of operations become kernels here. Then `fuse`, `find_scalar` and `varying_shape` exist."""
        return False

    def __repr__(self) -> str:
        return f"device({self.name!r})"

    def __str__(self) -> str:
        return self.name

    def __reduce__(self) -> tuple:
        return get_device, (self.name,)  # one object for each device: it is compared by identity


class CPU(Device):
    """The machine's memory as NumPy arrays."""

    def __init__(self) -> None:
        super().__init__("cpu", numpy.ndarray, NUMPY_TABLE | BY_SIZE)

    asarray = staticmethod(numpy.asarray)
    fuse = staticmethod(Fused)
    find_scalar = staticmethod(find_scalar)
    varying_shape = staticmethod(varying_shape)

    @property
    def fuses(self) -> bool:
        """Whether regions of operations become kernels here: not with the backend "numpy", which is the reference."""
        return _backend != "numpy"

    @staticmethod
    def array(value: Any, dtype: numpy.dtype | None = None) -> numpy.ndarray:
        """A new array (a copy) of a number, nested lists or an array."""
        return numpy.array(value, dtype)

    @staticmethod
    def empty(shape: tuple[int, ...], dtype: numpy.dtype) -> numpy.ndarray:
        return pool.empty(shape, dtype)

    @staticmethod
    def full(shape: tuple[int, ...], value: Any, dtype: numpy.dtype) -> numpy.ndarray:
        return numpy.full(shape, value, dtype)

    @staticmethod
    def arange(start: float, stop: float, step: float, dtype: numpy.dtype) -> numpy.ndarray:
        return numpy.arange(start, stop, step, dtype=dtype)

    @staticmethod
    def linspace(start: float, stop: float, steps: int, dtype: numpy.dtype) -> numpy.ndarray:
        return numpy.linspace(start, stop, steps, dtype=dtype)

    @staticmethod
    def drawn(generator: Any, draw: Callable, shape: tuple[int, ...], dtype: numpy.dtype) -> numpy.ndarray:
        """What `draw(stream, shape)` makes of the generator's random numbers."""
        return numpy.asarray(draw(generator.stream, shape), dtype)

    @staticmethod
    def write(target: numpy.ndarray, value: Any) -> numpy.ndarray:
        """Overwrite the elements of `target` by those of `value`, cast and broadcast. Returns `target`."""
        target[...] = value
        return target

    @staticmethod
    def put(target: numpy.ndarray, index: Any, value: Any) -> numpy.ndarray:
        """Overwrite the elements of `target` at `index`. Returns `target`."""
        target[index] = value
        return target

    @staticmethod
    def layout(array: numpy.ndarray) -> numpy.ndarray:
        """Where the elements lie: shape, strides, dtype and address, as a NumPy array that may not be there to be read."""
        return array

    @staticmethod
    def is_view(array: numpy.ndarray) -> bool:
        """Whether the array's memory belongs to another array."""
        return pool.is_view(array)

    @staticmethod
    def shares(array: numpy.ndarray, source: numpy.ndarray) -> bool:
        """Whether `array`, made from `source`, lies in its memory. (NumPy's reshape may be a view of a copy.)"""
        owner = array.base
        if owner is None:
            return False
        return owner is source or owner is source.base or getattr(owner, "base", None) is source  # as_strided wraps it

    @staticmethod
    def is_contiguous(array: numpy.ndarray) -> bool:
        """Whether the elements lie in memory in the order in which they are counted."""
        return array.flags.c_contiguous

    @staticmethod
    def writable(array: numpy.ndarray) -> bool:
        """Whether the elements can be overwritten: not where several share one place in memory."""
        return array.flags.writeable

    @staticmethod
    def to_numpy(array: numpy.ndarray) -> numpy.ndarray:
        return array

    @staticmethod
    def has_nan(array: numpy.ndarray) -> bool:
        return array.dtype.kind == "f" and bool(numpy.isnan(array).any())


cpu = CPU()
DEVICES: dict[str, Device] = {"cpu": cpu}  # those in use: "cuda" comes when it is first asked for
DEVICE_OF_ARRAY: dict[type, Any] = {numpy.ndarray: cpu}
_backend = "auto"


def get_device(device: Device | str | None) -> Any:
    """The device of that name, "cpu" or "cuda"; `None` is the CPU. Errors: DeviceError for another, or without CUDA."""
    if device is None:
        return cpu
    name: Any = device if isinstance(device, str) else getattr(device, "name", None)
    if name in ("cuda", "cuda:0"):
        if "cuda" not in DEVICES:
            from minigrad.cuda._engine import CUDA

            DEVICES["cuda"] = made = CUDA(_registered["cuda"])
            DEVICE_OF_ARRAY[made.array_type] = made
        return DEVICES["cuda"]
    try:
        return DEVICES[name]
    except (KeyError, TypeError):
        raise DeviceError(
            "No such device.",
            got=repr(device),
            expected="'cpu' or 'cuda'",
            hint="CUDA_VISIBLE_DEVICES=1 in the environment, before Python starts, makes the second GPU the one that is used"
            if str(name).startswith("cuda:")
            else 'device="cpu"',
        ) from None


def is_device(value: Any) -> bool:
    """Whether a value means a device, there or not: what stands in `x.to(value)` may be a dtype or a tensor instead."""
    return isinstance(value, Device) or (isinstance(value, str) and value.partition(":")[0] in ("cpu", "cuda", "mps"))


def transferred(array: Any, *, device: str, source: str) -> Any:
    """The array's values in new memory of a device."""
    here, there = get_device(source), get_device(device)
    return there.array(array if here is there or here is cpu else here.to_numpy(array))


class backend:
    """Choose the CPU's kernels: "numpy", "numba", or "auto" (Numba above the size from which it is faster).

    As a call it stays in force; as a context manager it ends with the block::

        minigrad.backend("numpy")
        with minigrad.backend("numba"):
            loss = model(x)

    Errors: DeviceError for an unknown name, or "numba" where Numba is not installed ("auto" then means NumPy).
    """

    def __init__(self, name: str):
        self.previous = _backend
        _use(name)

    def __enter__(self) -> backend:
        return self

    def __exit__(self, *_: object) -> None:
        _use(self.previous)


def current_backend() -> str:
    """The name last given to `minigrad.backend` ("auto" at the start)."""
    return _backend


def _use(name: str) -> None:
    global _backend
    if name not in ("numpy", "numba", "auto"):
        raise DeviceError(
            "No such backend.",
            got=repr(name),
            expected="'numpy', 'numba' or 'auto'",
            hint='minigrad.backend("auto")',
        )
    if name == "numba" and importlib.util.find_spec("numba") is None:
        raise DeviceError(
            "The backend 'numba' needs Numba, which is not installed.",
            hint='pip install "minigrad[numba]", or minigrad.backend("numpy")',
        )
    table = dict(NUMPY_TABLE)
    if name == "numba":
        from minigrad_kernels.cpu import ALWAYS

        table |= ALWAYS
    elif name == "auto":
        table |= BY_SIZE
    cpu.table.clear()
    cpu.table.update(table | _registered["cpu"])
    _backend = name


_registered: dict[str, dict[str, Callable]] = {"cpu": {}, "cuda": {}}


def register_kernel(name: str, function: Callable, *, device: str = "cpu") -> None:
    """Give a device a kernel: `function(*arrays, **parameters) -> array`, for a user's own operation.

    Arrays of the CPU are NumPy's. Those of "cuda" have Python's operators; `minigrad_kernels.cuda` has more.
    """
    if device not in _registered:
        get_device(device)
    _registered[device][name] = function
    if device in DEVICES:
        DEVICES[device].table[name] = function


register_kernel("transfer", transferred)
register_kernel("transfer", transferred, device="cuda")
