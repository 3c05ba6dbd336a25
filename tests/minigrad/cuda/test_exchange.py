"""Memory of the device shared with other libraries. In the simulator it is the computer's, so NumPy and PyTorch can have it."""

import gc
import sys
from types import SimpleNamespace

import numpy
import pytest
from cuda_cases import needs_gpu, simulated

import minigrad
from minigrad import as_tensor, from_dlpack, tensor, zeros
from minigrad.errors import DeviceError, DTypeError, GraphError


@simulated
@pytest.mark.parametrize("name", ["numpy", "torch"])
def test_dlpack_shares_the_memory_both_ways(name) -> None:
    library = pytest.importorskip(name, reason="PyTorch is the peer: make peer")
    x = tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], device="cuda")
    theirs = library.from_dlpack(x.mT[1:])
    x[0, 1] = 7
    assert theirs.tolist() == [[7, 5], [3, 6]]
    ours = from_dlpack(theirs, device="cuda")
    assert ours.is_cuda and ours.array.address == x.array.address + 4
    ours.mul_(2)
    assert (ours + ours).tolist() == [[28, 20], [12, 24]] and x.tolist() == [[1, 14, 6], [4, 10, 12]]


@simulated
def test_shared_memory_stays_while_anybody_has_it() -> None:
    gc.collect()
    before = minigrad.cuda.memory_allocated()
    x = tensor([1.0, 2.0], device="cuda")
    theirs = numpy.from_dlpack(x)
    del x
    others = [zeros(2, device="cuda") for _ in range(4)]
    assert theirs.tolist() == [1, 2] and minigrad.cuda.memory_allocated() == before + 5 * 512
    del theirs, others
    assert minigrad.cuda.memory_allocated() == before

    array = numpy.array([1.0, 2.0], "float32")
    references = sys.getrefcount(array)
    ours = from_dlpack(array, device="cuda")
    y = ours[1:]
    del ours
    assert y.tolist() == [2] and sys.getrefcount(array) > references
    del y
    assert sys.getrefcount(array) == references


@simulated
def test_an_array_of_the_cpu_is_carried_or_refused() -> None:
    x = tensor([1.0], device="cuda")
    assert from_dlpack(x).device.name == "cpu"  # the simulated device's memory, as DLPack sees it
    assert from_dlpack(x, device="cuda", copy=True).array.address != x.array.address
    assert x.__dlpack_device__() == (1, 0)


def interface(array: numpy.ndarray, **more) -> SimpleNamespace:
    """An array of another library on the (simulated) device."""
    described = {k: array.__array_interface__[k] for k in ("shape", "strides", "typestr", "data", "version")}
    return SimpleNamespace(__cuda_array_interface__=described | more, keeps=array)


def test_the_interface_tells_where_the_memory_is() -> None:
    x = tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], device="cuda")
    assert x.__cuda_array_interface__ == {
        "shape": (2, 3), "typestr": "<f4", "data": (x.array.address, False), "strides": None, "version": 3, "stream": 1,
    }  # fmt: skip
    view = x[1:, 1:].__cuda_array_interface__
    assert (view["shape"], view["strides"], view["data"][0] - x.array.address) == ((1, 2), None, 16)
    assert x.mT.__cuda_array_interface__["strides"] == (4, 12)
    assert x[:1].expand(2, 3).__cuda_array_interface__["data"][1]  # nobody may write where elements share a place
    assert zeros(0, 3, device="cuda").__cuda_array_interface__["data"][0] == 0
    stream = minigrad.cuda.Stream()
    with minigrad.cuda.stream(stream):
        assert x.__cuda_array_interface__["stream"] == stream.address
    with pytest.raises(GraphError, match=r"t\.detach\(\)"):
        hasattr(x.clone().requires_grad_(), "__cuda_array_interface__")


@simulated
def test_as_tensor_takes_what_others_have_on_the_device() -> None:
    array = numpy.arange(6.0).reshape(2, 3)
    for theirs in (array, array.T, array[::-1], array[:, :0], array[1, 2]):
        x = as_tensor(interface(numpy.asarray(theirs)))
        assert (x.device.name, x.dtype, x.tolist()) == ("cuda", "float64", theirs.tolist())
    x = as_tensor(interface(array, stream=1))
    x.add_(1)
    assert array[0].tolist() == [1, 2, 3]
    assert as_tensor(x) is x
    assert as_tensor(interface(array), dtype="float32").dtype == "float32"
    assert as_tensor(interface(array), device="cpu").device.name == "cpu"


def test_what_cannot_be_taken_says_so() -> None:
    with pytest.raises(DeviceError, match="mask"):
        as_tensor(interface(numpy.zeros(2), mask=numpy.zeros(2, bool)))
    with pytest.raises(DTypeError, match="complex128"):
        as_tensor(interface(numpy.zeros(2, complex)))
    read_only = numpy.zeros(2)
    read_only.flags.writeable = False
    with pytest.raises(GraphError):
        as_tensor(interface(read_only)).add_(1)


@needs_gpu
def test_a_gpus_memory_is_shared_with_numba_both_ways() -> None:
    from numba import cuda

    array = numpy.arange(6.0).reshape(2, 3)
    theirs = cuda.to_device(array)
    ours = as_tensor(theirs)
    assert (ours.device.name, ours.tolist()) == ("cuda", array.tolist())
    ours.add_(1)
    minigrad.cuda.synchronize()
    assert theirs.copy_to_host().tolist() == (array + 1).tolist()
    assert as_tensor(theirs[:, 1:]).tolist() == (array + 1)[:, 1:].tolist()
    del theirs
    gc.collect()
    assert ours.sum().item() == 21

    x = tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], device="cuda")
    view = cuda.as_cuda_array(x.mT[1:])
    assert view.copy_to_host().tolist() == [[2, 5], [3, 6]]
    del x
    assert view.copy_to_host().tolist() == [[2, 5], [3, 6]]


@needs_gpu
def test_a_gpus_memory_is_shared_by_dlpack() -> None:
    x = tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], device="cuda")
    assert x.__dlpack_device__() == (2, 0)
    y = from_dlpack(x.mT[1:])
    assert y.is_cuda and y.array.address == x.array.address + 4
    y.mul_(2)
    assert x.tolist() == [[1, 4, 6], [4, 10, 12]]
    before = minigrad.cuda.memory_allocated()
    del x
    assert y.tolist() == [[4, 10], [6, 12]] and minigrad.cuda.memory_allocated() == before
    del y
    gc.collect()
    assert minigrad.cuda.memory_allocated() < before
    stream = minigrad.cuda.Stream()
    with minigrad.cuda.stream(stream):
        z = tensor([1.0, 2.0], device="cuda")
    assert from_dlpack(z).tolist() == [1, 2]
