"""Operations on four million elements: the sizes at which threads and memory count."""

from __future__ import annotations

from benchmarks import kernels
from benchmarks.harness import Result

NAMES = ("add", "exp", "tanh", "gelu", "sum, all", "sum, dim 0", "softmax", "layer_norm", "cross_entropy", "matmul")


def run() -> dict[str, list[Result]]:
    """Forward, and forward with backward."""
    return {
        f"Four million elements, {name.lower()}": found for name, found in kernels.tables([(2048, 2048)], NAMES).items()
    }
