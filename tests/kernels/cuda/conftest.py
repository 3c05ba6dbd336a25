"""CUDA's kernels: in the simulator, or with MINIGRAD_GPU=1 (`make gpu`) on a GPU.

Numba decides once in a process, when numba.cuda is imported; so it is told here, before the tests themselves are read.
"""

import os

from minigrad_kernels.cuda import runtime

if os.environ.get("MINIGRAD_GPU") == "1":
    # What these look at only the simulator has: every access of a thread, a layout whose address can be read, a
    # driver or a library that takes down its calls.
    collect_ignore = [
        "test_cublas.py", "test_driver.py", "test_ladder.py", "test_races.py", "test_simulator.py", "test_trace.py",
    ]  # fmt: skip
else:
    runtime.simulate()
