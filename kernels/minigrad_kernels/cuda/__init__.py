"""The CUDA backend: every operation as a kernel that thousands of threads run.

`runtime` says which CUDA there is, a GPU or Numba's simulator; `memory`, `array`, `launch` are what all kernels stand on; then
there is a file for each subject, as in `minigrad_kernels.numpy`, which is the specification. `tables` puts them together.

Nothing here is imported before the device is first used.
"""
