"""Operations that order others, look at values on their way, or call Python: what a graph does beside arithmetic."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from typing import Any

import numpy

from minigrad.graph.special import Special
from minigrad.tf1.convert import as_dtype, as_list, convert_to_tensor
from minigrad.tf1.declared import Declared
from minigrad.tf1.errors import InvalidArgumentError, OpError, UnknownError
from minigrad.tf1.graph import get_default_graph
from minigrad.tf1.making import zeros_like as _zeros_like
from minigrad.tf1.nodes import Identity, Node
from minigrad.tf1.tensors import Operation, Tensor
from minigrad.tf1.variables import global_variables as _global_variables
from minigrad.tf1.variables import local_variables as _local_variables


class NoOp(Node):
    """Does nothing, after all that it waits for."""

    def lower(self, lowering: Any, symbol: Declared, inputs: tuple) -> Any:
        waits: list[Any] = []
        if lowering.plain:  # else only what has effects must be done, and the graph's order says so already
            for x in symbol.after:
                waits += lowering.lowered[x][:1] if isinstance(lowering.lowered[x], tuple) else [lowering.lowered[x]]
        return lowering.graph.special(DONE, (), None, (), bool, after=tuple(waits))


class Call(Node):
    """A node that calls Python when it runs, each time anew. Its first input is its value, if `passes` says so."""

    def __init__(self, name: str, call: Callable, *, passes: bool):
        super().__init__(name, (lambda g, z, x, *_, **__: (g,)) if passes else None, pure=False)
        self.call, self.passes = call, passes

    def lower(self, lowering: Any, symbol: Declared, inputs: tuple) -> Any:
        if self.passes and lowering.quiet:
            return inputs[0]
        given = symbol.parameters
        shape = inputs[0].shape if self.passes else lowering.known(symbol.shape)
        if shape is None:
            raise InvalidArgumentError(
                f"The shape of the result of '{symbol.name}' is not known, and what follows must be prepared for it.",
                op=symbol.operation,
                got="a py_func without a shape",
                expected="a shape, in which sizes of other tensors may stand",
                hint="y = tf.py_func(f, [x], tf.float32); y.set_shape(x.shape)",
            )
        called = Special(self.name, lambda *arrays: self.call(symbol, shape, arrays, **given), pure=False)
        return lowering.graph.special(called, inputs, None, shape, symbol.dtype)


DONE = Special("done", lambda: numpy.True_, pure=False)
_NO_OP, _IDENTITY, _STOP = (
    NoOp("no_op", pure=False),
    Identity("identity"),
    Identity("stop_gradient", differentiable=False),
)


def no_op(name: str | None = None) -> Operation:
    """An operation without a value, for others to wait for."""
    current = get_default_graph().current
    return current.add(_NO_OP, (), {}, (), bool, name=name or "NoOp", type="NoOp", outputs=0).operation


def group(*inputs: Any, name: str | None = None) -> Operation:
    """An operation that is done when all the inputs are."""
    graph = get_default_graph()
    with graph.control_dependencies([x for given in inputs for x in as_list(given) if x is not None]):
        return no_op(name or "group_deps")


def identity(input: Any, name: str | None = None) -> Tensor:
    """The same value, as an operation of its own: under another name, or after others."""
    return _same(_IDENTITY, input, name or "Identity", "Identity")


def stop_gradient(input: Any, name: str | None = None) -> Tensor:
    """The same value, taken for a constant by `tf.gradients`."""
    return _same(_STOP, input, name or "StopGradient", "StopGradient")


def _same(node: Node, x: Any, name: str, type: str, parameters: dict | None = None) -> Tensor:
    x = convert_to_tensor(x, name="input")
    return node.add((x,), x.symbol.shape, x.dtype, parameters, name=name, type=type).tensor


def tuple_(tensors: Any, control_inputs: Any = (), name: str | None = None) -> list[Tensor | None]:
    """The tensors, none of which is available before all of them are computed."""
    graph = get_default_graph()
    with graph.name_scope(name or "tuple"):
        waits = [x.op for x in tensors if x is not None] + list(control_inputs or ())
        with graph.control_dependencies([group(*waits)]):
            return [None if x is None else identity(x, "control_dependency") for x in tensors]


def Print(
    input_: Any,
    data: Any,
    message: str | None = None,
    first_n: int | None = None,
    summarize: int | None = None,
    name: str | None = None,
) -> Tensor:
    """The value of `input_`; each time it passes, the values of `data` are printed to the standard error.

    Args:
        first_n: only so many times. summarize: so many elements of each, by default 3.
    """
    x = convert_to_tensor(input_)
    shown = [convert_to_tensor(d) for d in data]
    printed = itertools.count(1)

    def show(symbol: Declared, shape: Any, arrays: Any) -> Any:
        if first_n is None or next(printed) <= first_n:
            texts = (f"[{_summary(numpy.asarray(array), summarize or 3)}]" for array in arrays[1:])
            print((message or "") + "".join(texts), file=sys.stderr)
        return arrays[0]

    node = Call("print", show, passes=True)
    return node.add((x, *shown), x.symbol.shape, x.dtype, name=name or "Print", type="Print").tensor


def _summary(array: numpy.ndarray, count: int) -> str:
    elements = array.ravel()[:count]
    return " ".join(f"{x:g}" if array.dtype.kind == "f" else str(x) for x in elements) + "..." * (array.size > count)


def py_func(func: Callable, inp: Any, Tout: Any, stateful: bool = True, name: str | None = None) -> Any:
    """The results of a Python function, which is called with arrays each time it is needed. It has no gradient.

    Several `Tout` give several tensors, from one call. Their shapes are unknown: `set_shape` tells them, and must.
    """
    inputs = [convert_to_tensor(x) for x in inp]
    wanted = [as_dtype(dtype) for dtype in as_list(Tout)]
    several = isinstance(Tout, list)
    graph = get_default_graph()
    if not several:
        return _called(func, inputs, wanted[0], name or "PyFunc")
    with graph.name_scope(name or "PyFunc"):
        memory: dict[str, Any] = {}

        def part(n: int) -> Callable:
            def call(*arrays: Any) -> Any:
                if n == 0:
                    memory["results"] = func(*arrays)
                return memory["results"][n]

            return call

        tensors: list[Tensor] = []
        for n, dtype in enumerate(wanted):
            with graph.control_dependencies(tensors[:1]):
                tensors.append(_called(part(n), inputs, dtype, "PyFunc"))
        return tensors


def _called(func: Callable, inputs: list[Tensor], dtype: Any, name: str) -> Tensor:
    current = get_default_graph().current
    taken = [current.take(None, x) for x in inputs]
    return current.add(_PY_FUNC, (*taken,), {"func": func}, None, dtype, name=name, type="PyFunc").tensor


def _call(symbol: Declared, shape: Any, arrays: Any, func: Callable) -> Any:
    try:
        result = numpy.asarray(func(*arrays))
    except OpError:
        raise
    except Exception as error:
        raise UnknownError(
            f"{type(error).__name__}: {error} [[node '{symbol.name}' (PyFunc)]]",
            op=symbol.operation,
            got=f"an error in {getattr(func, '__name__', 'the function')}",
            expected="a function that takes these arrays",
            hint="call it on arrays, outside of the graph; the error above is its own",
        ) from error
    if result.dtype != symbol.dtype or result.shape != shape:
        raise InvalidArgumentError(
            f"The function of '{symbol.name}' returned something else than it was declared to.",
            op=symbol.operation,
            got=f"{result.shape} {result.dtype}",
            expected=f"{shape} {symbol.dtype}",
            hint="numpy.asarray(result, 'float32'), and set_shape with the shape that it has",
        )
    return result


_PY_FUNC = Call("py_func", _call, passes=False)


def zeros_of(x: Declared) -> Declared:
    """Zeros in the shape of a symbol, declared where the program stands."""
    return _zeros_like(x.tensor).symbol


def variables_initializer(var_list: Any, name: str = "init") -> Operation:
    """An operation that gives these variables their initial values."""
    return group(*(v.initializer for v in var_list if v.initial_value is not None), name=name)


def global_variables_initializer() -> Operation:
    """An operation that gives all variables of the default graph their initial values."""
    return variables_initializer(_global_variables())


def local_variables_initializer() -> Operation:
    """An operation that gives the local variables of the default graph their initial values."""
    return variables_initializer(_local_variables())


initialize_all_variables = global_variables_initializer

__all__ = [
    "Print", "global_variables_initializer", "group", "identity", "initialize_all_variables", "local_variables_initializer",
    "no_op", "py_func", "stop_gradient", "variables_initializer",
]  # fmt: skip
