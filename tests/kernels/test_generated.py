"""Kernels made of a text that the program wrote: loaded once, kept on disk, and working where nothing can be kept."""

import inspect
import os
import subprocess
import sys

import numpy as np
import pytest

from minigrad_kernels.cpu import compile as compiling
from minigrad_kernels.cpu import generated

TEXT = """
from minigrad_kernels.cpu.compile import loop

@loop("void(T[::1], T[::1])")
def run(x, z):
    for i in range(x.size):
        z[i] = {factor} * x[i]
"""
FLOAT32 = np.dtype("float32")


def tripled(source: str) -> np.ndarray:
    module = generated.load("times", source)
    x, z = np.arange(3, dtype=np.float32), np.empty(3, np.float32)
    compiling.compile_loop(module.run, "times", FLOAT32)(x, z)
    return z


def test_a_text_becomes_one_module_with_a_file_that_shows_it(tmp_path, monkeypatch):
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path))
    generated.load.cache_clear()
    source = TEXT.format(factor=3)
    module = generated.load("times", source)
    assert generated.load("times", source) is module is sys.modules[module.__name__]
    assert inspect.getsource(module.run).strip() in source
    assert generated.load("times", TEXT.format(factor=2)) is not module
    np.testing.assert_array_equal(tripled(source), [0, 3, 6])


def test_a_second_process_finds_it_compiled(tmp_path):
    program = f"""if True:
        import numpy as np
        from minigrad_kernels.cpu import generated
        from minigrad_kernels.cpu.compile import compile_loop
        run = compile_loop(generated.load("times", {TEXT.format(factor=5)!r}).run, "times", np.dtype("float32"))
        print(sum(run.stats.cache_hits.values()))
    """
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    for hits in ("0", "1"):
        finished = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
        assert finished.stdout.strip() == hits, finished.stderr


def test_where_nothing_can_be_written_it_works_and_warns_once(monkeypatch):
    def refuse(locator):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("numba.core.caching._CacheLocator.ensure_cache_path", refuse)
    monkeypatch.setattr(compiling, "_warned", [])
    generated.load.cache_clear()
    with pytest.warns(UserWarning, match="cannot be kept on disk") as caught:
        np.testing.assert_array_equal(tripled(TEXT.format(factor=4)), [0, 4, 8])
    assert len(caught) == 1


def test_a_text_that_could_not_be_written_whole_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(unfinished, file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(generated.os, "replace", full)
    monkeypatch.setattr(compiling, "_warned", [True])
    generated.load.cache_clear()
    np.testing.assert_array_equal(tripled(TEXT.format(factor=6)), [0, 6, 12])
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".unfinished", ".py")]
