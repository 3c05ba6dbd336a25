"""Generated kernels of the device: those that gradient rules become, and those that a reader is shown."""

import numpy as np
import pytest

import minigrad
from minigrad import fused_rules
from minigrad.autograd import grad
from minigrad.errors import DeviceError, GraphError

SHAPE = (32, 257)  # more elements than `LARGE`


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch) -> None:
    monkeypatch.setattr(fused_rules, "_known", {})


def kernels() -> dict[str, str]:
    """The rules of the device that became kernels, and which threads take what."""
    known = ((key, rule) for key, rule in fused_rules._known.items() if rule is not None and key[1].name == "cuda")
    return {key[0].__name__: rule.graph.kernel.by for key, rule in known}


PROGRAMS = {
    "gelu": (minigrad.gelu, "elements"),
    "tanh": (minigrad.tanh, "elements"),
    "softmax": (lambda x: minigrad.softmax(x, dim=-1), "blocks"),
    "div": (lambda x: 1.5 / (x * x + 1), "elements"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_large_array_gets_the_gradients_of_the_cpu(name) -> None:
    function, by = PROGRAMS[name]
    values = np.random.default_rng(0).standard_normal(SHAPE).astype("float32")
    weights = np.linspace(0.5, 1.5, values.size, dtype="float32").reshape(SHAPE)
    found = []
    for device in ("cpu", "cuda"):
        x = minigrad.tensor(values, requires_grad=True, device=device)
        with minigrad.backend("auto" if name == "tanh" else "numpy"):  # one is fused on both, and learnt apart
            found += grad(function(x), [x], minigrad.tensor(weights, device=device))
    assert kernels()[name] == by
    np.testing.assert_allclose(found[1].cpu().numpy(), found[0].numpy(), rtol=1e-4, atol=1e-6)


def test_a_reader_is_shown_the_kernel_of_the_device() -> None:
    x, y = (minigrad.randn(3, 40, device="cuda") for _ in range(2))
    kernel = minigrad.show_kernel(lambda height, width: minigrad.softmax(height * 0.3, dim=-1) * width, x, y)
    assert "for i in range(cuda.blockIdx.x" in kernel.source and "warp_sum" in kernel.source
    z = kernel(x, y)
    assert z.device.name == "cuda"
    expected = minigrad.softmax(x.cpu() * 0.3, dim=-1) * y.cpu()
    np.testing.assert_allclose(z.cpu().numpy(), expected.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(kernel(x, y.cpu().numpy()).cpu().numpy(), z.cpu().numpy())  # an array is taken there


def test_the_gradient_of_an_expression_is_shown_too() -> None:
    x = minigrad.randn(5, device="cuda")
    kernel = minigrad.show_kernel(lambda x: minigrad.tanh(x * x), x, backward=True)
    values = x.cpu().numpy()
    found = kernel(x, minigrad.ones(5, device="cuda")).cpu().numpy()
    np.testing.assert_allclose(found, 2 * values * (1 - np.tanh(values**2) ** 2), rtol=1e-4, atol=1e-6)


def test_a_kernel_is_for_one_device() -> None:
    x = minigrad.randn(5, device="cuda")
    kernel = minigrad.show_kernel(lambda x: x * x, x)
    with pytest.raises(DeviceError, match=r"on another device.*\n.*'cpu'.*\n.*'cuda'"):
        kernel(x.cpu())
    with pytest.raises(GraphError, match="a row, and 1 of 65536 elements"):
        minigrad.show_kernel(lambda x: (x * x).sum(dim=-1), minigrad.zeros(1 << 16, device="cuda"))
