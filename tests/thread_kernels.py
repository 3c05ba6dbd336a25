"""CUDA kernels to look at, in the simulator: importing this switches it on."""

import numpy as np

from minigrad_kernels.cuda.runtime import simulate

simulate()

from numba import cuda  # noqa: E402


@cuda.jit
def add(z, x, y):
    """This is not shown."""
    i = cuda.grid(1)
    if i < z.size:
        z[i] = x[i] + y[i]


@cuda.jit
def reverse(z, x):
    line = cuda.shared.array(64, np.float32)
    t = cuda.threadIdx.x
    line[t] = x[t]
    cuda.syncthreads()
    z[t] = line[63 - t]


@cuda.jit
def columns(z, x):
    tile = cuda.shared.array((8, 32), np.float32)
    i, j = cuda.threadIdx.y, cuda.threadIdx.x
    tile[i, j] = x[i, j]
    cuda.syncthreads()
    z[j // 8 + 4 * i, j % 8] = tile[j % 8, j // 8 + 4 * i]


@cuda.jit
def racy(z, x):
    line = cuda.shared.array(32, np.float32)
    t = cuda.threadIdx.x
    line[t] = x[t]
    z[t] = line[31 - t] + x[t + 1]


@cuda.jit
def one_goes_on(z, x):
    line = cuda.shared.array(64, np.float32)
    t = cuda.threadIdx.x
    line[t] = x[t - 1]
    cuda.syncthreads()
    if t == 0:
        z[0] = line[63]


@cuda.jit
def uneven(z, x):
    """Odd threads read once more, and each thread goes round as often as its number says."""
    t = cuda.threadIdx.x
    total = x[0]
    if t % 2:
        total += x[1]
    for i in range(t):
        total += x[i]
    cuda.atomic.add(z, 0, total)
    z[t] = total


def numbers(*shape):
    return np.arange(1, 1 + np.prod(shape), dtype=np.float32).reshape(shape)


def zeros(*shape):
    return np.zeros(shape, dtype=np.float32)
