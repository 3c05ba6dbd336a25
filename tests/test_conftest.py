"""The rule of tests/conftest.py: in CI, a skip that is not on the short list fails the run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ALLOWED = """
import pytest
@pytest.mark.skip(reason="needs a CUDA GPU: this machine has none")
def test_listed(): pass
@pytest.mark.xfail(strict=True)
def test_expected(): assert False
def test_passes(): pass
"""
REFUSED = """
import pytest
@pytest.mark.skip(reason="later")
def test_marked(): pass
def test_called(): pytest.skip("not today")
"""
REFUSED_MODULE = 'import pytest\npytest.importorskip("a_package_that_nobody_has")\n'


def run_in_ci(folder: Path, workers: int, **files: str) -> subprocess.CompletedProcess[str]:
    """Run ``files`` with the project's conftest.py as a CI run would, in a process of its own."""
    for name in ("conftest.py", "chromium.py", "browsing.py"):
        (folder / name).write_bytes((Path(__file__).parent / name).read_bytes())
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\n", encoding="utf-8")
    for name, body in files.items():
        (folder / f"{name}.py").write_text(body, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "xdist", f"--numprocesses={workers}"]
    environment = {**os.environ, "CI": "true", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("workers", [0, 1])
def test_ci_accepts_listed_skips_and_expected_failures(workers: int, tmp_path: Path) -> None:
    run = run_in_ci(tmp_path, workers, test_allowed=ALLOWED)
    assert run.returncode == pytest.ExitCode.OK, run.stdout


@pytest.mark.parametrize("workers", [0, 1])
def test_ci_fails_on_any_other_skip_and_prints_its_reason(workers: int, tmp_path: Path) -> None:
    run = run_in_ci(tmp_path, workers, test_allowed=ALLOWED, test_refused=REFUSED, test_module=REFUSED_MODULE)
    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout
    listed = run.stdout.partition("which CI does not allow")[2]
    assert "test_marked: later" in listed
    assert "test_called: not today" in listed
    assert "a_package_that_nobody_has" in listed
    assert "test_listed" not in listed and "test_expected" not in listed
