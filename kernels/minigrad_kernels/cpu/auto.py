"""The kernels of the backend "auto": NumPy's for small arrays, Numba's for large ones.

Importing this module imports no Numba; the first large call does.
"""

from minigrad_kernels.cpu.by_size import by_size
from minigrad_kernels.cpu.entries import FAST, LOOPS, reduction

# From how many elements on Numba's kernel is the faster one: measured in float32, one thread of an AMD Zen 3
# (AVX2), rounded up to a power of two. A call of a compiled loop costs 1 to 3 us, whatever the size.
ABOVE = {
    "exp": 4096,
    "log": 4096,
    "tanh": 1024,
    "sigmoid": 512,
    "erf": 512,
    "relu": 4096,
    "where": 4096,
    "softmax": 512,
    "log_softmax": 512,
    "logsumexp": 512,
    "cross_entropy": 512,
    "mse_loss": 512,
    "sum": 8192,
    "mean": 512,
    "var": 512,
    "amax": 2048,
    "amin": 2048,
    "sgd_update": 8192,
    "adam_update": 512,
}

# A single long row, or a few, NumPy folds at least as fast.
_WHERE_IT_WINS = FAST | {
    "amax": reduction(LOOPS["amax_rows"], least_rows=8),
    "amin": reduction(LOOPS["amin_rows"], least_rows=8),
}

BY_SIZE = {name: by_size(name, _WHERE_IT_WINS[name], above) for name, above in ABOVE.items()}
