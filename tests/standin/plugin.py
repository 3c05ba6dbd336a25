"""What pytest loads beside the stand-in driver: hands each launch to a process that simulates it, and says what went wrong.

A launch is known by its kernel and its arguments, which `minigrad_kernels.cuda.launch.announce` tells just before Numba makes
the launch itself. What Numba asks the driver for must agree with it. The function goes to the other process as its code, the
names it uses and what its closure holds.
"""

from __future__ import annotations

import ctypes
import importlib
import itertools
import marshal
import os
import pickle
import pkgutil
import subprocess
import sys
import threading
import traceback
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import minigrad_kernels.cuda as folder
from minigrad_kernels.cuda import launch
from minigrad_kernels.cuda.array import Array

SIMULATING = Path(__file__).parent / "simulating.py"
LAUNCH_FAILED = 719  # CUDA_ERROR_LAUNCH_FAILED
wrong: list[str] = []
lock = threading.RLock()
told = threading.local()
numbers = itertools.count()
waiting: dict[int, tuple] = {}
sent: dict[int, Any] = {}
libdevice: dict[int, tuple[Any, Any]] = {}


def watch_libdevice(frame: Any, event: str, result: Any) -> None:
    """A function of libdevice is told what simulates it when it is made, and keeps nothing of that."""
    if event == "return" and frame.f_code.co_name == "libdevice":
        libdevice[id(result)] = result, frame.f_locals["simulated"]


sys.setprofile(watch_libdevice)
for module in pkgutil.iter_modules(folder.__path__):
    if not module.ispkg:
        importlib.import_module(f"{folder.__name__}.{module.name}")
sys.setprofile(None)

announce = launch.announce


def announced(kernel: Any, blocks: Any, threads: Any, arguments: tuple) -> None:
    told.launch = kernel, blocks, threads, arguments
    announce(kernel, blocks, threads, arguments)


launch.announce = announced


def note(name: bytes, shape: Any) -> int:
    """A launch, as it was announced: what the driver remembers of it."""
    number, now = next(numbers), getattr(told, "launch", None)
    told.launch = None
    if now is None:
        wrong.append(f"{name.decode()}: a launch that was not announced")
        return number
    kernel, blocks, threads, arguments = now
    if [*in_three(blocks), *in_three(threads)] != shape[:6]:
        wrong.append(f"{kernel}: announced {blocks}, {threads}; launched {shape[:6]}")
    plain = [(x.address, x.shape, x.strides, x.dtype.str) if type(x) is Array else x for x in arguments]
    waiting[number] = kernel, blocks, threads, [type(x) is Array for x in arguments], plain
    return number


def run(number: int) -> int:
    """Let the other process do it, and wait."""
    try:
        kernel, *how = waiting[number]
        with lock:
            if id(kernel) not in sent:
                sent[id(kernel)] = kernel
                ask("kernel", id(kernel), packed(kernel.function))
            ask("run", id(kernel), *how)
        return 0
    except Exception:
        wrong.append(traceback.format_exc())
        return LAUNCH_FAILED


def ask(*message: Any) -> None:
    pickle.dump(message, process().stdin)
    process().stdin.flush()
    error = pickle.load(process().stdout)
    if error:
        raise RuntimeError(error)


def process(started: list = []) -> Any:  # noqa: B006
    """The process that simulates, when it is first needed."""
    if not started:
        plain = {name: value for name, value in os.environ.items() if name not in ("LD_LIBRARY_PATH", "MINIGRAD_GPU")}
        plain["STANDIN_MEMORY"] += f".{os.getpid()}"
        started.append(
            subprocess.Popen([sys.executable, SIMULATING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=plain)
        )
    return started[0]


def packed(x: Any) -> tuple:
    """A function, or what it uses, as something that can be unpacked where CUDA is simulated."""
    from numba.cuda.dispatcher import CUDADispatcher

    if isinstance(x, types.ModuleType):
        return "module", x.__name__
    if id(x) in libdevice:
        return packed(libdevice[id(x)][1])
    for module in list(sys.modules.values()):  # what has a name of its own there too
        name = getattr(module, "__name__", "")
        if name.startswith(("minigrad_kernels.", "numpy")) and module.__spec__ is not None:
            found = next((n for n, value in vars(module).items() if value is x), None)
            if found is not None and not isinstance(x, (int, float, str, tuple, type(None))):
                return "name", name, found
    if isinstance(x, CUDADispatcher):
        return packed(x.py_func)
    if isinstance(x, types.FunctionType):
        place = x.__globals__.get("__name__")
        if (
            place in sys.modules
            and vars(sys.modules[place]) is x.__globals__
            and sys.modules[place].__spec__ is not None
        ):
            names: tuple = ("module", place)
        else:  # of a generated text
            names = ("names", {n: packed(x.__globals__[n]) for n in names_in(x.__code__) if n in x.__globals__})
        cells = [packed(cell.cell_contents) for cell in x.__closure__ or ()]
        return "function", marshal.dumps(x.__code__), names, cells
    if isinstance(x, tuple):
        return "tuple", [packed(part) for part in x]
    return "value", x


def names_in(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from names_in(inner)


def in_three(x: Any) -> tuple[int, ...]:
    x = x if type(x) is tuple else (x,)
    return (*x, 1, 1)[:3]


driver = ctypes.CDLL("libcuda.so.1")
calls = (
    ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_char_p, ctypes.POINTER(ctypes.c_uint))(note),
    ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int64)(run),
    ctypes.CFUNCTYPE(None, ctypes.c_int64)(lambda number: waiting.pop(number, None) and None),
)
driver.standin_kernels(*calls)


@pytest.fixture(autouse=True)
def nothing_goes_wrong() -> Iterator[None]:
    """Each test is told what went wrong while it ran."""
    mistakes = ctypes.c_int64.in_dll(driver, "standin_mistakes")
    before = mistakes.value
    yield
    now, wrong[:] = wrong[:], []
    assert not now
    assert mistakes.value == before, "the driver was asked for what it cannot do: see what it printed"
