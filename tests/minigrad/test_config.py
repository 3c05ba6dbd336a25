"""What `show_config` says of the machine, and the advice it gives."""

import importlib.metadata
import sys

import numpy as np
import pytest

import minigrad
from minigrad.config import Config, show_config
from minigrad_kernels.cuda import runtime


def test_what_it_shows(monkeypatch):
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    monkeypatch.delenv("OPENBLAS_L2_SIZE", raising=False)
    config = minigrad.show_config()
    text = repr(config)
    for package in ("numpy", "numba", "llvmlite"):
        assert config.sections["versions"][package] == importlib.metadata.version(package)
    assert config.sections["versions"]["minigrad"] == minigrad.__version__
    assert str(minigrad.get_num_threads()) in config.sections["threads"]["minigrad"]
    assert "kernel" in text
    assert "threads" in str(config.sections["BLAS, for products of matrices"])
    assert config.advice == []
    assert max(map(len, text.splitlines())) < 200


def test_an_inherited_setting_of_blas_is_worth_a_line(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    (line,) = [line for line in repr(show_config()).splitlines() if line.startswith("advice")]
    assert "OPENBLAS_CORETYPE=Haswell" in line
    assert "env -u OPENBLAS_CORETYPE" in line


def test_more_threads_in_blas_than_processors_is_worth_a_line(monkeypatch):
    np.ones((2, 2)) @ np.ones((2, 2))
    monkeypatch.setattr("minigrad_kernels.threads.available", lambda: 0)
    assert "set_num_threads" in show_config().advice[0]


def test_nowhere_to_keep_kernels_is_worth_a_line(monkeypatch):
    monkeypatch.setattr("minigrad.config.cache_folder", lambda: None)
    assert "NUMBA_CACHE_DIR" in show_config().advice[-1]


def test_without_numba_and_threadpoolctl(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    config = show_config()
    assert len(config.advice) == 2
    assert config.sections["compiled kernels"].keys() == {"backend"}
    with pytest.raises(ImportError):
        importlib.import_module("threadpoolctl")
    minigrad.set_num_threads(minigrad.get_num_threads())  # ours alone


def test_a_gpu_is_named(monkeypatch):
    found = runtime.Gpu((13, 0), "NVIDIA H200", (9, 0), 141 << 30)
    monkeypatch.setattr(runtime, "_gpu", found)
    monkeypatch.setattr(runtime, "_simulating", False)
    table = show_config().sections["CUDA"]
    assert table["kernels run on"] == "NVIDIA H200, compute capability 9.0, 141.0 GiB"
    assert table["driver"] == "for CUDA 13.0"


def test_what_cuda_lacks_is_said_with_how_to_get_it(monkeypatch):
    error = runtime.CudaUnavailable(
        "No driver.", got="nothing", expected="one", hint=f"install it; or {runtime.SIMULATE}"
    )
    monkeypatch.setattr(runtime, "_gpu", None)
    monkeypatch.setattr(runtime, "_simulating", False)
    monkeypatch.setattr(runtime, "unavailable", lambda: error)
    table = show_config().sections["CUDA"]
    assert list(table.values())[:5] == ["nothing. No driver.", "nothing", "one", "install it", runtime.SIMULATE]


def test_the_simulator_is_named(monkeypatch):
    monkeypatch.setattr(runtime, "_simulating", True)
    assert "simulator" in show_config().sections["CUDA"]["kernels run on"]


def test_the_size_of_the_cache_and_of_the_pool(tmp_path, monkeypatch):
    (tmp_path / "map.exp.nbc").write_bytes(b"x" * 3000)
    (tmp_path / "map.exp.nbi").write_bytes(b"x" * 1000)
    (tmp_path / "readme.txt").write_bytes(b"x" * 5000)
    monkeypatch.setattr("minigrad.config.cache_folder", lambda: tmp_path)
    assert show_config().sections["compiled kernels"]["size"] == "2 files, 4 KiB"
    array = minigrad.get_device("cpu").empty((1 << 20,), np.dtype(np.float32))
    assert "MiB" in show_config().sections["memory for large results"]["in use"]
    del array


def test_in_a_notebook_it_is_a_table():
    page = Config({"<b>": {"a & b": "<script>"}}, ['say "no"'])._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "a &amp; b" in page
    assert page.count("<tr>") == 2
    assert "Advice: say &quot;no&quot;" in page
