"""Large graphs: no recursion, linear time, and memory that is given back at once."""

import gc
import sys
import time
import weakref
from collections.abc import Iterator

import numpy
import pytest

import minigrad
from minigrad import autograd, events, tensor
from minigrad.graph import Graph, gradients
from minigrad.tape import Node

LENGTH = 100_000


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Without the garbage collector, only what nothing refers to is freed: a cycle would stay."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_a_chain_of_100_000_ops_forward_backward_and_away(no_collector) -> None:
    x = tensor(1.0, dtype="float64", requires_grad=True)
    y = x
    for _ in range(LENGTH // 2):
        y = (y * 1.0) + 1.0
    first = weakref.ref(y.node)
    y.backward()
    assert (y.item(), x.grad.item()) == (1 + LENGTH // 2, 1.0)
    del y
    assert first() is None


def test_a_chain_that_was_never_walked_can_be_dropped(no_collector) -> None:
    y = tensor(1.0, requires_grad=True)
    for _ in range(LENGTH):
        y = y + 1
    last = weakref.ref(y.node)
    del y
    assert last() is None


def test_a_long_chain_can_be_differentiated_twice() -> None:
    x = tensor(1.0, dtype="float64", requires_grad=True)
    y = x
    for _ in range(5_000):
        y = y * x
    (gx,) = autograd.grad(y, x, create_graph=True)
    (ggx,) = autograd.grad(gx, x)
    assert (gx.item(), ggx.item()) == (5_001.0, 5_001.0 * 5_000)


def test_explain_walks_a_long_chain() -> None:
    x = tensor(1.0, requires_grad=True)
    y = x
    for _ in range(LENGTH // 10):
        y = y + 1
    assert "was not called" in autograd.explain(x, y)


class Count:
    def __init__(self) -> None:
        self.rules = 0

    def backward(self, event: events.Backward) -> None:
        self.rules += 1


@pytest.mark.parametrize("run", ["backward", "grad", "create_graph"])
def test_a_diamond_of_40_levels_runs_each_rule_once(run: str) -> None:
    """2^40 paths lead from the last value to the first; walking each of them would take days."""
    x = tensor(1.0, dtype="float64", requires_grad=True)
    y = x
    for _ in range(40):
        y = y + y
    with events.listening(Count()) as count:
        if run == "backward":
            y.backward()
            g = x.grad
        else:
            (g,) = autograd.grad(y, x, create_graph=run == "create_graph")
    assert g.item() == 2.0**40
    assert count.rules == 40


def test_a_declared_diamond_of_40_levels_is_as_small() -> None:
    graph = Graph()
    x = graph.placeholder("x", (), "float64")
    y = x
    for _ in range(40):
        y = y * 0.5 + y * 0.5
    (g,) = gradients(y, x)
    assert len(graph) < 400
    assert graph.run(g, {x: 3.0}) == 1.0


def test_a_declared_chain_is_not_limited_by_recursion() -> None:
    graph = Graph()
    x = graph.placeholder("x", ())
    y = x
    for _ in range(10 * sys.getrecursionlimit()):
        y = y + 1
    (g,) = gradients(y, x)
    assert graph.run([y, g], {x: 0.0}) == [10 * sys.getrecursionlimit(), 1]


def program() -> minigrad.Tensor:
    """One value of every kind of node: shared inputs, a view, a write in place, a second-order part."""
    x = tensor(numpy.eye(3), requires_grad=True)
    y = (x @ x).exp()
    z = y[0] * y.reshape(9)[3:6]
    z += 1
    z[1] = x.sum()
    (g,) = autograd.grad(z.sum(), x, create_graph=True)
    return (g * g).sum() + z.mean()


def nodes_behind(t: minigrad.Tensor) -> list[weakref.ref]:
    found, stack = {t.node}, [t.node]
    while stack:
        new = {p for p in stack.pop().parents if isinstance(p, Node)} - found
        found |= new
        stack.extend(new)
    return [weakref.ref(node) for node in found]


def filmed() -> minigrad.Tensor:
    with minigrad.record():
        loss = program()
        loss.backward()
    return loss


# Not after backward(create_graph=True): there a leaf's .grad is part of a graph that the leaf is part of, as in PyTorch.
@pytest.mark.parametrize("after", ["nothing", "backward", "retain_graph", "hooks", "film"])
def test_dropping_the_loss_frees_every_node(after: str, no_collector) -> None:
    loss = filmed() if after == "film" else program()
    nodes = nodes_behind(loss)
    assert len(nodes) > 20
    if after == "backward":
        loss.backward()
    elif after == "retain_graph":
        loss.backward(retain_graph=True)
    elif after == "hooks":
        loss.register_hook(lambda g: g * 2)
        loss.retain_grad()
        loss.backward()
    del loss
    assert [node for node in nodes if node() is not None] == []


def test_dropping_a_leaf_frees_it_with_its_gradient(no_collector) -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    x.register_hook(lambda g: g * 2)
    (x * x).sum().backward()
    left = [weakref.ref(x), weakref.ref(x.grad), weakref.ref(x.node)]
    del x
    assert [ref() for ref in left] == [None] * 3


def test_a_training_loop_leaves_nothing_behind(no_collector) -> None:
    layer = minigrad.nn.Sequential(minigrad.nn.Linear(3, 4), minigrad.nn.ReLU(), minigrad.nn.Linear(4, 2))
    optimizer = minigrad.optim.Adam(layer.parameters())
    x, target = minigrad.randn(5, 3), minigrad.randint(2, size=(5,))
    counts = []
    for _ in range(4):
        loss = minigrad.cross_entropy(layer(x), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        counts.append(sum(issubclass(type(o), (Node, minigrad.Tensor)) for o in gc.get_objects()))
    assert counts[1] == counts[2] == counts[3]


def test_the_walk_takes_time_in_proportion_to_the_graph() -> None:
    def seconds(length: int) -> float:
        x = tensor(1.0, requires_grad=True)
        y = x
        for _ in range(length):
            y = y + x
        begin = time.process_time()
        y.backward()
        return time.process_time() - begin

    seconds(1_000)
    assert min(seconds(20_000) for _ in range(3)) < 30 * min(seconds(2_000) for _ in range(3))
