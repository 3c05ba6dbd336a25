"""How products of matrices are computed: `torch.backends.cuda.matmul` and its neighbour, under `minigrad.cuda`."""

from __future__ import annotations

from minigrad.errors import DeviceError
from minigrad_kernels.cuda.products import CHOICES as matmul
from minigrad_kernels.cuda.products import LIBRARIES


def preferred_blas_library(backend: str | None = None) -> str:
    """Who computes products of matrices; with an argument, from now on.

    Args:
        backend: "cublas", which is NVIDIA's library, where the extra `cublas` is installed (the default); or "minigrad", the
            kernels of this library, which also stand in where cuBLAS is not installed.

    Errors: DeviceError for another name.
    """
    if backend is not None:
        if backend not in LIBRARIES:
            raise DeviceError(
                "preferred_blas_library: products of matrices are computed by no such library.",
                got=repr(backend),
                expected=" or ".join(map(repr, LIBRARIES)),
                hint="'minigrad' runs the kernels that can be read in minigrad_kernels/cuda/ladder.py",
            )
        matmul.library = backend
    return matmul.library


__all__ = ["matmul", "preferred_blas_library"]
