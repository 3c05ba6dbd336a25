"""minigrad: a small deep-learning library to look inside of.

`import minigrad` needs NumPy alone. Numba is imported when it is first used; `minigrad.nn`, `minigrad.optim`,
`minigrad.graph` and `minigrad.check` when they are first named.
"""

import importlib
import warnings
from typing import Any as _Any

from minigrad import autograd, dtypes, errors, events, inplace, ops, shapes
from minigrad.anomaly import detect_anomaly
from minigrad.config import show_config
from minigrad.creation import (
    arange,
    as_tensor,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    rand,
    randint,
    randn,
    randperm,
    tensor,
    tril_indices,
    triu_indices,
    zeros,
    zeros_like,
)
from minigrad.device import backend, current_backend, get_device, register_kernel
from minigrad.dtypes import bool_, float16, float32, float64, int8, int16, int32, int64, uint8
from minigrad.exchange import from_dlpack
from minigrad.film import Film
from minigrad.op import OPS, Op, op
from minigrad.ops import *  # noqa: F403
from minigrad.random import Generator, default_generator, manual_seed
from minigrad.recorder import record
from minigrad.show_kernel import show_kernel
from minigrad.tape import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from minigrad.tensor import Tensor
from minigrad_kernels.pool import empty_cache, memory_stats, reset_peak_memory_stats, set_cache_limit
from minigrad_kernels.threads import get_num_threads, set_num_threads

__version__ = "0.1.0"

# A logarithm of 0 or an overflow gives an infinity, as in PyTorch, not a warning; `detect_anomaly` finds the NaNs.
warnings.filterwarnings("ignore", category=RuntimeWarning, module="minigrad")


def __getattr__(name: str) -> _Any:
    if name in ("nn", "optim", "data", "metrics", "models", "train", "graph", "check", "caffe", "tf1", "cuda"):
        return importlib.import_module(f"minigrad.{name}")
    if name == "compile":
        return importlib.import_module("minigrad.compiled").compile
    raise AttributeError(f"module 'minigrad' has no attribute {name!r}")
