"""Whatever may be missing for CUDA is said, with how to get it; and nothing else depends on any of it."""

import enum
import subprocess
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

import numba
import pytest

from minigrad_kernels.cuda import runtime


class Result(enum.IntEnum):
    """Some of what the driver's functions answer first, with NVIDIA's numbers (cuda.h, enum CUresult)."""

    CUDA_SUCCESS = 0
    CUDA_ERROR_NO_DEVICE = 100
    CUDA_ERROR_SYSTEM_DRIVER_MISMATCH = 803


class Driver:
    """Answers as the functions of `cuda.bindings.driver` do, about a machine that a test describes."""

    CUdevice_attribute = SimpleNamespace(
        CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR=0, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR=1
    )

    def __init__(self, version=13000, start=Result.CUDA_SUCCESS, capability=(9, 0), name="NVIDIA H200"):
        self.version, self.start, self.capability, self.name = version, start, capability, name

    def cuDriverGetVersion(self):
        if self.version is None:
            raise RuntimeError('"cuda" is an NVIDIA driver library and can only be found via system search.')
        return Result.CUDA_SUCCESS, self.version

    def cuInit(self, flags):
        return (self.start,)

    def cuDeviceGet(self, index):
        return Result.CUDA_SUCCESS, index

    def cuDeviceGetAttribute(self, attribute, device):
        return Result.CUDA_SUCCESS, self.capability[attribute]

    def cuDeviceGetName(self, length, device):
        return Result.CUDA_SUCCESS, (self.name.encode() + b"\0").ljust(length)  # as the bindings do: the rest is spaces

    def cuDeviceTotalMem(self, device):
        return Result.CUDA_SUCCESS, 141 << 30


class Pathfinder(ModuleType):
    """Finds the toolkit's libraries, but for those that a test takes away."""

    def __init__(self, missing=()):
        super().__init__("cuda.pathfinder")
        self.missing = missing

    def load_nvidia_dynamic_lib(self, name):
        if name in self.missing:
            raise RuntimeError(f"Failure finding lib{name}.so")


@pytest.fixture
def machine(monkeypatch):
    """A function that says what is installed; afterwards `runtime` knows nothing yet, as in a new process."""
    monkeypatch.setattr(runtime, "_simulating", False)
    monkeypatch.setattr(runtime, "_gpu", None)
    monkeypatch.setattr(numba.config, "ENABLE_CUDASIM", 0)
    monkeypatch.setattr(sys, "platform", "linux")

    def install(driver=None, *, missing=(), toolkit="13.0.1"):
        bindings = ModuleType("cuda.bindings")
        bindings.__version__ = toolkit
        numba_cuda = ModuleType("numba_cuda")
        numba_cuda.__spec__ = ModuleSpec("numba_cuda", None)
        modules = {
            "numba_cuda": numba_cuda,
            "cuda.bindings": bindings,
            "cuda.bindings.driver": driver or Driver(),
            "cuda.pathfinder": Pathfinder(missing),
        }
        for name, module in modules.items():
            monkeypatch.setitem(sys.modules, name, None if name in missing else module)

    return install


def test_with_all_that_is_needed_the_gpu_is_told(machine) -> None:
    machine()
    assert runtime.unavailable() is None
    assert runtime.gpu() == ((13, 0), "NVIDIA H200", (9, 0), 141 << 30)


STATES = {
    "no numba-cuda": ({"missing": ["numba_cuda"]}, "without the package numba-cuda", 'pip install "minigrad[cuda]"'),
    "no bindings": ({"missing": ["cuda.bindings.driver"]}, "without cuda-bindings", 'pip install "minigrad[cuda]"'),
    "no compiler": ({"missing": ["nvvm"]}, "without the library nvvm", 'pip install "minigrad[cuda]"'),
    "no driver": ({"driver": Driver(version=None)}, "no driver library", "install the driver"),
    "old driver": ({"driver": Driver(version=12080)}, "a driver for CUDA 12.8", '"numba-cuda[cu12]"'),
    "very old driver": ({"driver": Driver(version=11040)}, "a driver for CUDA 11.4", "update the driver"),
    "old driver for CUDA 12": ({"driver": Driver(version=11080), "toolkit": "12.9.2"}, "11.8", "update the driver"),
    "no GPU": ({"driver": Driver(start=Result.CUDA_ERROR_NO_DEVICE)}, "no GPU", "docker run --gpus all"),
    "broken": ({"driver": Driver(start=Result.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH)}, "MISMATCH (error 803)", "restart"),
    "old GPU": ({"driver": Driver(capability=(7, 0), name="Tesla V100")}, "Tesla V100, compute capability 7.0", "7.5"),
}


@pytest.mark.parametrize("state", STATES)
def test_each_thing_that_is_missing_has_a_message_of_its_own(machine, state) -> None:
    found, got, help = STATES[state]
    machine(**found)
    with pytest.raises(runtime.CudaUnavailable) as error:
        runtime.require()
    assert got in error.value.got
    assert help in error.value.expected + error.value.hint
    assert error.value.hint.endswith(f"or {runtime.SIMULATE}")
    assert runtime.gpu() is None


def test_each_state_says_what_happened_in_other_words(machine) -> None:
    words = set()
    for found, *_ in STATES.values():
        machine(**found)
        words.add(str(runtime.unavailable()))
    assert len(words) == len(STATES)


def test_a_driver_for_cuda_12_is_enough_for_its_toolkit(machine) -> None:
    machine(Driver(version=12080, capability=(6, 1)), toolkit="12.9.2")
    assert runtime.unavailable() is None


def test_an_environment_that_hides_the_gpu_is_named(machine, monkeypatch) -> None:
    machine(Driver(start=Result.CUDA_ERROR_NO_DEVICE))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    error = runtime.unavailable()
    assert "CUDA_VISIBLE_DEVICES=''" in error.got and "without CUDA_VISIBLE_DEVICES" in error.hint


def test_macos_is_told_that_there_is_no_cuda(machine, monkeypatch) -> None:
    machine(missing=["numba_cuda"])
    monkeypatch.setattr(sys, "platform", "darwin")
    error = runtime.unavailable()
    assert "macOS" in error.what and error.hint == runtime.SIMULATE


def test_without_numba_not_even_the_simulator_runs(machine, monkeypatch) -> None:
    machine()
    monkeypatch.setitem(sys.modules, "numba", None)
    for use in (runtime.require, runtime.simulate):
        with pytest.raises(runtime.CudaUnavailable, match=r"numba\[?|minigrad\[numba\]"):
            use()


def test_numbas_own_setting_chooses_the_simulator(machine, monkeypatch) -> None:
    machine(missing=["numba_cuda"])
    monkeypatch.setattr(numba.config, "ENABLE_CUDASIM", 1)
    runtime.require()
    assert runtime.simulating()


def test_after_a_gpu_was_used_nothing_is_simulated(machine, monkeypatch) -> None:
    monkeypatch.delitem(sys.modules, "numba.cuda.simulator")
    with pytest.raises(runtime.CudaUnavailable, match="restart Python"):
        runtime.simulate()
    assert not runtime.simulating()


def test_where_numbas_part_for_cuda_is_broken_the_cpu_trains() -> None:
    code = """
import sys

class Broken:  # whatever belongs to CUDA cannot be imported
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("numba.cuda", "cuda")):
            raise ImportError(f"{name} is broken")

sys.meta_path.insert(0, Broken())
import minigrad
minigrad.backend("numba")
model = minigrad.nn.Sequential(minigrad.nn.Linear(4, 8), minigrad.nn.Tanh(), minigrad.nn.Linear(8, 1))
optimizer = minigrad.optim.SGD(model.parameters(), lr=0.1)
x = minigrad.randn(16, 4)
losses = []
for _ in range(3):
    loss = (model(x) - x.sum(1, keepdim=True)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
assert losses[2] < losses[0], losses
minigrad.show_config()
try:
    minigrad.zeros(2, device="cuda")
except minigrad.errors.DeviceError as error:
    assert error.hint, error
else:
    raise AssertionError("there is no CUDA here")
from minigrad_kernels.cuda import runtime
try:
    runtime.simulate()
except runtime.CudaUnavailable as error:
    assert "numba.cuda is broken" in str(error), error
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
