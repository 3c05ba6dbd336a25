"""Every kernel becomes PTX without a GPU, for two generations of them (float64 for one); float32 stays float32."""

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
PROGRAM = ROOT / "tests" / "ptx.py"
PARTS = 2
# Operations that compute in float64 on float32 arrays, each with the reason.
IN_DOUBLE = {
    "sin": "libdevice reduces large angles by a multiple of π/2 that needs more than 24 bits",
    "cos": "the same",
    "tan": "the same",
}


def key() -> str:
    """Of what the PTX is made from."""
    written = [path for folder in ("kernels", "minigrad") for path in (ROOT / folder).glob("**/*.py")]
    sources = [path for path in written if "__pycache__" not in path.parts]  # where generated kernels are kept
    texts = [path.read_bytes() for path in sorted([*sources, PROGRAM, ROOT / "tests" / "op_cases.py"])]
    return hashlib.sha256(b"\0".join([*texts, version("numba-cuda").encode(), version("numba").encode()])).hexdigest()


@pytest.fixture(scope="module")
def report(request) -> dict:
    """What tests/ptx.py says; remembered until a source changes."""
    if sys.platform == "darwin" and importlib.util.find_spec("numba_cuda") is None:
        pytest.skip("NVIDIA makes no compiler for macOS: numba-cuda and the CUDA toolkit are missing")
    kept = request.config.cache.mkdir("ptx") / f"{key()}.json"
    if not kept.exists():
        environment = {name: value for name, value in os.environ.items() if name != "NUMBA_ENABLE_CUDASIM"}
        halves = [
            subprocess.Popen(
                [sys.executable, PROGRAM, str(part), str(PARTS)],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
            )
            for part in range(PARTS)
        ]  # fmt: skip
        outputs = [half.communicate() for half in halves]
        assert [half.returncode for half in halves] == [0] * PARTS, [errors for _, errors in outputs]
        read = [json.loads(text) for text, _ in outputs]
        for old in kept.parent.glob("*.json"):
            old.unlink()
        both = read[0] | {"kernels": [kernel for half in read for kernel in half["kernels"]]}
        kept.write_text(json.dumps(both), encoding="utf-8")
    return json.loads(kept.read_text(encoding="utf-8"))


def test_every_operation_prepares_its_launches(report) -> None:
    assert report["errors"] == {}


def test_every_kernel_compiles(report) -> None:
    assert {f"{k['name']}{k['types']}": k["error"] for k in report["kernels"] if "error" in k} == {}


@pytest.mark.parametrize("target", ["sm_80", "sm_90"])
def test_it_is_a_kernel_for_that_generation(report, target) -> None:
    wrong = {
        f"{k['name']}{k['types']}": k[target]
        for k in report["kernels"]
        if "error" not in k and target in k and (k[target]["target"] != [target] or k[target]["entries"] != 1)
    }
    assert wrong == {}
    assert all(target in k for k in report["kernels"] if "error" not in k and k["single"])


def test_float32_is_never_widened_by_a_literal(report) -> None:
    found = {
        f"{k['name']}{k['types']}": k["sm_90"]["doubles"][:4]
        for k in report["kernels"]
        if k["single"] and "error" not in k and k["asked_by"] not in IN_DOUBLE and k["sm_90"]["doubles"]
    }
    assert found == {}


def test_no_exception_from_that_rule_is_out_of_date(report) -> None:
    widened = {k["asked_by"] for k in report["kernels"] if k["single"] and "error" not in k and k["sm_90"]["doubles"]}
    assert set(IN_DOUBLE) <= widened


@pytest.mark.parametrize("target", ["sm_80", "sm_90"])
def test_products_keep_their_outputs_in_registers_and_read_shared_memory_by_fours(report, target) -> None:
    found = [k[target] for k in report["kernels"] if k["name"] == "ladder.register_blocked" and k["single"]]
    assert [k["local"] for k in found] == [0] * len(found)
    assert {k["by_fours"] for k in found} == {2, 4}  # 4 or 8 numbers of x, and as many of y


def test_no_kernel_is_left_out(report) -> None:
    import ptx

    from minigrad_kernels.cuda.elementwise import TABLE
    from minigrad_kernels.cuda.launch import KERNELS

    assert ptx.load() == {}
    declared = {f"{k.function.__module__.rpartition('.')[2]}.{k.function.__name__}" for k in KERNELS}
    assert declared <= {k["name"] for k in report["kernels"]}
    assert len({k["name"] for k in report["kernels"] if k["name"].startswith("generated")}) >= 0.9 * len(TABLE)


def test_what_compiled_steps_launch_is_among_them(report) -> None:
    """An optimiser's formula each, in kernels that nobody wrote."""
    assert sum(k["asked_by"] == "a compiled step" for k in report["kernels"]) >= 8


def test_generated_kernels_are_kept_on_disk(report) -> None:
    assert report["kept"] == [0, 1]
