"""Numba's simulator, with threads that take turns.

A kernel is run block by block. In a block one thread runs at a time, from its start to the barrier where it has to wait for
others, or to its end; then the next one, in the order of their indices. When all have arrived, they go on in the same order.
So a run is the same every time, quick (`turns` says how), and easy to follow; what on a GPU happens at once happens
here in an order that a GPU may choose as well. A kernel whose result depends on that order has a race: see `trace`.

The functions of the `cuda` module that only a kernel has (`cuda.threadIdx`, `cuda.syncthreads()`, `cuda.shared.array`, …)
are put into the module for the time of a launch. To Numba's own ones are added the exchanges within a warp. What a GPU leaves
undefined is an error here where it can be seen: a barrier that only some threads reach.

Sources: NVIDIA, CUDA C++ Programming Guide: "Synchronization Functions", "Warp Shuffle Functions", "Warp Vote Functions",
"Warp Match Functions", and the table "Technical Specifications per Compute Capability".
"""

from minigrad_kernels.cuda.simulator.barriers import KernelError as KernelError
from minigrad_kernels.cuda.simulator.executor import as_argument as as_argument
from minigrad_kernels.cuda.simulator.executor import inside_a_launch as inside_a_launch
from minigrad_kernels.cuda.simulator.executor import install as install
from minigrad_kernels.cuda.simulator.executor import run as run
