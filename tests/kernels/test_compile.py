"""When Numba is imported, what is compiled, what is said about it, and where it is kept."""

import os
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from minigrad_kernels.cpu import compile as compiling
from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.entries import KERNELS
from minigrad_kernels.cpu.warm import main, warm

FLOAT32 = np.dtype("float32")


def run(program: str, **environment: str) -> subprocess.CompletedProcess:
    """Run the program in a fresh process."""
    finished = subprocess.run(
        [sys.executable, "-W", "always", "-c", textwrap.dedent(program)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr
    return finished


def test_numba_is_imported_by_the_first_large_call():
    run("""
        import sys
        import numpy as np
        from minigrad_kernels.cpu import ALWAYS
        from minigrad_kernels.cpu import BY_SIZE

        assert "numba" not in sys.modules
        for name in ("exp", "sum", "amax"):
            BY_SIZE[name](np.ones(16, np.float32))
        assert "numba" not in sys.modules
        BY_SIZE["exp"](np.ones(100_000, np.float32))
        assert "numba" in sys.modules
    """)


def test_without_numba_everything_stays_with_numpy_silently():
    finished = run("""
        import sys
        sys.modules["numba"] = None  # what `import numba` then raises is ImportError

        import numpy as np
        from minigrad_kernels.cpu import BY_SIZE
        from minigrad_kernels.cpu.warm import warm
        from minigrad_kernels.numpy import TABLE

        x = np.linspace(-2, 2, 40_000, dtype=np.float32).reshape(200, 200)
        for name in ("exp", "tanh", "sigmoid", "erf", "relu", "sum", "mean", "amax", "amin", "var"):
            np.testing.assert_array_equal(BY_SIZE[name](x), TABLE[name](x))
        for name in ("softmax", "log_softmax", "logsumexp"):
            np.testing.assert_array_equal(BY_SIZE[name](x, dim=1), TABLE[name](x, dim=1))
        np.testing.assert_array_equal(BY_SIZE["where"](x > 0, x, 0.0), TABLE["where"](x > 0, x, 0.0))
        target = np.zeros(200, np.int64)
        assert BY_SIZE["cross_entropy"](x, target) == TABLE["cross_entropy"](x, target)
        assert BY_SIZE["mse_loss"](x, x + 1) == TABLE["mse_loss"](x, x + 1)
        w = x.copy()
        parameters = dict(lr=0.5, momentum=0, dampening=0, weight_decay=0, nesterov=False, first=True)
        BY_SIZE["sgd_update"](w, x, None, **parameters)
        np.testing.assert_array_equal(w, x - np.float32(0.5) * x)
        assert warm(["exp"]) == {}
    """)
    assert finished.stdout == finished.stderr == ""


def test_a_wait_is_announced_and_a_short_one_is_not(capsys, monkeypatch):
    monkeypatch.delenv("MINIGRAD_QUIET", raising=False)
    with compiling.announced("compiling x", after=0.01):
        time.sleep(0.1)
    assert capsys.readouterr().err == "minigrad: compiling x\n"
    with compiling.announced("compiling x", after=0.2):
        pass
    time.sleep(0.3)
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("MINIGRAD_QUIET", "1")
    with compiling.announced("compiling x", after=0.01):
        time.sleep(0.1)
    assert capsys.readouterr().err == ""


def test_compiling_says_what_is_compiled_and_where_it_is_kept(tmp_path, monkeypatch):
    said, ready = [], []

    def announced(text, after=1.0):
        said.append(text)
        ready.append(compiling._ready_the_compiler.cache_info().currsize)
        return compiling.contextlib.nullcontext()

    compiling._ready_the_compiler.cache_clear()

    monkeypatch.setattr(compiling, "announced", announced)
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path))
    run = Loop("map", "relu")[FLOAT32]
    assert said[0].startswith("loading Numba")
    assert said[1].startswith(f"compiling relu for float32 (once; cached in {tmp_path}")
    assert ready == [0, 1]  # what is said to be compiling is not Numba getting ready
    assert list(tmp_path.glob("*/lift.relu-*.nbc"))
    assert sum(run.stats.cache_misses.values()) == 1


def test_a_second_process_finds_the_loops_on_disk(tmp_path):
    """Lifted loops too, whose closures Numba by itself takes for new functions in each process."""
    program = """
        import numpy as np
        from minigrad_kernels.cpu.compile import Loop
        for module, name in (("map", "relu"), ("reduce", "sum_rows")):
            stats = Loop(module, name)[np.dtype("float32")].stats
            print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
    """
    assert run(program, NUMBA_CACHE_DIR=str(tmp_path)).stdout.split() == ["0", "1"] * 2
    assert run(program, NUMBA_CACHE_DIR=str(tmp_path)).stdout.split() == ["1", "0"] * 2


def test_a_changed_source_is_compiled_anew(tmp_path, monkeypatch):
    """Also where the change is in another file than the loop's, such as that of its scalar function."""
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path))

    def hits():
        return sum(Loop("map", "relu")[FLOAT32].stats.cache_hits.values())

    assert hits() == 0
    assert hits() == 1
    monkeypatch.setattr(compiling, "_sources", lambda module: "changed")
    assert hits() == 0


def test_loops_that_share_a_text_are_not_mixed_up(tmp_path, monkeypatch):
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path))
    x = np.array([-1.0, 2.0], np.float32)
    for name, expected in [("relu", [0, 2]), ("tanh", np.tanh(x)), ("relu", [0, 2])]:
        z = np.empty_like(x)
        Loop("map", name)[FLOAT32](x, z)
        np.testing.assert_allclose(z, expected, rtol=1e-6)


def test_nowhere_to_keep_loops_is_one_warning(monkeypatch):
    """A read-only installation: the loops work, and the reader is told once what to do."""

    def refuse(locator):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("numba.core.caching._CacheLocator.ensure_cache_path", refuse)
    monkeypatch.setattr(compiling, "_warned", [])
    with pytest.warns(UserWarning, match="(?s)cannot be kept on disk.*NUMBA_CACHE_DIR") as caught:
        runs = [Loop("map", name)[FLOAT32] for name in ("relu", "exp")]
    assert len(caught) == 1
    x, z = np.array([-1.0, 2.0], np.float32), np.empty(2, np.float32)
    runs[0](x, z)
    np.testing.assert_array_equal(z, [0, 2])


def test_a_full_disk_is_one_warning(tmp_path, monkeypatch):
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compiling, "_warned", [])

    def full(cache, name, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile._save_data", full)
    with pytest.warns(UserWarning, match="No space left on device"):
        Loop("map", "relu")[FLOAT32]


@pytest.mark.parametrize("ending", [".nbi", ".nbc"])
@pytest.mark.parametrize("damage", [lambda whole: b"", lambda whole: whole[: len(whole) // 2], lambda whole: b"what?"])
def test_a_damaged_file_is_written_anew(ending, damage, tmp_path, monkeypatch):
    """Cut short by a crash or a full disk: the loop is compiled again, and found the next time."""
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path))
    Loop("map", "relu")[FLOAT32]
    (file,) = tmp_path.rglob(f"*{ending}")
    file.write_bytes(damage(file.read_bytes()))
    x, z = np.array([-1.0, 2.0], np.float32), np.empty(2, np.float32)
    for hits in (0, 1):
        run = Loop("map", "relu")[FLOAT32]
        assert sum(run.stats.cache_hits.values()) == hits
        run(x, z)
        np.testing.assert_array_equal(z, [0, 2])


def test_the_folder_in_which_loops_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path))
    Loop("map", "relu")[FLOAT32]
    assert list(compiling.cache_folder().glob("*relu*.nbc"))


def test_another_dtype_is_an_error_and_not_a_surprise():
    x = np.ones(4)
    with pytest.raises(TypeError):
        Loop("map", "relu")[FLOAT32](x, x)
    assert Loop("map", "relu")[np.dtype("int64")] is None
    assert Loop("map", "relu")[np.dtype(">f4")] is None


def test_warm_returns_the_seconds_of_what_it_compiled():
    seconds = warm(["softmax", "relu", "matmul"])
    assert seconds.keys() == {"softmax", "relu"}
    assert all(0 <= spent < 60 for spent in seconds.values())
    assert warm(["relu"], dtypes=["float32", "float64"]).keys() == {"relu"}
    assert warm(["add"]) == {} and not KERNELS["add"].loops  # NumPy's, into memory from the pool


def test_warm_from_the_command_line(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["warm", "relu", "--dtypes", "float32", "float64"])
    main()
    assert capsys.readouterr().out.split()[0] == "relu"


def test_loops_of_different_processes_do_not_take_each_others_inner_functions(tmp_path):
    # Numba counts functions from 1 in each process, and two of the same name and number are one to the linker.
    program = """
        import numpy as np
        from minigrad_kernels.cpu.entries import KERNELS

        expected = {{"sum": [1, 6], "amax": [3, 5]}}
        x = np.array([[3, -2], [1, 5]], np.float32)
        for name in {}:
            assert KERNELS[name].call(x, dim=1, keepdim=False).tolist() == expected[name], name
    """
    for names in ["sum"], ["amax"], ["sum", "amax"]:
        run(program.format(names), NUMBA_CACHE_DIR=str(tmp_path))
