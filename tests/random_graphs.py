"""Random programs for the tests of rewrites and plans: shared values, several outputs, gradients among them."""

from __future__ import annotations

import math
from typing import Any

import numpy
from hypothesis import strategies as st

import minigrad as mg
from minigrad.graph import Graph, gradients
from minigrad.graph.program import Program

SHAPES = ((3, 4), (4,), (1, 4), (3, 1), (2, 3, 4), ())
NUMBERS = (0, 0.0, -0.0, 1, 1.0, -1, 2, 0.5, 3.0)
UNARY = ("neg", "abs", "relu", "tanh", "sigmoid", "square", "exp", "sqrt", "clone")
BINARY = ("add", "sub", "mul", "maximum", "minimum", "div")
DIMS = (None, 0, -1)


@st.composite
def programs(draw: Any, most: int = 14, *, with_gradients: bool = True) -> tuple[Program, list[numpy.ndarray]]:
    """A program and arrays for its inputs, in float64 so that another order of additions stays far below a mistake."""
    graph = Graph()
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3))
    inputs = [graph.placeholder(f"x{n}", shape, "float64") for n, shape in enumerate(shapes)]
    values: list[Any] = list(inputs)
    if draw(st.booleans()):
        values.append(
            graph.constant(numpy.full(draw(st.sampled_from(SHAPES)), draw(st.sampled_from(NUMBERS)), "float64"))
        )
    for _ in range(draw(st.integers(1, most))):
        made = _one_more(draw, values)
        if made is not None and math.prod(made.shape) <= 600:
            values.append(made)
    outputs = draw(st.lists(st.sampled_from(values), min_size=1, max_size=3))
    if with_gradients and draw(st.booleans()):
        found = gradients(outputs[0].sum() if outputs[0].shape else outputs[0], inputs)
        outputs += [g for g in found if g is not None]
    random = numpy.random.default_rng(draw(st.integers(0, 1000)))
    arrays = [random.uniform(-2, 2, shape) for shape in shapes]
    return Program(graph, inputs, outputs), arrays


def _one_more(draw: Any, values: list[Any]) -> Any:
    x = draw(st.sampled_from(values))
    kind = draw(
        st.sampled_from(("unary", "binary", "number", "reduce", "move", "product", "choose", "softmax", "cast"))
    )
    if kind == "unary":
        name = draw(st.sampled_from(UNARY))
        x = x.abs() if name == "sqrt" else x.tanh() if name == "exp" else x
        return getattr(mg, name)(x)
    if kind == "binary":
        return _fitting(getattr(mg, draw(st.sampled_from(BINARY))), x, draw(st.sampled_from(values)))
    if kind == "number":
        name, number = draw(st.sampled_from((*BINARY, "pow"))), draw(st.sampled_from(NUMBERS))
        if name == "pow":
            return (x.abs() + 1) ** number
        if draw(st.booleans()):
            return None if name == "div" and number == 0 else getattr(mg, name)(x, number)
        return getattr(mg, name)(number, x.abs() + 1 if name == "div" else x)
    if kind == "reduce":
        name, dim = draw(st.sampled_from(("sum", "mean", "amax"))), draw(st.sampled_from(DIMS))
        return None if dim is not None and not x.shape else getattr(mg, name)(x, dim=dim, keepdim=draw(st.booleans()))
    if kind == "move":
        way = draw(st.sampled_from(("mT", "flat", "reshape", "expand", "slice")))
        if way == "expand":
            return x.expand((2, *x.shape))
        if not x.shape:
            return x.reshape((1, 1))
        return {
            "mT": lambda: x.mT if len(x.shape) > 1 else x,
            "flat": lambda: x.reshape((-1,)),
            "reshape": lambda: x.reshape((*x.shape[1:], x.shape[0])),
            "slice": lambda: x[..., : max(1, x.shape[-1] - 1)],
        }[way]()
    if kind == "product":
        y = draw(st.sampled_from(values))
        return (x / 8) @ (y.mT / 8) if len(x.shape) == len(y.shape) == 2 and x.shape[1] == y.shape[1] else None
    if kind == "choose":
        y = draw(st.sampled_from(values))
        return _fitting(lambda a, b: mg.where(a > 0.3, a, b), x, y)
    if kind == "softmax":
        return x.softmax(-1) if x.shape else None
    return x.cast(dtype="float32").cast(dtype="float64") * 1 if draw(st.booleans()) else x.cast(dtype="float64")


def _fitting(function: Any, x: Any, y: Any) -> Any:
    """A result only where the shapes fit; and a divisor that is not near 0."""
    try:
        numpy.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        return None
    return function(x, y.abs() + 1) if getattr(function, "name", "") == "div" else function(x, y)
