"""Elements named by tensors of indices: PyTorch's functions, places named twice, bad indices, and what has no fixed shape."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy
import pytest

import minigrad
from minigrad import tensor
from minigrad.errors import DTypeError, GraphError, IndexingError, ShapeError
from minigrad.graph import Graph, gradients

PLACES = numpy.array([[0, 2, 1], [1, 1, 0]])
# `i` is an index of shape (2, 3), `s` a source of shape (2, 3, 4) like `x`.
FORMS: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
    "gather": lambda m, x, i, s: x[0].gather(0, i),
    "gather from a larger one": lambda m, x, i, s: m.gather(x[0], 1, i[:1, :2]),
    "gather in three dimensions": lambda m, x, i, s: m.gather(x, -1, i[:, :, None]),
    "scatter": lambda m, x, i, s: x[0].scatter(1, i[:, :2], s[1, :2, :2]),
    "scatter of a number": lambda m, x, i, s: m.scatter(x[0], 0, i[:1], 2.5),
    "scatter_add": lambda m, x, i, s: x[0].scatter_add(0, i, s[0, :2, :3]),
    "scatter_add into a larger one": lambda m, x, i, s: m.scatter_add(x[0], 1, i[:, :2], s[1, :2, :2]),
    "index_select": lambda m, x, i, s: x.index_select(2, i[0]),
    "index_select of one": lambda m, x, i, s: m.index_select(x, -2, i[0, 1]),
    "index_add": lambda m, x, i, s: x.index_add(1, i[1], s, alpha=-2),
    "index_add at the end": lambda m, x, i, s: m.index_add(x, -1, i[0, :2], s[..., :2]),
    "masked_select": lambda m, x, i, s: x.masked_select(x > 0),
    "masked_select, broadcast": lambda m, x, i, s: m.masked_select(x, i[0][:, None] > 0),
    "take_along_dim, broadcast": lambda m, x, i, s: m.take_along_dim(x, i[:1, :, None], 1),
    "nonzero as an index": lambda m, x, i, s: x[m.nonzero(x > 0, as_tuple=True)],
    "a mask written to": lambda m, x, i, s: write(x * 1, x > 0, s[x > 0]),
    "a mask and a slice": lambda m, x, i, s: x[i[0] > 0, 1:] if x.shape[0] == 3 else x[:, i[0] > 0, 1:],
    "indices apart": lambda m, x, i, s: x[i[1], :, i[1]],
    "indices beside": lambda m, x, i, s: x[:, i, 1:3],
    "indices and None": lambda m, x, i, s: x[None, ..., i],
}


def write(x: Any, index: Any, value: Any) -> Any:
    x[index] = value
    return x


@pytest.mark.parametrize("name", FORMS)
def test_as_in_pytorch(name: str, torch: ModuleType) -> None:
    stream = numpy.random.default_rng(1)
    data, source = stream.standard_normal((2, 3, 4)), stream.standard_normal((2, 3, 4))
    if name == "indices apart":
        data = data[:, :, :2].copy()
    found = []
    for m in (minigrad, torch):
        x, s = m.tensor(data, requires_grad=True), m.tensor(source, requires_grad=True)
        z = FORMS[name](m, x, m.tensor(PLACES), s)
        weights = numpy.linspace(0.5, 1.5, z.numel()).reshape(z.shape)
        (z * m.tensor(weights)).sum().backward()
        found.append((z.detach().numpy(), x.grad.numpy(), None if s.grad is None else s.grad.numpy()))
    (z, gx, gs), (expected, expected_gx, expected_gs) = found
    numpy.testing.assert_allclose(z, expected, rtol=1e-12, strict=True)
    numpy.testing.assert_allclose(gx, expected_gx, rtol=1e-12, strict=True)
    assert (gs is None) == (expected_gs is None)
    if gs is not None:
        numpy.testing.assert_allclose(gs, expected_gs, rtol=1e-12, strict=True)


@pytest.mark.parametrize("name", ["scatter", "scatter_add", "index_add"])
def test_in_place(name: str, torch: ModuleType) -> None:
    for m in (minigrad, torch):
        x = m.zeros(2, 3)
        index = m.tensor([1, 1]) if name == "index_add" else m.tensor([[1, 1, 0]])
        assert getattr(x, name + "_")(0, index, m.ones(2, 3)) is x
        assert (
            x.tolist()
            == {
                "scatter": [[0.0, 0.0, 1.0], [1.0, 1.0, 0.0]],
                "scatter_add": [[0.0, 0.0, 1.0], [1.0, 1.0, 0.0]],
                "index_add": [[0.0, 0.0, 0.0], [2.0, 2.0, 2.0]],
            }[name]
        )


@pytest.mark.parametrize("values", [[[0.0, 2.0], [3.0, 0.0]], [0.0, 0.0], 5.0, 0.0, []])
def test_nonzero(values: Any, torch: ModuleType) -> None:
    x, y = tensor(values), torch.tensor(values)
    for z in (minigrad.nonzero(x), minigrad.argwhere(x), x.nonzero()):
        numpy.testing.assert_array_equal(z.numpy(), y.nonzero().numpy(), strict=True)
    ours, theirs = x.nonzero(as_tuple=True), y.nonzero(as_tuple=True)
    assert [z.tolist() for z in ours] == [z.tolist() for z in theirs]


def test_one_hot_as_in_pytorch(torch: ModuleType) -> None:
    for classes in (-1, 5):
        for numbers in (numpy.array([[0, 2], [3, 1]]), numpy.array(2)):
            z = minigrad.one_hot(tensor(numbers), classes)
            expected = torch.nn.functional.one_hot(torch.tensor(numbers), classes)
            numpy.testing.assert_array_equal(z.numpy(), expected.numpy(), strict=True)


def test_the_row_for_padding_receives_no_gradient(torch: ModuleType) -> None:
    numbers, table = numpy.array([[0, 2, 1], [2, 2, 0]]), numpy.random.default_rng(0).standard_normal((3, 2))
    for padding in (None, 2, -3):
        grads = []
        for m, f in ((minigrad, minigrad), (torch, torch.nn.functional)):
            w = m.tensor(table, requires_grad=True)
            (f.embedding(m.tensor(numbers), w, padding_idx=padding) * 2).sum().backward()
            grads.append(w.grad.tolist())
        assert grads[0] == grads[1]


def test_a_graph_looks_up_by_indices_that_are_not_there_yet() -> None:
    graph = Graph()
    words, table = graph.placeholder("words", (2, 2), "int64"), graph.placeholder("table", (3, 2), "float64")
    z = (minigrad.embedding(words, table) * 3).sum()
    (g,) = gradients(z, [table])
    feeds = {words: numpy.array([[0, 2], [2, 2]]), table: numpy.ones((3, 2))}
    assert graph.run(g, feeds).tolist() == [[3.0, 3.0], [0.0, 0.0], [9.0, 9.0]]


def test_a_graph_cannot_know_how_many_there_will_be() -> None:
    x = Graph().placeholder("x", (4,), "int64")
    with pytest.raises(GraphError, match="nonzero: how many elements are not 0 is known only"):
        minigrad.nonzero(x)
    with pytest.raises(GraphError, match="one_hot: the number of classes depends on values"):
        minigrad.one_hot(x)
    assert minigrad.one_hot(x, 3).shape == (4, 3)


WRONG: dict[str, tuple[Callable[[Any], Any], type, str]] = {
    "gather": (lambda x: x.gather(0, tensor([[0, 0, 0, 0]])), ShapeError, "larger than the tensor"),
    "gather ": (lambda x: x.gather(0, tensor([[9, 0, 0]])), IndexingError, "out of bounds"),
    "gather  ": (lambda x: x.gather(0, x), DTypeError, "must be whole numbers"),
    "scatter": (
        lambda x: x.scatter(1, tensor([[0, 1]]), tensor([1.0, 2.0, 3.0])),
        ShapeError,
        "does not fit the place",
    ),
    "scatter_add": (lambda x: x.scatter_add(2, tensor([[0]]), x), IndexingError, "no such dimension"),
    "index_select": (lambda x: x.index_select(0, tensor([[0]])), ShapeError, "more than one dimension"),
    "index_select ": (lambda x: x.index_select(0, tensor([2])), IndexingError, "out of bounds"),
    "index_add": (lambda x: x.index_add(0, tensor([0]), x), ShapeError, "as many slices as indices"),
    "embedding": (lambda x: minigrad.embedding(tensor([2]), x), IndexingError, "out of bounds"),
    "embedding ": (lambda x: minigrad.embedding(tensor([0.5]), x), DTypeError, "must be whole numbers"),
    "one_hot": (lambda x: minigrad.one_hot(tensor([0, 3]), 3), IndexingError, "3 is no class"),
    "one_hot ": (lambda x: minigrad.one_hot(tensor([-1])), IndexingError, "-1 is no class"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_error_names_the_function_that_was_called(name: str, backend: str) -> None:
    call, kind, message = WRONG[name]
    with pytest.raises(kind, match=f"^{name.strip()}: .*{message}") as raised:
        call(minigrad.ones(2, 3))
    assert raised.value.got and raised.value.hint


def test_a_single_element_has_one_place() -> None:
    x, first = minigrad.tensor(3.0, requires_grad=True), minigrad.tensor(0)
    minigrad.gather(x, 0, first).backward()
    assert x.grad.item() == 1
    assert minigrad.scatter(x, 0, first, 5.0).item() == 5
    assert minigrad.scatter_add(x, 0, first, minigrad.tensor(2.0)).item() == 5
