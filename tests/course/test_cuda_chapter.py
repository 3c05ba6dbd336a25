"""The kernels of chapter 15 run in the simulator as Python. Here a GPU's compiler takes them, and finds nothing in float64."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KERNEL = re.compile(r"@cuda\.jit\n(def (\w+)\(.*?)(?=\n\n\n|\Z)", re.DOTALL)
WHOLE_NUMBERS = ("step", "way")  # parameters that are no arrays

COMPILE = """
import json, sys
import numba, numpy as np
from numba import cuda

kernels, dimensions = json.load(sys.stdin)
names = {"cuda": cuda, "np": np, "ZERO": np.float32(0), "ONE": np.float32(1), "TILE": 8, "EVERY_LANE": 0xFFFFFFFF}
for name, text in kernels.items():
    exec(compile(text, name, "exec"), names)
    arrays = [numba.float32[(slice(None),) * (n - 1) + (slice(None, None, 1),)] if n else numba.int64 for n in dimensions[name]]
    ptx, _ = cuda.compile(names[name], numba.void(*arrays), output="ptx", cc=(9, 0))
    print(json.dumps([name, ".f64" in ptx, ".shared" in ptx]))
"""


def kernels() -> dict[str, str]:
    cells = json.loads((ROOT / "notebooks" / "15_cuda_kernels.ipynb").read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return {name: text for source in sources for text, name in KERNEL.findall(source)}


def dimensions(text: str) -> list[int]:
    """Of each parameter: as many as it is indexed by, or has a shape of; 0 for a number."""
    told = []
    for parameter in re.findall(r"\w+", text.partition("(")[2].partition(")")[0]):
        two = re.search(rf"\b{parameter}(\[[^\[\]]*,|\.shape\[1\])", text)
        told.append(0 if parameter in WHOLE_NUMBERS else 2 if two else 1)
    return told


def test_the_chapters_kernels_are_compiled_for_a_gpu():
    if sys.platform == "darwin" and importlib.util.find_spec("numba_cuda") is None:
        pytest.skip("NVIDIA makes no compiler for macOS: numba-cuda and the CUDA toolkit are missing")
    found = kernels()
    assert len(found) >= 19
    told = json.dumps([found, {name: dimensions(text) for name, text in found.items()}])
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_ENABLE_CUDASIM"}
    done = subprocess.run(
        [sys.executable, "-c", COMPILE], input=told, capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    made = {name: (double, shared) for name, double, shared in map(json.loads, done.stdout.splitlines())}
    assert made.keys() == found.keys()
    assert not [name for name, (double, _) in made.items() if double]
    assert {name for name, (_, shared) in made.items() if shared} == {
        name for name, text in found.items() if "cuda.shared" in text
    }
