"""`minigrad.cuda` where there is no GPU: nothing is imported before it is asked for, and what is missing is said."""

import subprocess
import sys
from typing import Any

import pytest

import minigrad
from minigrad import device
from minigrad.errors import DeviceError
from minigrad_kernels.cuda import runtime


def test_nothing_is_imported_before_the_device_is_used() -> None:
    code = """
import sys
import minigrad
assert "minigrad.cuda" not in sys.modules
assert not minigrad.cuda.is_initialized() and minigrad.cuda.memory_allocated() == 0
assert {} == minigrad.cuda.memory_stats() or set(minigrad.cuda.memory_stats().values()) == {0}
minigrad.cuda.empty_cache()
x = minigrad.ones(2).to("cpu").cpu()
assert not x.is_cuda and "numba" not in sys.modules
minigrad.cuda.simulate()
y = (x.cuda() * 2).sum()
assert y.is_cuda and y.item() == 4 and minigrad.cuda.is_initialized()
assert minigrad.cuda.is_simulated() and "numba.cuda.simulator" in sys.modules
"""
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.fixture
def nothing_there(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A machine without CUDA, whatever this process has done before."""

    def require() -> None:
        raise runtime.CudaUnavailable("There is no NVIDIA driver.", got="none", expected="one", hint="install it")

    monkeypatch.setattr(runtime, "require", require)
    monkeypatch.setattr(device, "DEVICES", {"cpu": device.cpu})


@pytest.mark.usefixtures("nothing_there")
@pytest.mark.parametrize(
    "use",
    [
        lambda: minigrad.ones(2).to("cuda"),
        lambda: minigrad.ones(2).cuda(),
        lambda: minigrad.zeros(2, device="cuda"),
        lambda: minigrad.nn.Linear(2, 2).cuda(),
        lambda: minigrad.nn.Linear(2, 2, device="cuda"),
        lambda: minigrad.cuda.init(),
        lambda: minigrad.cuda.synchronize(),
        lambda: minigrad.cuda.get_device_name(),
    ],
)
def test_without_a_gpu_the_error_says_what_is_missing(use: Any) -> None:
    with pytest.raises(DeviceError, match=r"(?s)There is no NVIDIA driver.*try:      install it"):
        use()


@pytest.mark.usefixtures("nothing_there")
def test_without_a_gpu_it_can_be_asked_for() -> None:
    assert not minigrad.cuda.is_available() and minigrad.cuda.device_count() == 0
    reason = minigrad.cuda.why_unavailable()
    assert isinstance(reason, DeviceError) and reason.hint == "install it"


def test_another_device_is_told() -> None:
    with pytest.raises(DeviceError, match="No such device"):
        minigrad.cuda.memory_allocated("mps")
    with pytest.raises(DeviceError, match="These numbers are of a GPU"):
        minigrad.cuda.memory_allocated("cpu")
