"""How products of matrices are computed on a GPU, where a program may choose."""

from __future__ import annotations

LIBRARIES = ("cublas", "minigrad")


class Products:
    """The choices, which hold for what is launched from now on.

    Attributes:
        allow_tf32: whether the tensor cores may round float32 factors to 10 bits of mantissa, as PyTorch's
            `torch.backends.cuda.matmul.allow_tf32`: several times faster, with relative errors of about 1e-3.
        library: "cublas", where it is installed; or "minigrad", the kernels of `ladder`, which round nothing.
    """

    __slots__ = ("allow_tf32", "library")

    def __init__(self) -> None:
        self.allow_tf32, self.library = False, LIBRARIES[0]


CHOICES = Products()
