"""The process in which kernels run for the stand-in driver: in the simulator, on the driver's memory at the same address."""

from __future__ import annotations

import ctypes
import importlib
import marshal
import os
import pickle
import sys
import traceback
import types
from typing import Any

import numpy

from minigrad_kernels.cuda import runtime

runtime.simulate()

from minigrad_kernels.cuda import simulator  # noqa: E402
from minigrad_kernels.cuda.array import layout_at  # noqa: E402

START, SIZE = 0x7D0000000000, 4 << 30
SHARED, FIXED, UNRESERVED = 1, 0x100000, 0x4000


def share_memory() -> None:
    """Map the driver's file where the driver has it."""
    file = os.open(os.environ["STANDIN_MEMORY"], os.O_RDWR)
    mmap = ctypes.CDLL(None).mmap
    mmap.restype = ctypes.c_void_p
    mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    if mmap(START, SIZE, 3, SHARED | FIXED | UNRESERVED, file, 0) != START:
        raise MemoryError(f"{SIZE:,} bytes at {START:#x}")


def unpacked(what: tuple) -> Any:
    kind, *parts = what
    if kind == "module":
        return importlib.import_module(parts[0])
    if kind == "name":
        found = getattr(importlib.import_module(parts[0]), parts[1])
        return getattr(found, "function", found) if type(found).__name__ == "Kernel" else found
    if kind == "tuple":
        return tuple(map(unpacked, parts[0]))
    if kind == "value":
        return parts[0]
    code, (place, names), cells = parts
    known = (
        vars(importlib.import_module(names))
        if place == "module"
        else {n: unpacked(value) for n, value in names.items()}
    )
    closure = tuple(types.CellType(unpacked(cell)) for cell in cells)
    return types.FunctionType(marshal.loads(code), known, closure=closure or None)


def main() -> None:
    answers, sys.stdout = os.fdopen(os.dup(1), "wb"), sys.stderr
    os.dup2(2, 1)
    share_memory()
    kernels: dict[int, Any] = {}
    while True:
        try:
            what, kernel, *parts = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        error = None
        try:
            if what == "kernel":
                kernels[kernel] = unpacked(parts[0])
            else:
                blocks, threads, arrays, arguments = parts
                handles = [
                    layout_at(x[0], x[1], numpy.dtype(x[3]), x[2]) if is_array else x
                    for is_array, x in zip(arrays, arguments, strict=True)
                ]
                simulator.run(kernels[kernel], blocks, threads, handles)
        except Exception:
            error = traceback.format_exc()
        pickle.dump(error, answers)
        answers.flush()


if __name__ == "__main__":
    main()
