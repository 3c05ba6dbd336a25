"""Runs the host's side of every operation on device memory that crashes whoever reads it: `python tests/inaccessible.py`.

On a GPU the layout of an array (`minigrad_kernels/cuda/array.py`) lies at an address of the GPU, and a program that reads or
writes there dies. So here the device's memory is pages without any permission, and launches and copies only look at
what they are given: that each array lies within its block. Everything else is the real code, with Numba's real CUDA.

What comes through is printed as JSON: the operations that ran, the errors that are errors. What does not, ends by a signal.
"""

from __future__ import annotations

import collections
import ctypes
import faulthandler
import json
import mmap
import os
import sys
from typing import Any
from unittest.mock import MagicMock

import numpy

RESERVED = 1 << 30  # bytes of address space; none of them is ever backed by memory
DTYPES = ("float32", "float64")


class Pages:
    """Addresses where nothing may be read or written, handed out one after the other."""

    def __init__(self) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        library.mmap.restype = ctypes.c_void_p
        library.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
        none, private = 0, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
        self.start = self.next = library.mmap(None, RESERVED, none, private, -1, 0)
        assert self.start not in (None, ctypes.c_void_p(-1).value), os.strerror(ctypes.get_errno())

    def allocate(self, size: int) -> tuple[str, int]:
        """As `memory._driver_memory`: what stands for the driver's pointer, and the address."""
        address, self.next = self.next, self.next + -(-size // 256) * 256
        if self.next > self.start + RESERVED:
            raise MemoryError
        return "pointer", address


class Handle:
    """In place of Numba's DeviceNDArray: copies nothing. What it is asked for are zeros."""

    def __init__(self, x: Any):
        low, high = numpy.lib.array_utils.byte_bounds(x.layout)
        block = x.block
        if x.size and not block.address <= low < high <= block.address + block.nbytes:
            raise AssertionError(f"{x!r} does not lie in its memory: {low - block.address} to {high - block.address}")
        self.shape, self.dtype, self.contiguous = x.shape, x.dtype, x.is_contiguous

    def copy_to_device(self, x: numpy.ndarray, stream: Any = 0) -> None:
        assert self.contiguous and (x.shape, x.dtype) == (self.shape, self.dtype) and x.flags.c_contiguous

    def copy_to_host(self, stream: Any = 0) -> numpy.ndarray:
        assert self.contiguous
        return numpy.zeros(self.shape, self.dtype)


class Recorder:
    """In place of Numba's dispatcher: counts the launches, and looks at their arguments."""

    count: collections.Counter = collections.Counter()

    def __init__(self, kernel: Any):
        self.name = kernel.function.__name__

    def __getitem__(self, configuration: tuple) -> Any:
        blocks, threads, _ = configuration
        for size, limit in ((blocks, 2**31 - 1), (threads, 1024)):
            sizes = size if isinstance(size, tuple) else (size,)
            assert all(isinstance(n, int) and n >= 1 for n in sizes) and numpy.prod(sizes) <= limit, (self.name, size)
        return self.run

    def run(self, *arguments: Any) -> None:
        for x in arguments:
            assert isinstance(x, (Handle, int, float, bool, numpy.generic, tuple)), (self.name, type(x))
        Recorder.count[self.name] += 1


def pretend() -> None:
    """Let there be a GPU, whose memory is inaccessible, and whose driver agrees to everything."""
    from minigrad_kernels.cuda import array, graphs, launch, memory, runtime, streams, transfer

    runtime._gpu = runtime.Gpu((13, 0), "a GPU that is not there", (9, 0), RESERVED)
    memory._driver_memory = Pages().allocate
    memory._give_back = lambda: None
    array._device_array = Handle
    launch.Kernel.compiled = property(Recorder)
    graphs.call = streams.call = lambda name, *arguments: 1
    graphs.bindings = streams.bindings = MagicMock
    streams.Stream.handle = property(lambda stream: stream.address)  # type: ignore[assignment]
    transfer.synchronize = lambda: None


def arranged(x: numpy.ndarray) -> dict[str, Any]:
    """Arrays of the device with this shape: in order, and as views of other memory."""
    from minigrad_kernels.cuda.array import empty
    from minigrad_kernels.cuda.transfer import from_numpy

    turned, wide, backward, one = (
        empty(shape, x.dtype) for shape in (x.shape[::-1], (*x.shape, 2), x.shape, (1,) * x.ndim)
    )
    return {
        "in order": from_numpy(x),
        "transposed": turned.view(turned.layout.T),
        "every second": wide.view(wide.layout[..., 1]),
        "backward": backward.view(backward.layout[(..., *[slice(None, None, -1)] * x.ndim)]),
        "repeated": one.view(numpy.broadcast_to(one.layout, x.shape)),
    }


def kernels(errors: dict[str, str]) -> list[str]:
    """Call every entry of the device's table with its samples, in all arrangements."""
    from op_cases import CASES

    from minigrad_kernels.cuda.tables import TABLE

    ran = set()
    for label, case in CASES.items():
        name = case.op.name
        if name not in TABLE:
            continue
        for dtype in DTYPES:
            inputs = [arranged(x) if isinstance(x, numpy.ndarray) else x for x in case.arrays(dtype)]
            for way in ("in order", "transposed", "every second", "backward", "repeated"):
                if way == "repeated" and name in WRITING:
                    continue
                try:
                    TABLE[name](*(x[way] if isinstance(x, dict) else x for x in inputs), **case.parameters)
                    ran.add(name)
                except Exception as error:
                    errors[f"{label}, {dtype}, {way}"] = f"{type(error).__name__}: {error}"
    return sorted(ran)


WRITING = frozenset({"accumulate"})  # several elements cannot share a place that is written to


def sizes(errors: dict[str, str]) -> None:
    """What the host does otherwise for many elements, for none, and for one."""
    from minigrad_kernels.cuda.array import empty
    from minigrad_kernels.cuda.tables import TABLE

    many, row = (1 << 10, 3000), {"dim": -1}
    calls: list[tuple[str, list[tuple[int, ...]], dict[str, Any]]] = [
        *(("add", [shape, shape], {}) for shape in (many, (0, 3), ())),
        *(("sum", [shape], {"dim": None, "keepdim": False}) for shape in (many, (0, 3), (1, 1))),
        *(("softmax", [shape], row) for shape in (many, (0, 3), (3, 1), (2, 200_000))),
        *(("cumsum", [shape], row) for shape in (many, (0, 3), (3, 1), (1, 1 << 20))),
        *(("argsort", [shape], row) for shape in (many, (0, 3), (3, 1))),
        *(("argmax", [shape], row | {"keepdim": False}) for shape in (many, (3, 1))),
        *(("matmul", [(m, k), (k, n)], {}) for m, k, n in ((700, 600, 500), (1, 9000, 1), (0, 3, 2), (3, 0, 2))),
        ("matmul", [(70_000, 2, 3), (70_000, 3, 2)], {}),
        ("conv2d", [(8, 64, 56, 56), (128, 64, 3, 3)], {"stride": 1, "padding": 1}),
    ]
    for name, shapes, parameters in calls:
        for dtype in DTYPES:
            try:
                TABLE[name](*(empty(shape, dtype) for shape in shapes), **parameters)
            except Exception as error:
                errors[f"{name}{shapes}, {dtype}"] = f"{type(error).__name__}: {error}"


def fused(errors: dict[str, str]) -> None:
    """Generated kernels, in all arrangements, and the gradient rules that become such."""
    import fused_cases

    import minigrad
    from minigrad_kernels.cuda.fused import Fused

    for name, case in fused_cases.cases().items():
        inputs = [arranged(x) for x in case.inputs()]
        for way in ("in order", "transposed", "every second", "backward"):
            try:
                Fused(case.region)([x[way] for x in inputs], [0.5] * len(case.region.numbers))
            except Exception as error:
                errors[f"fused, {name}, {way}"] = f"{type(error).__name__}: {error}"
    for function in (minigrad.gelu, lambda x: minigrad.softmax(x, dim=-1), lambda x: x.std(dim=1)):
        x = minigrad.zeros(32, 300, device="cuda", requires_grad=True)
        function(x).sum().backward()


def training(errors: dict[str, str]) -> None:
    """Two steps of a network with each optimiser, its state saved and loaded."""
    import minigrad
    from minigrad import nn, optim

    for make in (
        *(optim.SGD, optim.Adam, optim.AdamW, optim.NAdam, optim.RAdam, optim.Adamax, optim.RMSprop, optim.Adagrad),
        *(optim.Adadelta, lambda p: optim.SGD(p, momentum=0.9)),
    ):
        try:
            model = nn.Sequential(
                *(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
                *(nn.Linear(16, 6), nn.LayerNorm(6), nn.Dropout(0.5), nn.Linear(6, 3)),
            ).to("cuda")
            optimizer = make(model.parameters())
            for _ in range(2):
                optimizer.zero_grad()
                z = model(minigrad.zeros(5, 1, 4, 4, device="cuda"))
                nn.functional.cross_entropy(z, minigrad.zeros(5, dtype="int64", device="cuda")).backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
            optimizer.load_state_dict(optimizer.state_dict())
            model.load_state_dict(model.state_dict())
        except Exception as error:
            errors[f"training, {make}"] = f"{type(error).__name__}: {error}"


def compiled(errors: dict[str, str]) -> int:
    """Steps that are captured, and launched all at once. Returns how many were."""
    import minigrad
    from minigrad import nn, optim

    captured = 0
    for make in (optim.Adam, lambda p: optim.SGD(p, momentum=0.9)):
        model = nn.Sequential(nn.Linear(16, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.5), nn.Linear(6, 3)).to(
            "cuda"
        )
        optimizer = make(model.parameters())

        @minigrad.compile
        def step(x: Any, y: Any, model: Any = model, optimizer: Any = optimizer) -> Any:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        try:
            for _ in range(4):
                step(minigrad.zeros(5, 16, device="cuda"), minigrad.zeros(5, dtype="int64", device="cuda"))
            _, trace = step.traces[-1]
            captured += trace.plan.graph is not None and trace.replays > 1
        except Exception as error:
            errors[f"compiled, {make}"] = f"{type(error).__name__}: {error}"
    return captured


def engine(errors: dict[str, str]) -> list[str]:
    """Every operation on tensors, its gradients, and theirs."""
    from op_cases import CASES, is_floating

    import minigrad

    ran = set()
    for label, case in CASES.items():
        if case.op.name == "transfer":  # its sample goes from the CPU to the CPU
            continue
        inputs = tuple(
            minigrad.tensor(x, device="cuda", requires_grad=is_floating(x)) if isinstance(x, numpy.ndarray) else x
            for x in case.arrays("float32")
        )
        leaves = [x for x in inputs if isinstance(x, minigrad.Tensor) and x.requires_grad]
        try:
            z = case(inputs)
            repr(z)
            if z.requires_grad:
                first = minigrad.autograd.grad(z, leaves, minigrad.ones_like(z), create_graph=True, allow_unused=True)
                recorded = [g for g in first if g is not None and g.requires_grad]
                if recorded:
                    minigrad.autograd.grad(
                        recorded, leaves, [minigrad.ones_like(g) for g in recorded], allow_unused=True
                    )
            ran.add(case.op.name)
        except Exception as error:
            errors[f"{label}, engine"] = f"{type(error).__name__}: {error}"
    return sorted(ran)


def reading_crashes() -> bool:
    """Whether this guards anything: a process that does read an element must die of it."""
    from minigrad_kernels.cuda.array import empty

    child = os.fork()
    if child == 0:
        faulthandler.disable()
        empty((4,), "float32").layout.sum()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main() -> None:
    faulthandler.enable()
    pretend()
    errors: dict[str, str] = {}
    report = {"crashes": reading_crashes(), "kernels": kernels(errors), "engine": engine(errors)}
    sizes(errors)
    fused(errors)
    training(errors)
    report["captured"] = compiled(errors)
    json.dump(report | {"errors": errors, "launches": dict(Recorder.count)}, sys.stdout)


if __name__ == "__main__":
    main()
