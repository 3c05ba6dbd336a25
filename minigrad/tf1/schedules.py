"""Learning rates that follow the number of steps, and the variable that counts them."""

from __future__ import annotations

from typing import Any

from minigrad import dtypes
from minigrad.tf1.array_ops import where
from minigrad.tf1.convert import as_list, convert_to_tensor
from minigrad.tf1.errors import InvalidValue
from minigrad.tf1.graph import Graph, GraphKeys, get_default_graph
from minigrad.tf1.math_ops import cast, floor, less_equal, minimum, multiply, pow, subtract, truediv
from minigrad.tf1.tensors import Tensor
from minigrad.tf1.variables import Variable


def create_global_step(graph: Graph | None = None) -> Variable:
    """A variable that counts training steps, from 0. Errors: ValueError if the graph has one."""
    graph = graph or get_default_graph()
    if get_global_step(graph) is not None:
        raise InvalidValue(
            '"global_step" already exists.', got="a second one", expected="one", hint="get_or_create_global_step()"
        )
    with graph.as_default(), graph.name_scope(None):
        keys = [GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP]
        return Variable(0, trainable=False, name="global_step", dtype="int64", collections=keys)


def get_global_step(graph: Graph | None = None) -> Variable | None:
    """The variable that counts training steps; None if there is none."""
    found = (graph or get_default_graph()).get_collection(GraphKeys.GLOBAL_STEP)
    return found[0] if found else None


def get_or_create_global_step(graph: Graph | None = None) -> Variable:
    """The variable that counts training steps."""
    return get_global_step(graph) or create_global_step(graph)


def global_step(sess: Any, global_step_tensor: Any) -> int:
    """The number of steps that were made in a session."""
    return int(sess.run(global_step_tensor))


def exponential_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    r"""The rate times :math:`r^{t / n}` after :math:`t` steps; in whole powers if `staircase`."""
    with get_default_graph().name_scope(name or "ExponentialDecay") as scope:
        rate, share = _share(learning_rate, global_step, decay_steps, staircase)
        return multiply(rate, pow(convert_to_tensor(decay_rate, rate.dtype), share), name=scope)


def inverse_time_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    r"""The rate over :math:`1 + r\,t / n` after :math:`t` steps."""
    with get_default_graph().name_scope(name or "InverseTimeDecay") as scope:
        rate, share = _share(learning_rate, global_step, decay_steps, staircase)
        return truediv(rate, 1 + share * decay_rate, name=scope)


def polynomial_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    end_learning_rate: float = 0.0001,
    power: float = 1.0,
    cycle: bool = False,
    name: str | None = None,
) -> Tensor:
    r"""From the rate to the last one in :math:`n` steps, along :math:`(1 - t / n)^p`, and constant after them."""
    if cycle:
        raise InvalidValue("polynomial_decay: cycle=True is not offered.", got="cycle=True", expected="cycle=False")
    with get_default_graph().name_scope(name or "PolynomialDecay"):
        rate, share = _share(learning_rate, global_step, decay_steps, staircase=False)
        left = pow(subtract(1.0, minimum(share, 1.0)), power)
        return (rate - end_learning_rate) * left + end_learning_rate


def piecewise_constant(x: Any, boundaries: Any, values: Any, name: str | None = None) -> Tensor:
    """The first value up to the first boundary, the second up to the second, and so on."""
    if len(boundaries) != len(values) - 1:
        raise InvalidValue(
            "The length of boundaries should be 1 less than the length of values.",
            got=f"{len(boundaries)} boundaries, {len(values)} values",
            expected="one value more",
            hint="piecewise_constant(step, [100], [0.1, 0.01])",
        )
    with get_default_graph().name_scope(name or "PiecewiseConstant"):
        step = convert_to_tensor(x)
        result = convert_to_tensor(values[-1])
        for boundary, value in reversed(list(zip(as_list(boundaries), values[:-1], strict=True))):
            result = where(less_equal(step, boundary), convert_to_tensor(value), result)
        return result


def _share(learning_rate: Any, step: Any, decay_steps: Any, staircase: bool) -> tuple[Tensor, Tensor]:
    rate = convert_to_tensor(learning_rate, name="learning_rate")
    rate = rate if rate.dtype.kind == "f" else cast(rate, dtypes.float32)
    share = truediv(cast(step, rate.dtype), cast(decay_steps, rate.dtype))
    return rate, floor(share) if staircase else share


__all__ = [
    "create_global_step", "exponential_decay", "get_global_step", "get_or_create_global_step", "global_step",
    "inverse_time_decay", "piecewise_constant", "polynomial_decay",
]  # fmt: skip
