"""What looks at programs, or keeps them, where tensors are on device="cuda": films, anomalies, graphs, the other front ends."""

import numpy
import pytest
from cuda_cases import ON_A_GPU

import minigrad
from minigrad import caffe, tensor, tf1
from minigrad.errors import AnomalyError, DeviceError
from minigrad.graph import Graph


def vector(*values: float) -> minigrad.Tensor:
    return tensor(list(values), device="cuda", requires_grad=True)


def test_a_film_keeps_copies() -> None:
    with minigrad.record() as film:
        x = vector(1.0, 2.0)
        y = x[tensor([1, 0], device="cuda")] * x
        y.sum().backward()
        x.detach().fill_(0)
    assert film.vertices[0].value.array.tolist() == [1, 2]
    assert next(v for v in film.vertices if v.op == "mul").value.array.tolist() == [2, 2]
    assert [s.total.array.tolist() for s in film.steps if s.kind == "accumulate"] == [[4, 2]]


def test_the_first_nan_is_found() -> None:
    with minigrad.detect_anomaly(), pytest.raises(AnomalyError, match=r"`log` made the first NaN"):
        vector(-1.0, 1.0).log()
    with minigrad.detect_anomaly(), pytest.raises(AnomalyError, match="gradient of `sqrt`"):
        (vector(0.0).sqrt() * 0).sum().backward()


@pytest.mark.parametrize(
    "there",
    [lambda x: (x.to("cuda") * 2).cpu(), lambda x: x * 2 + minigrad.zeros(2, device="cuda").cpu()],
    ids=["carried there", "made there"],
)
def test_a_compiled_function_may_visit_the_device(there) -> None:
    visit = minigrad.compile(there)
    for _ in range(3):
        assert visit(tensor([1.0, 2.0])).tolist() == [2, 4]
    assert "tensors are on the devices 'cpu' and 'cuda'" in str(visit.explain())


@pytest.mark.parametrize(
    "hand_over",
    [
        lambda x: tf1.constant(x),
        lambda x: tf1.Session().run((p := tf1.placeholder(tf1.float32, [2])) * 2.0, {p: x}),
        lambda x: Graph().constant(x),
        lambda x: (g := Graph()).run((p := g.placeholder("p", (2,))) * 2, {p: x}),
        lambda x: Graph().placeholder("p", (2,)) * x,
        lambda x: caffe.Blob([2]).data.__setitem__(slice(None), x),
    ],
    ids=["tf1.constant", "feed_dict", "Graph.constant", "Graph.run", "a symbol", "Caffe's blob"],
)
def test_graphs_and_the_other_front_ends_stay_on_the_cpu(hand_over) -> None:
    with pytest.raises(DeviceError, match=r"t\.cpu\(\)"):
        hand_over(vector(1.0, 2.0).detach())


def test_an_operation_of_the_users_own_has_a_kernel_for_each_device() -> None:
    kernel = lambda x: x * x * x
    try:

        @minigrad.op(shape=minigrad.shapes.same, saves="x", kernel=kernel)
        def cube_for_the_device(g, z, x):
            r"""The cube. From :math:`dz = 3 x^2 dx`."""
            return (3 * x * x * g,)

        x = vector(1.0, 2.0)
        with pytest.raises(DeviceError, match=r"register_kernel\('cube_for_the_device', function, device='cuda'\)"):
            cube_for_the_device(x)
        minigrad.register_kernel("cube_for_the_device", kernel, device="cuda")
        z = cube_for_the_device(x)
        z.sum().backward()
        assert (z.tolist(), x.grad.tolist()) == ([1, 8], [3, 12])
    finally:
        minigrad.OPS.pop("cube_for_the_device", None)
        minigrad.get_device("cuda").table.pop("cube_for_the_device", None)


def test_the_memory_is_counted_limited_and_given_back(limited: None) -> None:
    cuda = minigrad.cuda
    cuda.empty_cache()
    before, held = cuda.memory_allocated(), cuda.memory_reserved()
    cuda.reset_peak_memory_stats()
    x = minigrad.zeros(1000, device="cuda")
    assert cuda.memory_allocated() - before == 4096 <= cuda.memory_reserved()
    del x
    assert cuda.memory_allocated() == before and cuda.max_memory_allocated() == before + 4096
    cuda.empty_cache()
    assert cuda.memory_reserved() == cuda.memory_stats()["reserved_bytes.all.current"] == held
    cuda.set_memory_limit(cuda.memory_reserved() + 512)
    with pytest.raises(cuda.OutOfMemoryError, match="too little memory"):
        minigrad.ones(1000, device="cuda")
    small = minigrad.ones(1, device="cuda")
    with pytest.raises(cuda.OutOfMemoryError):
        small.expand(1000).clone()
    if ON_A_GPU:
        cuda.set_per_process_memory_fraction(0.5)
        assert minigrad.ones(1000, device="cuda").sum().item() == 1000
    else:
        with pytest.raises(DeviceError, match="set_memory_limit"):
            cuda.set_per_process_memory_fraction(0.5)


def test_what_the_device_is() -> None:
    cuda = minigrad.cuda
    assert cuda.is_available() and cuda.is_initialized() and cuda.why_unavailable() is None
    assert cuda.is_simulated() is not ON_A_GPU
    assert (cuda.device_count(), cuda.current_device()) == (1, 0)
    assert (cuda.get_device_name("cuda") == "simulator") is not ON_A_GPU
    with pytest.raises(DeviceError, match="CUDA_VISIBLE_DEVICES"):
        minigrad.zeros(1, device="cuda:1")
    assert numpy.isfinite(cuda.get_device_properties().total_memory)
