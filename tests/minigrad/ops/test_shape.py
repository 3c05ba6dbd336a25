"""Functions that move, join and arrange elements: PyTorch's forms of the arguments, its edge cases, views, errors."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy
import pytest

import minigrad
from minigrad import tensor
from minigrad.errors import GraphError, IndexingError, MinigradError, ShapeError
from minigrad.graph import Graph

# What is computed, in words that minigrad and PyTorch share: `m` is one of them, `f` its functions of `pad`.
FORMS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "reshape of sizes": lambda m, f, x: x.reshape(4, -1),
    "view": lambda m, f, x: x.view(6, 4),
    "view_as": lambda m, f, x: x.view_as(x.reshape(4, 6)),
    "permute": lambda m, f, x: x.permute(2, 0, 1),
    "permute, a tuple": lambda m, f, x: m.permute(x, (1, 0, -1)),
    "transpose": lambda m, f, x: x.transpose(-1, 0),
    "swapaxes": lambda m, f, x: m.swapaxes(x, 0, 1),
    "movedim": lambda m, f, x: m.movedim(x, 0, -1),
    "movedim of two": lambda m, f, x: x.movedim((0, 2), (1, 0)),
    "moveaxis": lambda m, f, x: m.moveaxis(x, -1, 0),
    "flatten": lambda m, f, x: x.flatten(),
    "flatten from": lambda m, f, x: x.flatten(1),
    "flatten to": lambda m, f, x: m.flatten(x, 0, 1),
    "flatten of a number": lambda m, f, x: x[0, 0, 0].flatten(),
    "ravel": lambda m, f, x: m.ravel(x),
    "unflatten": lambda m, f, x: x.unflatten(-1, (2, 2)),
    "unflatten with -1": lambda m, f, x: m.unflatten(x, 2, (-1, 2)),
    "squeeze": lambda m, f, x: x[:1, :, :1].squeeze(),
    "squeeze of two": lambda m, f, x: m.squeeze(x[:1, :, :1], (0, 2)),
    "squeeze of none": lambda m, f, x: m.squeeze(x, 1),
    "unsqueeze": lambda m, f, x: x.unsqueeze(-1),
    "expand": lambda m, f, x: x[:, :1].expand(-1, 5, 4),
    "expand in front": lambda m, f, x: x.expand(2, -1, 3, 4),
    "expand_as": lambda m, f, x: x[:1].expand_as(x),
    "broadcast_tensors": lambda m, f, x: m.broadcast_tensors(x[0], x[:, :1])[0],
    "repeat": lambda m, f, x: x.repeat(2, 1, 3),
    "repeat in front": lambda m, f, x: x.repeat((2, 1, 1, 2)),
    "repeat no times": lambda m, f, x: x.repeat(1, 0, 1),
    "tile": lambda m, f, x: m.tile(x, (2,)),
    "tile in front": lambda m, f, x: x.tile(2, 1, 1, 1),
    "repeat_interleave": lambda m, f, x: m.repeat_interleave(x, 2),
    "repeat_interleave along": lambda m, f, x: x.repeat_interleave(3, dim=-2),
    "repeat_interleave, each its own": lambda m, f, x: m.repeat_interleave(x, m.tensor([0, 2, 1]), dim=1),
    "roll": lambda m, f, x: x.roll(1, 0),
    "roll flat": lambda m, f, x: m.roll(x, 5),
    "roll of two": lambda m, f, x: m.roll(x, (1, -2), (0, 2)),
    "roll twice along one": lambda m, f, x: m.roll(x, (1, 1), (2, 2)),
    "flip": lambda m, f, x: x.flip(0, -1),
    "flip, a list": lambda m, f, x: m.flip(x, [1]),
    "flip nothing": lambda m, f, x: m.flip(x, ()),
    "fliplr": lambda m, f, x: m.fliplr(x),
    "flipud": lambda m, f, x: m.flipud(x),
    "rot90": lambda m, f, x: m.rot90(x),
    "rot90, three times": lambda m, f, x: m.rot90(x, -1, (1, 2)),
    "rot90, twice": lambda m, f, x: m.rot90(x, 2, (0, 2)),
    "cat": lambda m, f, x: m.cat([x, x * 2], dim=-1),
    "cat with nothing": lambda m, f, x: m.cat((x, x[:, :0]), 1),
    "concat": lambda m, f, x: m.concat((x, x)),
    "stack": lambda m, f, x: m.stack((x, x * 2), dim=-1),
    "split": lambda m, f, x: x.split([1, 2], dim=1)[1],
    "split in parts": lambda m, f, x: m.split(x, 3, -1)[1],
    "chunk": lambda m, f, x: x.chunk(3, 2)[1],
    "chunk, fewer than asked": lambda m, f, x: m.chunk(x, 7, dim=2)[3],
    "unbind": lambda m, f, x: m.unbind(x, -1)[2],
    "select": lambda m, f, x: x.select(1, -1),
    "narrow": lambda m, f, x: x.narrow(2, 1, 2),
    "narrow from the end": lambda m, f, x: m.narrow(x, -1, -3, 2),
    "pad": lambda m, f, x: f.pad(x, (1, 2)),
    "pad of two": lambda m, f, x: f.pad(x, (1, 0, 0, 2), value=-1.5),
    "pad that cuts": lambda m, f, x: f.pad(x, (-1, 2, 1, -2)),
    "pad, reflect": lambda m, f, x: f.pad(x, (3, 2), mode="reflect"),
    "pad, reflect, of two": lambda m, f, x: f.pad(x[None], (2, 3, 1, 2), mode="reflect"),
    "pad, replicate": lambda m, f, x: f.pad(x, (5, 0), "replicate"),
    "pad, replicate, of two": lambda m, f, x: f.pad(x[None], (1, 2, 3, 4), mode="replicate"),
    "pad, circular": lambda m, f, x: f.pad(x[None], (4, 1, 0, 3), mode="circular"),
    "tril": lambda m, f, x: x.tril(1),
    "triu": lambda m, f, x: m.triu(x, diagonal=-1),
    "triu beyond": lambda m, f, x: m.triu(x, 9),
    "diagonal": lambda m, f, x: x.diagonal(0, 1, 2),
    "diagonal below": lambda m, f, x: m.diagonal(x, -2, 2, 1),
    "diagonal beyond": lambda m, f, x: m.diagonal(x, offset=3),
    "diag of a vector": lambda m, f, x: m.diag(x[0, 0], 1),
    "diag of a matrix": lambda m, f, x: m.diag(x[0], -1),
    "diag_embed": lambda m, f, x: m.diag_embed(x),
    "diag_embed elsewhere": lambda m, f, x: m.diag_embed(x, offset=-1, dim1=0, dim2=2),
    "unfold": lambda m, f, x: x.unfold(2, 3, 1),
    "unfold with gaps": lambda m, f, x: x.unfold(-1, 1, 3),
    "unfold twice": lambda m, f, x: x.unfold(1, 2, 1).unfold(2, 3, 1),
    "meshgrid": lambda m, f, x: m.meshgrid(x[0, 0], x[0, :, 0], indexing="ij")[1],
    "meshgrid as in pictures": lambda m, f, x: m.meshgrid(x[0, 0], x[0, :, 0], x[:, 0, 0], indexing="xy")[0],
}


@pytest.mark.parametrize("name", FORMS)
def test_as_in_pytorch(name: str, torch: ModuleType) -> None:
    data = numpy.random.default_rng(1).standard_normal((2, 3, 4))
    ours, theirs = tensor(data, requires_grad=True), torch.tensor(data, requires_grad=True)
    z, expected = FORMS[name](minigrad, minigrad, ours), FORMS[name](torch, torch.nn.functional, theirs)
    numpy.testing.assert_array_equal(z.numpy(), expected.detach().numpy(), strict=True)
    weights = numpy.linspace(0.5, 1.5, z.numel()).reshape(z.shape)
    z.backward(weights)
    expected.backward(torch.tensor(weights))
    numpy.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=1e-12, strict=True)


@pytest.mark.parametrize("name", FORMS)
def test_a_graph_gives_the_same(name: str) -> None:
    data = numpy.random.default_rng(1).standard_normal((2, 3, 4))
    graph = Graph()
    x = graph.placeholder("x", data.shape, "float64")
    z, expected = (FORMS[name](minigrad, minigrad, value) for value in (x, tensor(data)))
    assert z.shape == expected.shape
    numpy.testing.assert_array_equal(graph.run(z, {x: data}), expected.numpy(), strict=True)


VIEWS = {
    "reshape": lambda x: x.reshape(6, 4),
    "permute": lambda x: x.permute(2, 0, 1),
    "transpose": lambda x: x.transpose(0, 1),
    "movedim": lambda x: x.movedim(0, -1),
    "flatten": lambda x: x.flatten(1),
    "unflatten": lambda x: x.unflatten(2, (2, 2)),
    "squeeze": lambda x: x[:1].squeeze(0),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "narrow": lambda x: x.narrow(2, 1, 2),
    "select": lambda x: x.select(1, 2),
    "split": lambda x: x.split([1, 2], 1)[1],
    "chunk": lambda x: x.chunk(2, 2)[1],
    "unbind": lambda x: x.unbind(1)[2],
    "diagonal": lambda x: x.diagonal(1, 1, 2),
    "unfold": lambda x: x.unfold(2, 2, 2),
    "a view of a view": lambda x: x.transpose(0, 2).unfold(0, 2, 2).diagonal(0, 1, 2)[1:],
}

# Of several views that one call returns PyTorch lets none be written to.
ALONE = {
    "split": lambda x: x.narrow(1, 1, 2),
    "chunk": lambda x: x.narrow(2, 2, 2),
    "unbind": lambda x: x.select(1, 2),
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_write_through_a_view_is_seen_and_differentiated(name: str, torch: ModuleType) -> None:
    """Of the memory and of its history: what was read before, what is read after, and what was written."""
    data = numpy.random.default_rng(2).standard_normal((2, 3, 4))
    grads = []
    for m in (minigrad, torch):
        x, w = m.tensor(data, requires_grad=True), m.tensor(3.0, dtype=m.float64, requires_grad=True)
        y = x * 2
        view = ALONE.get(name, VIEWS[name]) if m is torch else VIEWS[name]
        before = view(y)
        view(y).mul_(w)
        z = (y * y).sum() + before.sum() * 5
        z.backward()
        grads.append((z.detach().numpy(), x.grad.numpy(), w.grad.numpy()))
    for got, expected in zip(*grads, strict=True):
        numpy.testing.assert_allclose(got, expected, rtol=1e-12)


@pytest.mark.parametrize("name", VIEWS)
def test_what_a_rule_saved_is_known_to_be_overwritten_through_a_view(name: str) -> None:
    x = minigrad.randn(2, 3, 4, requires_grad=True)
    y = x * 2
    z = (y * y).sum()
    VIEWS[name](y).zero_()
    with pytest.raises(GraphError, match="overwritten"):
        z.backward()


COPIES = {
    "flip": lambda x: x.flip(0),
    "roll": lambda x: x.roll(1, 0),
    "tril": lambda x: x.tril(),
    "pad that cuts": lambda x: minigrad.pad(x, (-1, 0)),
    "repeat": lambda x: x.repeat(1, 1),
    "repeat of one row": lambda x: x[:1].repeat(3, 1),
    "repeat_interleave": lambda x: x.repeat_interleave(1, 0),
    "index_select": lambda x: x.index_select(0, tensor([0])),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_has_memory_of_its_own(name: str) -> None:
    x = minigrad.ones(3, 3)
    COPIES[name](x).zero_()
    assert x.sum().item() == 9


@pytest.mark.parametrize(
    "make", [lambda x: x.expand(2, 3), lambda x: x.unfold(0, 2, 1), lambda x: x.unfold(0, 2, 1)[1:]]
)
def test_where_elements_share_a_place_nothing_can_be_written(make: Callable) -> None:
    with pytest.raises(GraphError, match="share one place in memory"):
        make(minigrad.ones(3)).zero_()


# A call that cannot be, the function that the user called, and what its message says.
WRONG: dict[str, tuple[Callable[[Any], Any], type, str]] = {
    "unsqueeze": (lambda x: x.unsqueeze(5), IndexingError, "no such dimension"),
    "transpose": (lambda x: x.transpose(0, 3), IndexingError, "no such dimension"),
    "squeeze": (lambda x: x.squeeze(3), IndexingError, "no such dimension"),
    "flatten": (lambda x: x.flatten(2, 1), ShapeError, "start_dim comes after"),
    "unflatten": (lambda x: x.unflatten(1, (2, 2)), ShapeError, "number of elements"),
    "view_as": (lambda x: x.view_as(x[0]), ShapeError, "number of elements"),
    "movedim": (lambda x: x.movedim((0, 1), 0), ShapeError, "as many places"),
    "expand": (lambda x: x.expand(4), ShapeError, "a size is needed"),
    "expand ": (lambda x: x.expand(2, 3, 5), ShapeError, "do not broadcast"),
    "expand_as": (lambda x: x.expand_as(x[0]), ShapeError, "cannot be repeated"),
    "split": (lambda x: x.split([1, 1], 1), ShapeError, "do not add up"),
    "chunk": (lambda x: x.chunk(0), ShapeError, "no such number"),
    "unbind": (lambda x: x[0, 0, 0].unbind(), ShapeError, "a number has no dimension"),
    "select": (lambda x: x.select(1, 3), IndexingError, "does not fit"),
    "narrow": (lambda x: x.narrow(0, 1, 2), ShapeError, "not within"),
    "repeat": (lambda x: x.repeat(2, 2), ShapeError, "for each dimension"),
    "tile": (lambda x: x.tile(-1), ShapeError, "for each dimension"),
    "repeat_interleave": (lambda x: x.repeat_interleave(tensor([1, 2]), dim=1), ShapeError, "for each slice"),
    "roll": (lambda x: x.roll((1, 2), (0,)), ShapeError, "as many shifts"),
    "flip": (lambda x: x.flip(3), IndexingError, "no such dimension"),
    "tril": (lambda x: x[0, 0].tril(), ShapeError, "only a matrix"),
    "diagonal": (lambda x: x.diagonal(0, 1, -2), ShapeError, "named twice"),
    "diag": (lambda x: minigrad.diag(x), ShapeError, "a vector or a matrix"),
    "unfold": (lambda x: x.unfold(2, 5, 1), ShapeError, "no such windows"),
    "pad": (lambda x: minigrad.pad(x, (4, 0), mode="reflect"), ShapeError, "reflect needs widths"),
    "pad ": (lambda x: minigrad.pad(x, (1,)), ShapeError, "two widths"),
    "pad  ": (lambda x: minigrad.pad(x, (-3, -2)), ShapeError, "more is cut off"),
    "meshgrid": (lambda x: minigrad.meshgrid(x[0, 0], x), ShapeError, "coordinates"),
    "cat": (lambda x: minigrad.cat([x, x[0]]), ShapeError, "differ outside"),
    "stack": (lambda x: minigrad.stack([x, x[0]]), ShapeError, "shapes differ"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_error_names_the_function_that_was_called(name: str) -> None:
    call, kind, message = WRONG[name]
    for x in (minigrad.ones(2, 3, 4), Graph().placeholder("x", (2, 3, 4))):
        with pytest.raises(kind, match=f"^{name.strip()}: .*{message}") as raised:
            call(x)
        assert isinstance(raised.value, MinigradError) and raised.value.got and raised.value.expected
        assert " " in raised.value.what.split(": ")[1], "two functions are named"


def test_a_symbol_says_what_it_cannot_tell() -> None:
    graph = Graph()
    x, n = graph.placeholder("x", (2, 3)), graph.placeholder("n", (), "int64")
    with pytest.raises(GraphError, match="has no length"):
        len(n)
    with pytest.raises(GraphError, match="has no value yet, so it cannot be an index"):
        x[n]
    with pytest.raises(GraphError, match="has no value yet, so it cannot be a Python number"):
        int(n)
    with pytest.raises(GraphError, match="has no value yet, so it cannot be an index"):
        [1, 2, 3][n]
