"""Products of matrices on a GPU, rung by rung: each kernel of the ladder, cuBLAS and PyTorch, in billions of operations a second.

A product of (m, k) and (k, n) is 2 m n k operations. All sides take turns, a launch or more to a turn, timed by events on the
GPU: what Python takes to launch them does not count. Each figure is the median of the rounds. TF32 is off on all sides.

Before it is timed, each side's product is compared with NumPy's in float64.
"""

from __future__ import annotations

import importlib.util
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

SIZES = (256, 512, 1024, 2048, 4096)
ROUNDS = 15
TURN = 0.002  # seconds of launches between two events, at least: they resolve half a microsecond


class Side(NamedTuple):
    """Who computes z = x y: what launches it, and what gives its result as a NumPy array."""

    launch: Callable[[], Any]
    result: Callable[[], np.ndarray]


def markdown() -> str:
    """The table; or, without a GPU, what is missing."""
    from minigrad_kernels.cuda import runtime

    why = missing_gpu()
    if why:
        return why
    gpu: Any = runtime.gpu()
    name = f"{gpu.name}, compute capability {'.'.join(map(str, gpu.capability))}"
    return f"{name}; float32, billions of operations a second:\n\n" + table(SIZES)


def missing_gpu() -> str:
    """What to say where there is no GPU to measure on; nothing where there is one."""
    from minigrad_kernels.cuda import runtime

    missing = runtime.unavailable()
    if missing is None and not runtime.simulating():
        return ""
    why = f"{missing.what} ({missing.got})" if missing else "CUDA is simulated in this process."
    return f"No GPU was to be had, so nothing was measured and nothing is claimed. {why}"


def table(sizes: tuple[int, ...], rounds: int = ROUNDS, turn: float = TURN) -> str:
    """A line for each side, a column for each size, and last what part of the fastest library's speed it has."""
    columns = [measured(size, rounds, turn) for size in sizes]
    best = max(columns[-1][name] for name in columns[-1])
    rows = [f"| | {' | '.join(f'{n}²' for n in sizes)} | of the fastest at {sizes[-1]}² |"]
    rows.append("| --- |" + " ---: |" * (len(sizes) + 1))
    for name in columns[-1]:
        figures = " | ".join(f"{column[name]:,.0f}" for column in columns)
        rows.append(f"| {name} | {figures} | {columns[-1][name] / best:.0%} |")
    return "\n".join(rows)


def measured(size: int, rounds: int, turn: float) -> dict[str, float]:
    """Billions of operations a second of each side, for square matrices."""
    r = np.random.default_rng(0)
    x, y = r.normal(size=(2, size, size)).astype(np.float32)
    wanted = x.astype(np.float64) @ y
    times: dict[str, list[float]] = {}
    with sides(x, y) as found:
        counts = {}
        for name, side in found.items():
            side.launch()
            far = float(np.abs(side.result() - wanted).max())
            if not far < 1e-6 * size:
                raise AssertionError(f"{name}: off by {far:.1e} from NumPy's product of {size}² matrices")
            counts[name] = max(1, round(turn / max(seconds(side.launch, 1), 1e-6)))
        for _ in range(rounds):
            for name, side in found.items():
                times.setdefault(name, []).append(seconds(side.launch, counts[name]))
    return {name: 2 * size**3 / statistics.median(each) / 1e9 for name, each in times.items()}


def seconds(launch: Callable[[], Any], count: int) -> float:
    """What a launch takes on the GPU, from one event to another with `count` launches between them."""
    from numba import cuda

    start, end = cuda.event(), cuda.event()
    start.record()
    for _ in range(count):
        launch()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) / 1e3 / count


@contextmanager
def sides(x: np.ndarray, y: np.ndarray) -> Iterator[dict[str, Side]]:
    """Those that are there, with copies of x and y on the device."""
    from minigrad_kernels.cuda import cublas
    from minigrad_kernels.cuda.array import Array, empty
    from minigrad_kernels.cuda.ladder import RUNGS
    from minigrad_kernels.cuda.products import CHOICES
    from minigrad_kernels.cuda.transfer import from_numpy, to_numpy

    a, b, z = from_numpy(x[None]), from_numpy(y[None]), empty((1, len(x), y.shape[1]), np.float32)

    def ours(multiply: Callable[[Array, Array, Array], None]) -> Side:
        return Side(lambda: multiply(z, a, b), lambda: to_numpy(z)[0])

    found = {name: ours(rung) for name, rung in RUNGS.items()}
    if cublas.bindings() is not None:
        found["cuBLAS"] = ours(cublas.gemm)
    theirs = _pytorch(x, y)
    if theirs is not None:
        found["PyTorch"] = theirs
    before, CHOICES.allow_tf32 = CHOICES.allow_tf32, False
    try:
        yield found
    finally:
        CHOICES.allow_tf32 = before


def _pytorch(x: np.ndarray, y: np.ndarray) -> Side | None:
    """PyTorch on its default stream, which is the one that the events are recorded on."""
    if importlib.util.find_spec("torch") is None:
        return None
    import torch

    if not torch.cuda.is_available():
        return None
    torch.backends.cuda.matmul.allow_tf32 = False
    a, b = torch.from_numpy(x).cuda(), torch.from_numpy(y).cuda()
    z = torch.empty(len(x), y.shape[1], device="cuda")
    return Side(lambda: torch.mm(a, b, out=z), lambda: z.cpu().numpy())


if __name__ == "__main__":
    print(markdown())
