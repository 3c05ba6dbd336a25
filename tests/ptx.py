"""Compiles every kernel to PTX, NVIDIA's assembly, without a GPU: `python tests/ptx.py 0 2` for the first of two halves.

A process either simulates CUDA or compiles for it, and the tests simulate, so this runs in one of its own and prints JSON.
Every operation is called with its samples, on device memory that is the computer's and with launches that run nothing: each
is taken down with the types of its arguments, and compiled for these. To them come the types that kernels declare. What
differs from these in nothing but the order of elements, or says in float64 once more what is said already, is left out.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import sys
import tempfile
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy

CAPABILITIES = {"sm_80": (8, 0), "sm_90": (9, 0)}
FUSED = [(name, "float32") for name in ("chosen", "repeated", "rows in planes", "columns over two axes", "both, long")]
FUSED += [("long rows", "float64")]
# Operations that are compiled in float64 as well: what generated kernels call, and reductions that declare no types.
IN_FLOAT64 = {
    *(
        "add",
        "pow",
        "exp",
        "log1p",
        "sin",
        "tanh",
        "erf",
        "gelu",
        "softplus",
        "maximum",
        "where",
        "cast",
        "cross_entropy",
    ),
    *("var", "norm", "argmax", "logsumexp", "cumprod", "logcumsumexp"),
}
DOUBLE = re.compile(r"^\s*(?:@\S+\s+)?\w[\w.]*\.f64\b.*$", re.MULTILINE)


class Task(NamedTuple):
    """A kernel for certain types of its arguments, and what asks for it: an operation, or the kernel's declaration."""

    kernel: Any
    types: tuple
    asked_by: str

    @property
    def name(self) -> str:
        """Its file and its name; generated kernels, which stand in no file, are known by their operation."""
        file = self.kernel.function.__globals__.get("__name__")
        return (
            f"{file.rpartition('.')[2]}.{self.kernel.function.__name__}" if file else f"generated for {self.asked_by}"
        )

    @property
    def single(self) -> bool:
        """Whether it computes with arrays of float32, and none of float64."""
        dtypes = {str(x.dtype) for x in self.types if hasattr(x, "dtype")}
        return "float32" in dtypes and "float64" not in dtypes

    @property
    def double(self) -> bool:
        """Whether it computes with arrays of float64, and none of float32."""
        dtypes = {str(x.dtype) for x in self.types if hasattr(x, "dtype")}
        return "float64" in dtypes and "float32" not in dtypes


def load() -> dict[str, str]:
    """Import all files with kernels, so that they are registered. Returns those that cannot be, with the error."""
    import minigrad_kernels.cuda as folder

    errors = {}
    for module in pkgutil.iter_modules(folder.__path__):
        if not module.ispkg:  # the simulator, and what it traces
            try:
                importlib.import_module(f"{folder.__name__}.{module.name}")
            except Exception as error:
                errors[module.name] = f"{type(error).__name__}: {error}"
    return errors


def tasks() -> tuple[list[Task], dict[str, str]]:
    """What to compile, each once and always in the same order; and the operations that raised an error, with it."""
    from numba.cuda.core.sigutils import normalize_signature

    from minigrad_kernels.cuda.launch import KERNELS

    errors = load()
    launched = launches(errors)
    declared = []
    for kernel in KERNELS:
        for text in kernel.signatures:
            try:
                declared.append(Task(kernel, normalize_signature(text)[0], "its declaration"))
            except Exception as error:
                errors[f"{kernel.__module__}.{kernel.__name__}: {text}"] = f"{type(error).__name__}: {error}"
    found: dict[Any, Task] = {}
    for task in declared:
        found.setdefault(identity(task), task)
    known = {(task.kernel.function, unordered(task.types)) for task in found.values()}
    for task in launched + fused():
        if (task.kernel.function, unordered(task.types)) not in known:
            found.setdefault((task.kernel.function, task.types), task)
    return list(found.values()), errors


def identity(task: Task) -> Any:
    """What tells a declaration from others. Of those that are equal, one will do.

    Kernels made in several sizes, or for several orders of elements, have one name: in float64 the first of them stands for
    all. And where a kernel is compiled for float32, one of its file stands for the others that take whole numbers too.
    """
    if task.double:
        return task.name
    if not task.single and any("float32" in text for text in task.kernel.signatures):
        return task.name.partition(".")[0]
    return task.kernel.function, task.types


def unordered(types: tuple) -> tuple:
    """The types without the order of elements: those of arrays as the type and the number of dimensions."""
    return tuple((x.dtype, x.ndim) if hasattr(x, "ndim") else x for x in types)


def launches(errors: dict[str, str]) -> list[Task]:
    """The launches of every operation with its samples, in float32; of some with the first of them in float64 too.

    What an operation raises is added to `errors`.
    """
    from op_cases import CASES

    from minigrad_kernels.cuda import array, launch, memory, runtime
    from minigrad_kernels.cuda.tables import TABLE

    runtime._gpu = runtime.Gpu((13, 0), "a GPU that is not there", (9, 0), 1 << 30)
    found: list[Task] = []
    name = ""

    def computer_memory(size: int) -> tuple[Any, int]:
        block = numpy.zeros(size, numpy.uint8)
        return block, block.ctypes.data

    def take_down(kernel: Any, blocks: Any, threads: Any, arguments: tuple) -> None:
        found.append(Task(kernel, tuple(type_of(x) for x in arguments), name))

    memory._driver_memory = computer_memory
    array._device_array = Handle
    launch.Kernel.launch = take_down
    for label, case in CASES.items():
        if case.op.name not in TABLE:
            continue
        first, name = case.op.name != name, case.op.name
        for dtype in ("float32", "float64") if first and name in IN_FLOAT64 else ("float32",):
            inputs = tuple(there(x) for x in case.arrays(dtype))
            try:
                TABLE[name](*inputs, **case.parameters)
            except Exception as error:
                errors[f"{label}, {dtype}"] = f"{type(error).__name__}: {error}"
    name = "one element, repeated once"
    one = there(numpy.ones((), numpy.float32))
    for label in ("mul", "tanh", "sum"):
        inputs = (one.view(numpy.lib.stride_tricks.as_strided(one.layout, (1,), (0,))),) * (2 if label == "mul" else 1)
        try:
            TABLE[label](*inputs)
        except Exception as error:
            errors[f"{name}, {label}"] = f"{type(error).__name__}: {error}"
    name = "a compiled step"
    compiled_steps(errors)
    return found


def compiled_steps(errors: dict[str, str]) -> None:
    """Steps of `minigrad.compile`, whose kernels are generated: with each formula of an optimiser, and a cell of an LSTM."""
    import minigrad
    from minigrad import nn, optim

    for make in (
        lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
        lambda p: optim.AdamW(p, amsgrad=True, maximize=True),
        lambda p: optim.RMSprop(p, momentum=0.5, centered=True),
        *(optim.NAdam, optim.RAdam, optim.Adamax, optim.Adagrad, optim.Adadelta),
    ):
        model = nn.LSTMCell(3, 3) if make is optim.NAdam else nn.Linear(3, 3)
        optimizer = make(model.to("cuda").parameters())

        def step(x: Any, model: Any = model, optimizer: Any = optimizer) -> Any:
            z = model(x)
            (z[0] if isinstance(z, tuple) else z).tanh().square().mean().backward()
            optimizer.step()

        try:
            compiled = minigrad.compile(step)
            compiled(minigrad.zeros(2, 3, device="cuda"))
            ((_, trace),) = compiled.traces
            if trace.breaks:
                raise AssertionError(trace.breaks)
        except Exception as error:
            errors[f"compiled, {type(optimizer).__name__}"] = f"{type(error).__name__}: {error}"


def fused() -> list[Task]:
    """Some kernels of the generator, each sharing out its work in another way."""
    from fused_cases import cases
    from numba.cuda.core.sigutils import normalize_signature

    from minigrad_kernels.cuda.fused import Fused

    found = []
    for name, dtype in FUSED:
        kernel = Fused(cases(dtype)[name].region).compiled()
        found.append(Task(kernel, normalize_signature(kernel.signatures[0])[0], f"the generator: {name}"))
    return found


def kept() -> list[int]:
    """How often what is compiled of a generated kernel is found on disk: before it was compiled, and after."""
    import numba
    from fused_cases import cases
    from numba.cuda import codegen, dispatcher
    from numba.cuda.core.sigutils import normalize_signature

    from minigrad_kernels.cuda.fused import Fused
    from minigrad_kernels.cuda.launch import Kernel

    gpu = SimpleNamespace(device=SimpleNamespace(compute_capability=CAPABILITIES["sm_80"]))
    codegen.devices = SimpleNamespace(get_context=lambda: gpu)
    dispatcher._Kernel.bind = lambda self: None  # would load it into the GPU
    kernel = Fused(cases()["whole"].region).compiled()
    hits = []
    with tempfile.TemporaryDirectory() as folder:
        numba.config.CACHE_DIR = folder
        for _ in range(2):
            anew = Kernel(kernel.function, (), ())
            anew.kept = kernel.kept
            anew.compiled.compile(normalize_signature(kernel.signatures[0])[0])
            hits.append(sum(anew.compiled.stats.cache_hits.values()))
    return hits


class Handle:
    """An array as it is copied to and from: in place of Numba's DeviceNDArray."""

    def __init__(self, x: Any):
        self.layout = x.layout

    def copy_to_device(self, x: numpy.ndarray, stream: Any = 0) -> None:
        self.layout[...] = x

    def copy_to_host(self, stream: Any = 0) -> numpy.ndarray:
        return self.layout.copy()


def there(x: Any) -> Any:
    """A NumPy array as one of the device."""
    from minigrad_kernels.cuda.array import empty

    if not isinstance(x, numpy.ndarray):
        return x
    z = empty(x.shape, x.dtype)
    z.layout[...] = x
    return z


def type_of(x: Any) -> Any:
    """The type that Numba's dispatcher sees: as that of its own arrays on a device, DeviceNDArray._numba_type_."""
    from numba.cuda import types
    from numba.cuda.np.numpy_support import from_dtype
    from numba.cuda.typing.typeof import typeof

    from minigrad_kernels.cuda.array import Array

    if not isinstance(x, Array):
        return typeof(x)
    flags, repeats = x.layout.flags, 0 in x.told_strides and x.size
    order = "A" if repeats else "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"
    return types.Array(from_dtype(x.dtype), x.ndim, order)


def assemble(task: Task) -> dict[str, Any]:
    """Compile one. Python becomes NVVM's language once, and that becomes PTX for each generation of GPUs.

    What computes in float64 differs between them in nothing that it does not in float32, so there one will do.
    """
    from numba.cuda.compiler import _compile_pyfunc_with_fixup

    report: dict[str, Any] = {"name": task.name, "types": str(task.types), "asked_by": task.asked_by}
    report["single"] = task.single
    try:
        library, _ = _compile_pyfunc_with_fixup(
            task.kernel.function, task.types, device=False, abi="numba", cc=CAPABILITIES["sm_80"]
        )
        for target, capability in [*CAPABILITIES.items()][: 1 if task.double else None]:
            text = library.get_asm_str(cc=capability)
            report[target] = {
                "target": re.findall(r"^\.target (\w+)", text, re.MULTILINE),
                "entries": len(re.findall(r"\.entry ", text)),
                "doubles": [line.strip() for line in DOUBLE.findall(text)],
                "local": len(re.findall(r"\b(?:ld|st)\.local\b", text)),
                "by_fours": len(re.findall(r"\bld\.shared\.v4\b", text)),
            }
    except Exception as error:
        report["error"] = f"{type(error).__name__}: {error}"
    return report


def main(part: int, parts: int) -> None:
    from numba.cuda import dispatcher

    # Numba asks which GPU there is before it types a function that kernels call; NVVM is told later what it is for.
    dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=CAPABILITIES["sm_80"])
    found, errors = tasks()
    kernels = [assemble(task) for task in found[part::parts]]
    json.dump({"errors": errors, "kernels": kernels, "kept": kept() if part == 0 else None}, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
