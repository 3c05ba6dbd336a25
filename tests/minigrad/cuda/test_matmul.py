"""Products of matrices on device="cuda": the choices there are, and gradients through batches."""

import numpy
import pytest

import minigrad
from minigrad.cuda import matmul, preferred_blas_library
from minigrad.errors import DeviceError


@pytest.fixture
def as_before():
    before = matmul.allow_tf32, matmul.library
    yield
    matmul.allow_tf32, matmul.library = before


def test_float32_is_not_rounded_unless_it_is_said(as_before) -> None:
    assert minigrad.cuda.matmul.allow_tf32 is False
    minigrad.cuda.matmul.allow_tf32 = True
    with pytest.raises(AttributeError):
        minigrad.cuda.matmul.allow_tf23 = True


def test_the_library_can_be_chosen(as_before) -> None:
    assert preferred_blas_library() == "cublas"
    assert preferred_blas_library("minigrad") == preferred_blas_library() == "minigrad"
    with pytest.raises(DeviceError, match=r"(?s)'mkl'.*'cublas' or 'minigrad'"):
        preferred_blas_library("mkl")


@pytest.mark.parametrize(
    ("x", "y"), [((3, 4), (4, 2)), ((4,), (4, 2)), ((2, 1, 3, 4), (5, 4, 2)), ((2, 3, 4), (4,))], ids=str
)
def test_gradients_are_those_of_the_cpu(x, y) -> None:
    r = numpy.random.default_rng(0)
    values = [r.normal(size=shape) for shape in (x, y)]
    found = []
    for device in ("cpu", "cuda"):
        a, b = (minigrad.tensor(v, device=device, requires_grad=True) for v in values)
        (a @ b).tanh().sum().backward()
        found.append((a.grad, b.grad))
    for ours, theirs in zip(*found, strict=True):
        numpy.testing.assert_allclose(theirs.cpu().numpy(), ours.numpy(), rtol=1e-10)
