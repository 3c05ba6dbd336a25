"""What bad input gets: an error in three parts, naming what was got, what was expected and what to try."""

from collections.abc import Callable

import numpy
import pytest

import minigrad
from minigrad import autograd, errors, tensor
from minigrad.errors import DeviceError, DTypeError, GraphError, IndexingError, MinigradError, ShapeError
from minigrad.graph import Graph


def x(*shape: int) -> minigrad.Tensor:
    return minigrad.ones(*shape, requires_grad=True)


def twice() -> None:
    y = (x() * x()).exp()
    y.backward()
    y.backward()


# What is called, the kind of error, and what its text must hold.
BAD: dict[str, tuple[Callable, type, list[str]]] = {
    "shapes that do not broadcast": (lambda: x(2, 3) + x(2), ShapeError, ["add", "(2, 3)", "(2,)", "sizes 2 and 3"]),
    "an array that does not broadcast": (lambda: x(2, 3) * numpy.ones(4), ShapeError, ["mul", "(2, 3)", "(4,)"]),
    "inner sizes of a product": (lambda: x(2, 3) @ x(2, 3), ShapeError, ["matmul", "(2, 3) @ (2, 3)", "y.mT"]),
    "a product with a number": (lambda: x(2, 3) @ x(), ShapeError, ["matmul", "x * y"]),
    "another number of elements": (lambda: x(2, 3).reshape(4, 2), ShapeError, ["reshape", "(2, 3)", "(4, 2)"]),
    "two unknown sizes": (lambda: x(2, 3).reshape(-1, -1), ShapeError, ["reshape", "(-1, -1)"]),
    "not a permutation": (lambda: x(2, 3).permute(0, 0), ShapeError, ["permute", "(0, 0)", "transpose"]),
    "repeating what is not 1": (lambda: x(2).broadcast_to(3), ShapeError, ["broadcast_to", "(2,)", "(3,)"]),
    "joining different sizes": (lambda: minigrad.cat([x(2, 3), x(2, 2)]), ShapeError, ["cat", "(2, 3), (2, 2)", "stack"]),
    "joining nothing": (lambda: minigrad.cat([]), MinigradError, ["cat"]),
    "stacking different shapes": (lambda: minigrad.stack([x(2), x(3)]), ShapeError, ["stack", "(2,), (3,)", "cat"]),
    "sections that do not add up": (lambda: minigrad.split(x(5), [2, 2]), ShapeError, ["split", "[2, 2]", "size 5"]),
    "no such dimension": (lambda: x(2, 3).sum(2), IndexingError, ["sum", "dim=2", "-2 to 1", "x.ndim"]),
    "a dimension twice": (lambda: x(2, 3).sum((0, -2)), ShapeError, ["sum", "twice", "(0, -2)"]),
    "the maximum of nothing": (lambda: x(0, 3).amax(0), ShapeError, ["amax", "(0, 3)"]),
    "the place of the maximum of nothing": (lambda: x(0).argmax(), ShapeError, ["argmax", "(0,)"]),
    "the mean of integers": (lambda: tensor([1, 2]).mean(), DTypeError, ["mean", "int64", "x.float()"]),
    "a text among the inputs": (lambda: x(2) + "a", DTypeError, ["add", "str", "tensor"]),
    "an object among the inputs": (lambda: x(2) * object(), DTypeError, ["mul", "object"]),
    "an unknown argument": (lambda: x(2).sum(dims=0), DTypeError, ["sum(x, dim=None, keepdim=False, dtype=None)", "dims"]),
    "a missing argument": (lambda: minigrad.softmax(x(2)), DTypeError, ["softmax(x, dim)", "help(minigrad.softmax)"]),
    "rows of unequal length": (lambda: tensor([[1.0], [1.0, 2.0]]), DTypeError, ["nested lists of equal lengths", "pad"]),
    "text as data": (lambda: tensor(["a"]), DTypeError, ["not numbers"]),
    "an unknown device": (lambda: tensor(1.0, device="tpu"), DeviceError, ["'tpu'", "'cpu'"]),
    "a device that is not there": (lambda: tensor(1.0).to("mps"), DeviceError, ["'mps'", "'cpu' or 'cuda'"]),
    "an unknown backend": (lambda: minigrad.backend("torch"), DeviceError, ["'torch'", "'numpy', 'numba' or 'auto'"]),
    "backward of several elements": (lambda: (x(3) * 2).backward(), GraphError, ["(3,)", "sum().backward()"]),
    "backward of nothing recorded": (lambda: tensor(1.0).backward(), GraphError, ["nothing was recorded", "requires_grad=True"]),
    "backward of something detached": (lambda: (x() * 2).detach().backward(), GraphError, ["detach()"]),
    "a second backward": (twice, GraphError, ["freed", "retain_graph=True"]),
    "a gradient of another shape": (lambda: (x(2) * 2).backward(minigrad.ones(3)), ShapeError, ["(3,)", "(2,)"]),
    "an unused input": (lambda: autograd.grad(x() * 2, x()), GraphError, ["allow_unused=True"]),
    "the truth of several": (lambda: bool(x(2) > 0), DTypeError, ["(2,)", "any() or t.all()"]),
    "the number of several": (lambda: x(2).item(), DTypeError, ["item", "(2,)", "tolist()"]),
    "the length of a number": (lambda: len(x()), DTypeError, ["item()"]),
    "a float as an index": (lambda: range(tensor(1.0)), DTypeError, ["float32", "long()"]),
    "gradients of integers": (lambda: tensor([1]).requires_grad_(), DTypeError, ["int64", "float()"]),
    "a copy of a result": (lambda: __import__("copy").deepcopy(x() * 2), GraphError, ["detach().clone()"]),
    "two graphs": (lambda: Graph().placeholder("a", ()) + Graph().placeholder("b", ()), GraphError, ["different graphs"]),
    "a placeholder that is not fed": (lambda: (g := Graph()).run(g.placeholder("a", (2,)) * 2), GraphError, ["'a'", "(2,)"]),
    "a symbol as a number": (lambda: float(Graph().placeholder("a", ())), GraphError, ["'a'", "graph.run"]),
    "a symbol as a truth": (lambda: bool(Graph().placeholder("a", ()) > 0), GraphError, ["minigrad.where"]),
    "declared shapes that do not broadcast": (lambda: Graph().placeholder("a", (2, 3)) * [1, 2], ShapeError, ["(2, 3), (2,)"]),
    "gradients of nothing": (lambda: minigrad.graph.gradients([], []), GraphError, ["at least one symbol"]),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_a_teaching_error(name: str) -> None:
    call, kind, parts = BAD[name]
    with pytest.raises(kind) as raised:
        call()
    error = raised.value
    for part in parts:
        assert part in str(error)
    assert error.what and error.hint, "what happened, and what to try"
    assert error.got or error.expected
    assert str(error).splitlines()[-1] == f"  try:      {error.hint}"


def test_each_kind_is_caught_as_pythons_own_too() -> None:
    for kind, own in {ShapeError: ValueError, DTypeError: TypeError, IndexingError: IndexError}.items():
        assert issubclass(kind, own) and issubclass(kind, MinigradError)
    assert issubclass(errors.OverwrittenError, GraphError)


def test_the_users_own_error_is_not_wrapped() -> None:
    def hook(g):
        raise KeyError("mine")

    y = x() * 2
    y.register_hook(hook)
    with pytest.raises(KeyError, match="mine"):
        y.backward()


def test_a_failed_operation_leaves_nothing_behind() -> None:
    w = x(2)
    with pytest.raises(ShapeError):
        w + x(3)
    (w * 2).sum().backward()
    assert w.grad.tolist() == [2.0, 2.0]


def test_a_notebook_without_numba_falls_back_to_numpy(monkeypatch) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "numba" else find(name, *rest))
    with pytest.raises(DeviceError, match="needs Numba, which is not installed") as raised:
        minigrad.backend("numba")
    assert "pip install" in raised.value.hint
    minigrad.backend("auto")
    assert (minigrad.ones(3) * 2).tolist() == [2.0, 2.0, 2.0]
