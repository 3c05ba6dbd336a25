"""Every operation against PyTorch: values and gradients, on the operations' own samples, in both precisions."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy
import pytest
from op_cases import CASES, LIBRARY, WITHOUT_SAMPLES, Case, is_floating
from peers import DIFFERENT, WITHOUT_PEER

import minigrad

# Functions that take tensors only, where ours take Python numbers too.
TENSORS_ONLY = {"maximum", "minimum"}


def named_alike(torch: ModuleType, name: str) -> Callable | None:
    """PyTorch's function of that name."""
    return getattr(torch, name, None) or getattr(torch.nn.functional, name, None)


def peer(torch: ModuleType, case: Case, inputs: tuple) -> Any:
    if case.op.name in DIFFERENT:
        return DIFFERENT[case.op.name](torch, *inputs, **case.parameters)
    function = named_alike(torch, case.op.name)
    assert function is not None, f"{case.op.name} has no peer in PyTorch of that name: tests/peers/"
    return function(*inputs, **case.parameters)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_value_and_gradients(case: Case, dtype: str, torch: ModuleType, count: Callable) -> None:
    tolerance = {"rtol": 1e-5, "atol": 1e-6} if dtype == "float32" else {"rtol": 1e-12, "atol": 1e-13}
    arrays = case.arrays(dtype)
    ours = case.tensors(dtype)
    theirs = tuple(torch.tensor(x, requires_grad=is_floating(x)) if isinstance(x, numpy.ndarray) else x for x in arrays)
    z, expected = case(ours), peer(torch, case, theirs)
    numpy.testing.assert_allclose(z.numpy(), expected.detach().numpy(), **tolerance, strict=True)
    if case.op.rule is None:
        assert not z.requires_grad
        return
    weights = numpy.linspace(0.5, 1.5, z.numel()).reshape(z.shape).astype(z.dtype)
    z.backward(weights)
    expected.backward(torch.tensor(weights))
    for x, y in zip(ours, theirs, strict=True):
        if isinstance(x, minigrad.Tensor) and x.requires_grad:
            numpy.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), **tolerance, strict=True)
            count("gradient elements against PyTorch", x.numel())


def test_every_op_has_a_peer_or_a_reason(torch: ModuleType) -> None:
    for name in LIBRARY.keys() - WITHOUT_SAMPLES.keys():  # those have a test and a reason of their own
        known = name in DIFFERENT or named_alike(torch, name) is not None
        assert known != (name in WITHOUT_PEER), name


EXTREME = numpy.array([-1000.0, -90.0, -20.0, -0.5, 0.0, 0.5, 20.0, 90.0, 1000.0, numpy.inf, -numpy.inf, numpy.nan])
# Not `sign`: NumPy's and ours keeps a NaN, PyTorch's makes 0 of it.
UNARY = ["exp", "log", "sqrt", "tanh", "erf", "sigmoid", "relu", "abs", "isnan", "isfinite"]


@pytest.mark.parametrize("name", UNARY)
def test_extreme_values(name: str, torch: ModuleType, backend: str) -> None:
    z = getattr(minigrad, name)(minigrad.tensor(EXTREME))
    numpy.testing.assert_allclose(
        z.numpy(), getattr(torch, name)(torch.tensor(EXTREME)).numpy(), rtol=1e-12, strict=True
    )


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "maximum", "minimum", "pow", "remainder", "floor_divide"])
def test_extreme_pairs(name: str, torch: ModuleType) -> None:
    values = numpy.concatenate([EXTREME, [2.0, -3.0]])
    x, y = (a.reshape(-1) for a in numpy.meshgrid(values, values))
    z = getattr(minigrad, name)(minigrad.tensor(x), minigrad.tensor(y)).numpy()
    numpy.testing.assert_allclose(z, getattr(torch, name)(torch.tensor(x), torch.tensor(y)).numpy(), rtol=1e-12)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_softmax_family_neither_overflows_nor_divides_by_zero(name: str, torch: ModuleType, backend: str) -> None:
    rows = numpy.array([[1e4, 1e4, 0.0], [-1e4, -1e4, -1e4], [0.0, -numpy.inf, 1.0], [1e308, 1.0, -1e308]])
    ours, theirs = minigrad.tensor(rows, requires_grad=True), torch.tensor(rows, requires_grad=True)
    z, expected = getattr(minigrad, name)(ours, dim=1), getattr(torch, name)(theirs, dim=1)
    numpy.testing.assert_allclose(z.numpy(), expected.detach().numpy(), rtol=1e-12)
    minigrad.where(minigrad.isfinite(z), z, 0.0).sum().backward()
    torch.where(torch.isfinite(expected), expected, 0.0).sum().backward()
    numpy.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=1e-12, atol=1e-15)


KINKS = {
    "abs": (0.0,), "relu": (0.0,), "maximum": (1.0, 1.0), "minimum": (1.0, 1.0), "pow": (0.0, 0.0), "clamp": (1.0,),
}  # fmt: skip


@pytest.mark.parametrize("name", KINKS)
def test_at_a_kink_the_gradient_is_pytorchs(name: str, torch: ModuleType) -> None:
    parameters = {"max": 1.0} if name == "clamp" else {}
    ours = [minigrad.tensor(v, requires_grad=True) for v in KINKS[name]]
    theirs = [torch.tensor(v, requires_grad=True) for v in KINKS[name]]
    getattr(minigrad, name)(*ours, **parameters).backward()
    getattr(torch, name)(*theirs, **parameters).backward()
    assert [x.grad.item() for x in ours] == [x.grad.item() for x in theirs]


def test_equal_maxima_share_the_gradient_as_in_pytorch(torch: ModuleType) -> None:
    rows = [[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]
    for name in ("amax", "amin"):
        ours, theirs = minigrad.tensor(rows, requires_grad=True), torch.tensor(rows, requires_grad=True)
        getattr(ours, name)(1).sum().backward()
        getattr(theirs, name)(1).sum().backward()
        assert ours.grad.tolist() == theirs.grad.tolist()


@pytest.mark.parametrize("targets", [[0, -100, 2, -100], [-100] * 4])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_cross_entropy_leaves_ignored_targets_out(targets, smoothing, reduction, torch, backend) -> None:
    logits = numpy.random.default_rng(0).standard_normal((4, 3))
    options = {"reduction": reduction, "label_smoothing": smoothing}
    ours, theirs = minigrad.tensor(logits, requires_grad=True), torch.tensor(logits, requires_grad=True)
    z = minigrad.cross_entropy(ours, minigrad.tensor(targets), **options)
    expected = torch.nn.functional.cross_entropy(theirs, torch.tensor(targets), **options)
    numpy.testing.assert_allclose(z.numpy(), expected.detach().numpy(), rtol=1e-12)
    z.sum().backward()
    expected.sum().backward()
    numpy.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=1e-12)


COMPOSED: dict[str, Callable] = {
    "square": lambda m, x: m.square(x),
    "rsqrt": lambda m, x: m.rsqrt(x * x + 1),
    "reciprocal": lambda m, x: m.reciprocal(x * x + 1),
    "transpose": lambda m, x: m.transpose(x, 0, -1),
    "flatten": lambda m, x: m.flatten(x, 1),
    "squeeze": lambda m, x: m.squeeze(x[:1, :, :1]),
    "squeeze one": lambda m, x: m.squeeze(x[:1, :, :1], 0),
    "unsqueeze": lambda m, x: m.unsqueeze(x, -2),
    "split": lambda m, x: m.split(x, 2, 1)[1],
    "split by sizes": lambda m, x: m.split(x, [1, 2], dim=1)[1],
    "max": lambda m, x: m.max(x),
    "max along": lambda m, x: m.max(x, 1).values,
    "min along": lambda m, x: m.min(x, dim=-1, keepdim=True).values,
    "std": lambda m, x: m.std(x, 1),
    "std, biased": lambda m, x: m.std(x, dim=(0, 2), correction=0),
}


@pytest.mark.parametrize("name", COMPOSED)
def test_what_is_composed_of_operations(name: str, torch: ModuleType) -> None:
    data = numpy.random.default_rng(1).standard_normal((2, 3, 4))
    ours, theirs = minigrad.tensor(data, requires_grad=True), torch.tensor(data, requires_grad=True)
    z, expected = COMPOSED[name](minigrad, ours), COMPOSED[name](torch, theirs)
    numpy.testing.assert_allclose(z.numpy(), expected.detach().numpy(), rtol=1e-12, strict=True)
    weights = numpy.linspace(0.5, 1.5, z.numel()).reshape(z.shape)
    z.backward(weights)
    expected.backward(torch.tensor(weights))
    numpy.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=1e-12, strict=True)
