"""Nodes that only graphs have: variables, several results, order without data, gradients through them."""

import numpy
import pytest

from minigrad.errors import GraphError
from minigrad.graph import Graph, Special, gradients


def both(g, z, x):
    """The gradient of (x², 3x)."""
    square, triple = g
    return ((square * 2 * x if square is not None else 0 * x) + (triple * 3 if triple is not None else 0),)


PAIR = Special("pair", lambda x: (x * x, 3 * x), rule=both)


def test_a_variable_is_given_when_the_graph_runs_and_says_so_if_it_is_not() -> None:
    graph = Graph()
    w = graph.variable("w", (2,))
    assert w.kind == "variable" and graph.run(w * 2, {w: [1, 2]}).tolist() == [2, 4]
    with pytest.raises(GraphError, match="variable 'w' is needed"):
        graph.run(w * 2)


def test_parts_of_a_node_and_the_gradients_through_one_or_both() -> None:
    graph = Graph()
    x = graph.placeholder("x", (2,))
    pair = graph.special(PAIR, (x,))
    square, triple = graph.part(pair, 0, (2,), "float32"), graph.part(pair, 1, (2,), "float32")
    feeds = {x: numpy.array([1.0, 2.0], "float32")}
    assert [a.tolist() for a in graph.run([square, triple], feeds)] == [[1, 4], [3, 6]]
    assert graph.run(gradients(square * triple, x)[0], feeds).tolist() == [9, 36]
    assert graph.run(gradients(triple, x)[0], feeds).tolist() == [3, 3]
    assert [a.tolist() for a in graph.run(pair, feeds)] == [[1, 4], [3, 6]]


def test_what_must_run_before_runs_once_and_before() -> None:
    seen: list[str] = []

    def note(*arrays, word):
        seen.append(word)
        return numpy.float32(0)

    graph, say = Graph(), Special("say", note, pure=False)
    first = graph.special(say, (), {"word": "first"})
    with_order = graph.special(say, (), {"word": "second"}, after=(first,))
    graph.control = (with_order,)
    y = graph.constant([1.0]) + 1
    graph.control = ()
    alone = graph.constant([1.0]) + 1
    graph.run([y, alone])
    assert seen == ["first", "second"] and y.after == (with_order,) and alone.after == ()
