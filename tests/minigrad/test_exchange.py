"""Memory of the CPU shared with other libraries by DLPack."""

import numpy
import pytest

import minigrad
from minigrad import from_dlpack, tensor
from minigrad.errors import DeviceError, DTypeError, GraphError


@pytest.mark.parametrize("name", ["numpy", "torch"])
def test_the_memory_is_shared_both_ways(name) -> None:
    library = pytest.importorskip(name, reason="PyTorch is the peer: make peer")
    x = tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    theirs = library.from_dlpack(x.mT)
    assert (tuple(theirs.shape), theirs.tolist()) == ((3, 2), [[1, 4], [2, 5], [3, 6]])
    x[0, 1] = 7
    assert theirs[1, 0] == 7
    ours = from_dlpack(theirs)
    ours[2, 1] = 8
    assert x[1, 2].item() == 8 and ours.stride() == (1, 3)
    del x, theirs
    assert ours.tolist() == [[1, 4], [7, 5], [3, 8]]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool"])
def test_dtypes_and_sizes(dtype) -> None:
    for shape in ((), (0, 3), (2, 1, 3)):
        array = numpy.ones(shape, dtype)
        shared = from_dlpack(array)
        assert (shared.dtype, shared.shape, shared.tolist()) == (dtype, shape, array.tolist())
        assert (shared.__dlpack_device__(), numpy.from_dlpack(shared).shape) == ((1, 0), shape)


def test_a_copy_is_made_where_it_is_asked_for() -> None:
    array = numpy.zeros(2)
    x = from_dlpack(array, copy=True)
    array[0] = 1
    assert x.tolist() == [0, 0]


def test_what_cannot_be_shared_says_so() -> None:
    x = tensor([1.0], requires_grad=True)
    with pytest.raises(GraphError, match=r"(?s)__dlpack__.*t\.detach\(\)"):
        numpy.from_dlpack(x)
    assert numpy.from_dlpack(x.detach()).tolist() == [1]
    with pytest.raises(DTypeError, match=r"(?s)got:      list.*minigrad\.tensor"):
        from_dlpack([1, 2])
    with pytest.raises(DTypeError, match="complex64"):
        from_dlpack(numpy.zeros(2, "complex64"))
    assert not hasattr(x, "__cuda_array_interface__")


class Elsewhere:
    """An array on a device of which nobody has heard."""

    def __dlpack_device__(self) -> tuple[int, int]:
        return 14, 0

    def __dlpack__(self) -> None:
        raise AssertionError("nobody can read this")


def test_other_devices_are_named() -> None:
    with pytest.raises(DeviceError, match="DLPack's device 14"):
        minigrad.from_dlpack(Elsewhere())
