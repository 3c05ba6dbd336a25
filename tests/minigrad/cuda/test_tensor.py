"""Tensors on device="cuda": how they come there and back, what they say, where devices meet, writing in place."""

import copy
import pickle

import numpy
import pytest

import minigrad
from minigrad import arange, ones, tensor, zeros
from minigrad.errors import DeviceError, DTypeError, GraphError, IndexingError, OverwrittenError


def on(device: str, *values: float, requires_grad: bool = True) -> minigrad.Tensor:
    return tensor(list(values), dtype="float32", device=device, requires_grad=requires_grad)


# -- there and back --------------------------------------------------------------------------------------------------


def test_it_tells_where_it_is() -> None:
    x = on("cuda", 1, 2.5)
    assert (str(x.device), x.device.type, x.is_cuda, x.cpu().is_cuda) == ("cuda", "cuda", True, False)
    assert repr(x) == "tensor([1. , 2.5], device='cuda', requires_grad=True)"
    assert (x.tolist(), x[1].item(), bool(x[0] < 2), int(x[0]), x.sum() == 3.5) == ([1, 2.5], 2.5, True, 1, True)


@pytest.mark.parametrize(
    "move",
    [
        lambda x: x.to("cuda"),
        lambda x: x.to(device="cuda:0", non_blocking=True),
        lambda x: x.to(minigrad.get_device("cuda")),
        lambda x: x.to(zeros(1, device="cuda")),
        lambda x: x.cuda(),
    ],
)
def test_a_transfer_is_recorded_and_its_gradient_goes_back(move) -> None:
    x = on("cpu", 1, 2)
    y = move(x)
    assert (y.device.name, y.tolist(), y.grad_fn.name) == ("cuda", [1, 2], "transfer")
    assert y.to("cuda") is y and x.cpu() is x
    (y * y).sum().cpu().backward()
    assert (x.grad.device.name, x.grad.tolist()) == ("cpu", [2, 4])


def test_dtype_and_device_change_together() -> None:
    x = on("cpu", 1.5, -2)
    y = x.to("cuda", "float64")
    assert (y.dtype, y.device.name) == ("float64", "cuda")
    y.sum().backward()
    assert (x.grad.dtype, x.grad.device.name) == ("float32", "cpu")
    assert x.to(zeros(1, dtype="int32", device="cuda")).dtype == "int32"


def test_second_derivatives_pass_through_transfers() -> None:
    x = on("cpu", 2, 3)
    (g,) = minigrad.autograd.grad((x.cuda() ** 3).sum(), x, create_graph=True)
    assert g.device.name == "cpu"
    (h,) = minigrad.autograd.grad((g.cuda() ** 2).sum().cpu(), x)
    numpy.testing.assert_allclose(h.numpy(), [2 * 12 * 12, 2 * 27 * 18])


def test_every_function_that_makes_tensors_takes_the_device() -> None:
    like = zeros(2, 3, device="cuda")
    for make in (
        lambda d: tensor([[1, 2], [3, 4]], device=d),
        lambda d: tensor(numpy.arange(3.0), device=d),
        lambda d: minigrad.as_tensor(numpy.arange(3), device=d, dtype="float32"),
        lambda d: minigrad.full((2,), 7, device=d),
        lambda d: zeros(0, 2, device=d),
        lambda d: minigrad.eye(2, 3, device=d),
        lambda d: arange(1, 4, device=d),
        lambda d: minigrad.linspace(0, 1, 5, device=d),
        lambda d: minigrad.tril_indices(3, 3, device=d),
        lambda d: minigrad.ones_like(like, device=d),
        lambda d: minigrad.rand(3, device=d, generator=minigrad.Generator(1)),
        lambda d: minigrad.randn(3, device=d, generator=minigrad.Generator(1)),
        lambda d: minigrad.randint(9, size=(3,), device=d, generator=minigrad.Generator(1)),
        lambda d: minigrad.randperm(5, device=d, generator=minigrad.Generator(1)),
    ):
        here, there = make("cpu"), make("cuda")
        assert (there.device.name, there.dtype, there.shape) == ("cuda", here.dtype, here.shape)
        assert there.tolist() == here.tolist()
    assert minigrad.empty_like(like).is_cuda and minigrad.zeros_like(like).is_cuda and tensor(like).is_cuda


def test_copies_and_pickles_stay_on_the_device() -> None:
    x = on("cuda", 1, 2)
    x.grad = on("cuda", 3, 4, requires_grad=False)
    for y in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert (y.device.name, y.tolist(), y.requires_grad) == ("cuda", [1, 2], True)
    assert copy.deepcopy(x).grad.is_cuda
    assert pickle.loads(pickle.dumps(x.device)) is x.device


def test_numpy_reads_the_cpu_only() -> None:
    x = on("cuda", 1)
    for read in (x.numpy, lambda: numpy.asarray(x)):
        with pytest.raises(DeviceError, match=r"t\.cpu\(\)\.numpy\(\)"):
            read()


# -- where devices meet ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "meet",
    [
        lambda x, y: x * y,
        lambda x, y: y * x,
        lambda x, y: minigrad.where(y > 0, x, y),
        lambda x, y: minigrad.cat([y, x]),
        lambda x, y: x @ y,
        lambda x, y: minigrad.lerp(x, x, y),
    ],
)
def test_tensors_on_two_devices_are_an_error_that_names_both(meet) -> None:
    with pytest.raises(DeviceError) as raised:
        meet(on("cpu", 1, 2), on("cuda", 1, 2))
    text = str(raised.value)
    assert "on 'cpu'" in text and "on 'cuda'" in text and '.to("cuda")' in text
    assert text.startswith(("mul:", "where:", "cat:", "matmul:", "lerp:"))


def test_the_input_that_is_elsewhere_is_named() -> None:
    with pytest.raises(DeviceError, match=r'try:      y\.to\("cuda"\)'):
        on("cuda", 1, 2) + on("cpu", 1, 2)


def test_a_number_of_the_cpu_may_stand_beside_any_tensor() -> None:
    scale, x = tensor(3.0, requires_grad=True), on("cuda", 1, 2)
    for z in (scale * x, x * scale):
        assert z.is_cuda and z.tolist() == [3, 6]
    (scale * x).sum().backward()
    assert (scale.grad.device.name, scale.grad.item()) == ("cpu", 3)
    assert (x.grad.tolist(), (x + 1).tolist(), (2 / x).tolist()) == ([3, 3], [2, 3], [2, 1])
    with pytest.raises(DeviceError, match="matmul"):  # only where it would be broadcast anyway
        x @ tensor(3.0)
    with pytest.raises(DeviceError):  # a number of the GPU goes nowhere: that would wait for it
        on("cpu", 1, 2) * on("cuda", 3).sum()


def test_arrays_of_numpy_are_copied_to_where_the_tensors_are() -> None:
    x = on("cuda", 1, 2)
    z = x * numpy.array([3, 4], "float32") + numpy.float32(1)
    assert z.is_cuda and z.tolist() == [4, 9]
    device = x.device
    product = minigrad.mul(numpy.array([3, 4], "float32"), x.array)  # as gradient rules may write it
    assert type(product) is device.array_type and device.to_numpy(product).tolist() == [3, 8]


def test_the_gradient_to_begin_with_lies_with_the_output() -> None:
    x = on("cuda", 1, 2)
    with pytest.raises(DeviceError, match="gradient is on another device"):
        (x * 2).backward(ones(2))


# -- indices, views and writing in place ------------------------------------------------------------------------------


def test_an_index_is_on_the_cpu_or_where_the_tensor_is() -> None:
    x = arange(12, device="cuda").reshape(3, 4)
    rows = tensor([2, 0])
    assert x[rows].tolist() == x[rows.cuda()].tolist() == [[8, 9, 10, 11], [0, 1, 2, 3]]
    assert x[1, 1:3].tolist() == [5, 6] and x[tensor(1, device="cuda")].tolist() == [4, 5, 6, 7]
    assert x[x > 9].tolist() == [10, 11]
    with pytest.raises(DeviceError, match=r"index\.cpu\(\)"):
        x.cpu()[rows.cuda()]
    with pytest.raises(DTypeError, match="cannot be an index"):
        x[ones(2, device="cuda")]


def test_an_index_that_is_not_there_is_told_when_results_are_waited_for() -> None:
    x = arange(3, device="cuda")
    z = x[tensor([0, 5], device="cuda")]
    with pytest.raises(IndexingError, match="index 5 in a dimension of size 3"):
        minigrad.cuda.synchronize()
    minigrad.cuda.synchronize()
    assert z[0].item() == 0


def test_views_share_memory_and_writes_reach_it() -> None:
    x = zeros(3, 4, device="cuda")
    row, turned = x[1], x.T
    row += 1
    turned[0, 2] = 7
    x[:, 3] = tensor([4.0, 5.0, 6.0])  # of the CPU: a write may come from elsewhere
    assert x.tolist() == [[0, 0, 0, 4], [1, 1, 1, 5], [7, 0, 0, 6]]
    x.copy_(ones(4))
    assert row.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize(("here", "there"), [("cpu", "cuda"), ("cuda", "cpu")])
def test_what_is_written_may_come_from_another_device(here: str, there: str) -> None:
    x = on(there, 1, 2)
    z = zeros(3, device=here)
    z[1:] = x
    z[tensor([0])] = x.detach()[1]
    (z * z).sum().backward()
    assert (z.device.name, z.tolist()) == (here, [2, 1, 2])
    assert (x.grad.device.name, x.grad.tolist()) == (there, [2, 4])
    assert zeros(2, device=here).copy_(x.detach()).tolist() == [1, 2]


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_write_inside_a_graph_changes_history(device: str) -> None:
    x = on(device, 1, 2, 3)
    y = x * 2
    part = y[1:]
    part *= 10
    y[0] = x[2].detach()
    (y * y).sum().backward()
    assert x.grad.tolist() == [0, 2 * 20 * 40, 2 * 20 * 60]
    x.grad = None
    z = x.exp()
    z.mul_(2)
    with pytest.raises(OverwrittenError, match="mul_"):
        z.sum().backward()
    with pytest.raises(GraphError):
        x.add_(1)


def test_a_result_elsewhere_cannot_be_written_here() -> None:
    number = tensor(1.0)
    with pytest.raises(DeviceError, match="add_: the result is on another device"):
        number.add_(on("cuda", 1).sum())


# -- gradients -------------------------------------------------------------------------------------------------------


def test_gradients_accumulate_and_hooks_see_them_on_the_device() -> None:
    x = on("cuda", 1, 2)
    seen = []
    x.register_hook(lambda g: seen.append(g.device.name))
    y = x * 3
    y.retain_grad()
    for _ in range(2):
        y.sum().backward(retain_graph=True)
    assert (x.grad.tolist(), y.grad.tolist(), seen) == ([6, 6], [2, 2], ["cuda", "cuda"])


def test_gradcheck_works_there() -> None:
    x = tensor([0.3, -1.2, 2.0], dtype="float64", device="cuda", requires_grad=True)
    f = lambda x: (x.exp() * x.tanh()).sum()
    assert minigrad.check.gradcheck(f, x).checked == 3 and minigrad.check.gradgradcheck(f, x).checked == 9
