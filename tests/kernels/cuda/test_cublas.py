"""What cuBLAS is asked for: a library that records its calls and computes with NumPy, as cuBLAS counts matrices."""

import ctypes
import enum

import numpy as np
import pytest
from cuda_cases import NEAR, on_device, there

from minigrad_kernels.cuda.products import CHOICES


class Operation(enum.IntEnum):
    N, T = 0, 1


class Math(enum.IntEnum):
    DEFAULT_MATH, TF32_TENSOR_OP_MATH = 0, 3


class Library:
    """As nvmath.bindings.cublas: z = x y with all matrices by columns, at addresses, with the checks of the real one."""

    Operation, Math = Operation, Math

    def __init__(self) -> None:
        self.calls: list[tuple] = []
        self.batches: list[int] = []

    def create(self) -> int:
        return 7

    def set_stream(self, handle: int, stream: int) -> None:
        self.calls.append(("stream", handle, stream))

    def set_math_mode(self, handle: int, mode: int) -> None:
        self.calls.append(("math", handle, mode))

    def sgemm_strided_batched_64(self, *arguments) -> None:
        self._multiply("float32", *arguments)

    def dgemm_strided_batched_64(self, *arguments) -> None:
        self._multiply("float64", *arguments)

    def _multiply(
        self, dtype, handle, turn_x, turn_y, m, n, k, alpha, x, x_leading, x_step, y, y_leading, y_step, beta, z,
        z_leading, z_step, batch,
    ) -> None:  # fmt: skip
        assert handle == 7
        assert min(m, n, k, batch) > 0
        assert x_leading >= (k if turn_x else m)
        assert y_leading >= (n if turn_y else k)
        assert z_leading >= m
        assert (number(alpha, dtype), number(beta, dtype)) == (1, 0)
        self.batches.append(batch)
        for i in range(batch):
            left = matrix(x, x_step * i, (k, m) if turn_x else (m, k), x_leading, dtype)
            right = matrix(y, y_step * i, (n, k) if turn_y else (k, n), y_leading, dtype)
            target = matrix(z, z_step * i, (m, n), z_leading, dtype)
            target[...] = (left.T if turn_x else left) @ (right.T if turn_y else right)


def number(address: int, dtype: str) -> float:
    return matrix(address, 0, (1, 1), 1, dtype)[0, 0]


def matrix(address: int, step: int, shape: tuple[int, int], leading: int, dtype: str) -> np.ndarray:
    """Rows and columns in memory by columns, `leading` numbers from one to the next."""
    size = np.dtype(dtype).itemsize
    count = leading * (shape[1] - 1) + shape[0]
    memory = (ctypes.c_byte * (count * size)).from_address(address + step * size)
    return np.lib.stride_tricks.as_strided(np.frombuffer(memory, dtype), shape, (size, leading * size), writeable=True)


@pytest.fixture
def library(monkeypatch):
    from minigrad_kernels.cuda import cublas

    found = Library()
    monkeypatch.setattr(cublas, "bindings", lambda: found)
    monkeypatch.setattr(cublas, "_states", cublas._State())
    monkeypatch.setattr(CHOICES, "allow_tf32", False)
    monkeypatch.setattr(CHOICES, "library", "cublas")
    return found


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(len(shape)).normal(size=shape)


def turned(x: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(x.mT).mT


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("right", [lambda y: y, turned], ids=["by rows", "by columns"])
@pytest.mark.parametrize("left", [lambda x: x, turned], ids=["by rows", "by columns"])
@pytest.mark.parametrize(
    ("x", "y"),
    [((3, 4), (4, 5)), ((1, 4), (4, 5)), ((3, 4), (4, 1)), ((3, 1), (1, 5)), ((1, 1), (1, 1)), ((4,), (4,)), ((4,), (4, 5)),
     ((3, 4), (4,)), ((2, 3, 4), (4, 5)), ((2, 3, 4), (2, 4, 5)), ((2, 1, 3, 4), (5, 4, 2)), ((3, 4), (6, 4, 2))],
    ids=str,
)  # fmt: skip
def test_products(library, x, y, left, right, dtype) -> None:
    x, y = (normal(*shape).astype(dtype) for shape in (x, y))
    x, y = left(x) if x.ndim > 1 else x, right(y) if y.ndim > 1 else y
    np.testing.assert_allclose(on_device("matmul", x, y), x @ y, **NEAR[dtype])
    assert library.batches


@pytest.mark.parametrize(
    "view",
    [lambda x: x[:, 1:, 1:], lambda x: x[:, :, 1:2], lambda x: x[:, 1:2], lambda x: x[::2], lambda x: x[::-1], lambda x: x[:, ::-1],
     lambda x: x[..., ::2], lambda x: x[:, ::2, ::2].mT, lambda x: np.broadcast_to(x[:, :1], x.shape),
     lambda x: np.broadcast_to(x[:1], x.shape), lambda x: x.transpose(2, 1, 0), lambda x: x.transpose(1, 0, 2)],
)  # fmt: skip
def test_views_are_read_where_they_lie_or_copied(library, view) -> None:
    x = view(normal(4, 5, 6))
    y = normal(x.shape[0], x.shape[2], 3)
    np.testing.assert_allclose(on_device("matmul", x, y), x @ y, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(on_device("matmul", y.mT, x.mT), y.mT @ x.mT, rtol=1e-12, atol=1e-12)


def test_only_what_cublas_cannot_read_is_copied(library) -> None:
    from minigrad_kernels.cuda.cublas import lies

    x = there(normal(4, 5, 6))
    for taken, wanted in [
        (x.layout, (6, False)),
        (x.layout.mT, (6, True)),
        (x.layout[:, 1:4, 2:5], (6, False)),
        (x.layout[:, ::2], (12, False)),
        (x.layout[:, :, 1:2], (6, False)),
        (x.layout.transpose(1, 0, 2), (30, False)),
        (x.layout[..., ::2], None),
        (x.layout[::-1], None),
        (x.layout[:, ::-1], None),
    ]:
        assert lies(x.view(taken)) == wanted


def test_empty_sums_and_whole_numbers_are_ours(library) -> None:
    np.testing.assert_array_equal(on_device("matmul", normal(2, 0), normal(0, 3)), np.zeros((2, 3)))
    np.testing.assert_array_equal(on_device("matmul", np.ones((2, 3), int), np.ones((3, 2), int)), np.full((2, 2), 3))
    assert library.batches == []


def test_a_linear_layer_is_one_call_and_its_bias(library) -> None:
    x, w, b = normal(2, 3, 4), normal(5, 4), normal(5)
    np.testing.assert_allclose(on_device("linear", x, w, b), x @ w.T + b, rtol=1e-12, atol=1e-12)
    assert library.batches == [1]


def test_the_stream_and_the_rounding_are_told_when_they_change(library) -> None:
    from minigrad_kernels.cuda import cublas
    from minigrad_kernels.cuda.streams import Stream, on_stream

    x = normal(2, 2)
    on_device("matmul", x, x)
    on_device("matmul", x, x)
    assert library.calls == [("stream", 7, 0), ("math", 7, Math.DEFAULT_MATH)]
    library.calls.clear()
    CHOICES.allow_tf32 = True
    with on_stream(Stream(address=99)):
        cublas.gemm(*(there(a) for a in (np.empty((1, 2, 2)), x[None], x[None])))
    assert library.calls == [("stream", 7, 99), ("math", 7, Math.TF32_TENSOR_OP_MATH)]


def test_our_own_kernels_can_be_preferred(library) -> None:
    CHOICES.library = "minigrad"
    on_device("matmul", normal(2, 2), normal(2, 2))
    assert library.batches == []


def test_listeners_are_told_and_can_launch_it_again(library, monkeypatch) -> None:
    from minigrad_kernels.cuda import launch
    from minigrad_kernels.cuda.tables import TABLE
    from minigrad_kernels.cuda.transfer import to_numpy

    seen = []
    x, y = there(normal(3, 4)), there(normal(4, 5))
    monkeypatch.setattr(launch, "LISTENERS", [lambda *launched: seen.append(launched)])
    z = TABLE["matmul"](x, y)
    monkeypatch.setattr(launch, "LISTENERS", [])
    [(kernel, blocks, threads, arguments)] = seen
    x.layout[...] = 1
    kernel.launch(blocks, threads, arguments)
    np.testing.assert_allclose(to_numpy(z), np.ones((3, 4)) @ to_numpy(y))


def test_without_a_gpu_there_is_no_library() -> None:
    from minigrad_kernels.cuda.cublas import bindings

    assert bindings() is None


def test_a_library_that_does_not_start_is_done_without(monkeypatch) -> None:
    import importlib

    from minigrad_kernels.cuda import cublas

    class Broken(Library):
        class cuBLASError(Exception):
            pass

        def create(self) -> int:
            raise self.cuBLASError("the library was not initialized")

        def destroy(self, handle: int) -> None:
            raise AssertionError("nothing was made")

    broken = Broken()
    monkeypatch.setattr(cublas, "simulating", lambda: False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(importlib, "import_module", lambda name: broken)
    with pytest.warns(RuntimeWarning, match=r"does not start \(the library was not initialized\)"):
        assert cublas.bindings.__wrapped__() is None
