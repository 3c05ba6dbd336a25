"""Running a declared graph: what comes back has the structure of what was asked for, and only what is needed runs."""

import numpy
import pytest

from minigrad.errors import GraphError, ShapeError
from minigrad.graph import Graph, needed


@pytest.fixture
def graph() -> Graph:
    return Graph()


def test_the_values_have_the_structure_of_the_fetches(graph) -> None:
    x = graph.placeholder("x", (2, 2))
    y, largest = x * 2, x.max(1)
    found = graph.run({"pair": (x, [y]), "largest": largest}, {x: [[1, 2], [4, 3]]})
    assert found["pair"][0].tolist() == [[1, 2], [4, 3]] and found["pair"][1][0].tolist() == [[2, 4], [8, 6]]
    assert found["largest"].values.tolist() == [2, 4] and found["largest"].indices.tolist() == [1, 0]


def test_what_is_fed_is_not_computed_and_its_inputs_are_not_needed(graph) -> None:
    x = graph.placeholder("x", (2,))
    y = x.exp()
    z = y + 1
    assert graph.run(z, {y: [1, 2]}).tolist() == [2, 3]
    assert needed([z], {y: None}) == [z] and needed([z]) == [x, y, z]


def test_a_placeholder_that_is_needed_and_not_fed_is_named(graph) -> None:
    x, w = graph.placeholder("x", (2,)), graph.placeholder("w", (2,))
    with pytest.raises(GraphError, match="'w' is needed") as raised:
        graph.run(x * w, {x: numpy.ones(2)})
    assert "w: value" in raised.value.hint


def test_a_value_of_another_shape_and_a_symbol_of_another_graph_are_refused(graph) -> None:
    x = graph.placeholder("x", (2,))
    with pytest.raises(ShapeError, match="'x'"):
        graph.run(x, {x: [1, 2, 3]})
    with pytest.raises(GraphError, match="not a symbol of the graph"):
        Graph().run(x, {})
