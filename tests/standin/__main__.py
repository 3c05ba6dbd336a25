"""The tests of the device as on a GPU, without one: `python tests/standin [pytest's arguments]`, or `make standin`.

Numba compiles each kernel to machine code, NVIDIA's linker assembles it, and all that the program asks of the driver
(memory, copies, streams, events, graphs, launches with a GPU's own grids) goes to `driver.c` instead, which checks it and
lets a process with the simulator do what the kernel would do. So everything runs but the machine code itself.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
DEVICE = ["tests/kernels/cuda", "tests/minigrad/cuda"]


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "libcuda.so.1"
        compiler = os.environ.get("CC", "cc")
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-O1", "-o", library, HERE / "driver.c", "-ldl", "-lpthread"], check=True
        )
        environment = os.environ | {
            "LD_LIBRARY_PATH": folder,
            "MINIGRAD_GPU": "1",
            "PYTHONPATH": str(HERE),
            "STANDIN_MEMORY": str(Path(folder) / "memory"),
        }
        command = [sys.executable, "-m", "pytest", "-p", "plugin", *(arguments or DEVICE)]
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
