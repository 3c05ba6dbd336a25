"""Which CUDA there is: a GPU, Numba's simulator, or neither, and then what is missing and how to get it.

Nothing is asked before the device is first used. `simulate()` decides for the simulator; otherwise `require()` looks for
what a GPU needs, in the order in which one would install it: Numba, NVIDIA's compiler for it (the extra `cuda`), the driver,
a GPU. Whatever is missing ends in one error, and everything else goes on working.

Sources: NVIDIA, CUDA Toolkit 13.0 Release Notes (drivers from 580 on; no GPUs before Turing, compute capability 7.5);
CUDA Driver API, "Version Management" (cuDriverGetVersion) and "Initialization" (cuInit).
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

SIMULATE = "minigrad.cuda.simulate(), which runs the same kernels without a GPU (small examples only)"
# Toolkit: the oldest driver that starts what it compiles, and the oldest GPU it compiles for.
DRIVERS = {12: (12, 0), 13: (13, 0)}
RELEASES = {12: "525", 13: "580"}
CAPABILITIES = {12: (5, 0), 13: (7, 5)}
LIBRARIES = ("nvvm", "nvrtc", "nvJitLink")  # the compiler, what knows the GPUs it is for, and the linker


class CudaUnavailable(RuntimeError):
    """The device cannot be used: what happened, what was got and expected, and what to try."""

    def __init__(self, what: str, *, got: str | None = None, expected: str | None = None, hint: str | None = None):
        self.what, self.got, self.expected, self.hint = what, got, expected, hint
        parts = [what]
        parts += [f"  got:      {got}"] if got else []
        parts += [f"  expected: {expected}"] if expected else []
        parts += [f"  try:      {hint}"] if hint else []
        super().__init__("\n".join(parts))


class Gpu(NamedTuple):
    """The GPU that is used: the first that the driver shows.

    Attributes:
        driver: the newest CUDA that the driver knows, as (13, 0).
        name: as NVIDIA sells it.
        capability: the generation of its instructions, as (9, 0) for Hopper.
        memory: its size in bytes.
    """

    driver: tuple[int, int]
    name: str
    capability: tuple[int, int]
    memory: int


_simulating = False
_gpu: Gpu | None = None


def simulating() -> bool:
    """Whether kernels run in the simulator."""
    return _simulating


def simulate() -> None:
    """Run CUDA kernels in Numba's simulator, in this process, from now on.

    Errors: CudaUnavailable without Numba, or where `numba.cuda` was imported for a GPU already: Numba decides once.
    """
    global _simulating
    if _simulating:
        return
    _require_numba()
    if "numba.cuda" in sys.modules and "numba.cuda.simulator" not in sys.modules:
        raise CudaUnavailable(
            "CUDA can no longer be simulated in this process: numba.cuda was imported for a GPU.",
            got="minigrad.cuda.simulate() after the first use of CUDA",
            expected="minigrad.cuda.simulate() before anything imports numba.cuda",
            hint="restart Python (in a notebook: Kernel, Restart) and call minigrad.cuda.simulate() first",
        )
    import numba

    numba.config.ENABLE_CUDASIM = 1  # type: ignore[attr-defined]
    try:
        importlib.import_module("numba.cuda")
    except ImportError as error:
        numba.config.ENABLE_CUDASIM = 0  # type: ignore[attr-defined]
        raise CudaUnavailable(
            "Numba's part for CUDA, which also brings the simulator, cannot be imported.",
            got=f"{type(error).__name__}: {error}",
            expected="numba.cuda, of the package numba itself or of numba-cuda",
            hint='pip install --upgrade "minigrad[cuda]"; or pip uninstall numba-cuda, where there is no GPU',
        ) from error
    importlib.import_module("minigrad_kernels.cuda.simulator").install()
    _simulating = True


def require() -> None:
    """Make sure that kernels can run: at once where that is known, otherwise after looking.

    Who starts Python with Numba's own NUMBA_ENABLE_CUDASIM=1 gets the simulator.

    Errors: CudaUnavailable, which says what is missing.
    """
    global _gpu
    if _simulating or _gpu is not None:
        return
    _require_numba()
    import numba

    if numba.config.ENABLE_CUDASIM:  # type: ignore[attr-defined]
        simulate()
    else:
        toolkit, driver = _require_toolkit()
        _gpu = _find_gpu(toolkit, driver)


def unavailable() -> CudaUnavailable | None:
    """Why kernels cannot run here, or None where they can."""
    try:
        require()
    except CudaUnavailable as error:
        return error
    return None


def gpu() -> Gpu | None:
    """The GPU in use; None in the simulator, and before `require()` has found one."""
    return _gpu


def versions() -> dict[str, str]:
    """Of NVIDIA's packages, those that are installed."""
    found = {}
    for name in ("numba-cuda", "cuda-bindings", "cuda-toolkit", "nvidia-nvvm"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _require_numba() -> None:
    if importlib.util.find_spec("numba") is None:
        raise CudaUnavailable(
            "CUDA kernels are compiled by Numba, which is not installed.",
            got=f"Python at {sys.executable}, without the package numba",
            expected="numba 0.65 to 0.68",
            hint='pip install "minigrad[cuda]" for a GPU; pip install "minigrad[numba]" is enough for the simulator, '
            "minigrad.cuda.simulate()",
        )


def _require_toolkit() -> tuple[int, Any]:
    """The major version of NVIDIA's toolkit, and the module of the driver's functions, none of which was called yet."""
    if importlib.util.find_spec("numba_cuda") is None:
        raise _without_extra("Numba without the package numba-cuda")
    try:
        bindings = importlib.import_module("cuda.bindings")
        driver = importlib.import_module("cuda.bindings.driver")
        pathfinder = importlib.import_module("cuda.pathfinder")
    except ImportError as error:
        raise _without_extra(f"numba-cuda without cuda-bindings ({error})") from None
    for library in LIBRARIES:
        try:
            pathfinder.load_nvidia_dynamic_lib(library)
        except RuntimeError:
            raise _without_extra(f"numba-cuda without the library {library} of the CUDA toolkit") from None
    return int(bindings.__version__.split(".")[0]), driver


def _without_extra(got: str) -> CudaUnavailable:
    if sys.platform == "darwin":
        return CudaUnavailable(
            "NVIDIA makes no CUDA for macOS.", got="device='cuda' on macOS", expected="Linux or Windows", hint=SIMULATE
        )
    return CudaUnavailable(
        "What compiles kernels for a GPU is not installed.",
        got=got,
        expected="the extra cuda: numba-cuda with NVIDIA's compiler, about 230 MB to download",
        hint=f'pip install "minigrad[cuda]" (in the project\'s folder: make cuda); or {SIMULATE}',
    )


def _find_gpu(toolkit: int, driver: Any) -> Gpu:
    """The first GPU, if driver and GPU are new enough for the toolkit."""
    try:
        known = _ask(driver.cuDriverGetVersion())
    except RuntimeError as error:  # cuda.pathfinder found no libcuda.so.1, or nvcuda.dll
        if isinstance(error, CudaUnavailable):
            raise
        raise CudaUnavailable(
            "There is no NVIDIA driver on this machine.",
            got="no driver library (libcuda.so.1, on Windows nvcuda.dll)",
            expected=f"an NVIDIA GPU with a driver of version {RELEASES[toolkit]} or newer",
            hint=f"install the driver (https://www.nvidia.com/drivers), after which nvidia-smi lists the GPU; or {SIMULATE}",
        ) from None
    found = divmod(known // 10, 100)
    if found < DRIVERS[toolkit]:
        other = 'pip install "numba-cuda[cu12]" "cuda-bindings<13"; ' if toolkit > 12 and found >= DRIVERS[12] else ""
        raise CudaUnavailable(
            f"The NVIDIA driver is too old for CUDA {toolkit}.",
            got=f"a driver for CUDA {_dotted(found)}",
            expected=f"a driver for CUDA {_dotted(DRIVERS[toolkit])}: version {RELEASES[toolkit]} or newer",
            hint=f"update the driver (https://www.nvidia.com/drivers); {other}or {SIMULATE}",
        )
    state = driver.cuInit(0)[0]
    if state.name == "CUDA_ERROR_NO_DEVICE":
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        raise CudaUnavailable(
            "The NVIDIA driver shows no GPU.",
            got="no GPU" if visible is None else f"no GPU, with CUDA_VISIBLE_DEVICES={visible!r} in the environment",
            expected="at least one, as nvidia-smi lists them",
            hint=("" if visible is None else "start Python without CUDA_VISIBLE_DEVICES; ")
            + f"in a container, give it the GPU (docker run --gpus all …); or {SIMULATE}",
        )
    _ask((state,))
    first = _ask(driver.cuDeviceGet(0))
    kind = driver.CUdevice_attribute
    capability = (
        _ask(driver.cuDeviceGetAttribute(kind.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, first)),
        _ask(driver.cuDeviceGetAttribute(kind.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, first)),
    )
    name = _ask(driver.cuDeviceGetName(128, first)).partition(b"\0")[0].decode()  # what follows it is filled up
    if capability < CAPABILITIES[toolkit]:
        raise CudaUnavailable(
            f"The GPU is too old for CUDA {toolkit}.",
            got=f"{name}, compute capability {_dotted(capability)}",
            expected=f"compute capability {_dotted(CAPABILITIES[toolkit])} or newer",
            hint=f"another GPU, chosen by CUDA_VISIBLE_DEVICES=1 in the environment; or {SIMULATE}",
        )
    return Gpu(found, name, capability, _ask(driver.cuDeviceTotalMem(first)))


def _ask(answer: tuple) -> Any:
    """What a call of the driver answers, which comes after its state."""
    if answer[0] != 0:
        raise CudaUnavailable(
            "The NVIDIA driver does not start.",
            got=f"{answer[0].name} (error {int(answer[0])})",
            expected="CUDA_SUCCESS",
            hint=f"look whether nvidia-smi lists the GPU (after an update of the driver: restart the machine); or {SIMULATE}",
        )
    return answer[1] if len(answer) > 1 else None


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
