"""What a program holds in its hands: operations of a graph, and tensors, which are their results. Neither has a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy

from minigrad.tf1.dims import Dim, unknown
from minigrad.tf1.errors import InvalidType, InvalidValue
from minigrad.tf1.operators import Operators
from minigrad.tf1.shapes import TensorShape, as_sizes

if TYPE_CHECKING:
    from minigrad.tf1.declared import Declared
    from minigrad.tf1.graph import Graph


class Operation:
    """A node of the graph.

    Attributes: graph; name ("scope/MatMul_1"); type ("MatMul"); symbol (the node of the shared graph behind it); inputs,
    outputs (tensors); control_inputs (operations that run before, though nothing flows from them).
    """

    def __init__(self, graph: Graph, symbol: Declared, name: str, type: str, outputs: int):
        self.graph, self.symbol, self.name, self.type = graph, symbol, name, type
        self.outputs: list[Tensor] = [Tensor(self, 0, symbol)] if outputs else []

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return tuple(x.tensor for x in self.symbol.inputs if hasattr(x, "tensor"))

    @property
    def control_inputs(self) -> list[Operation]:
        return [x.operation for x in self.symbol.after]  # type: ignore[attr-defined]

    def values(self) -> tuple[Tensor, ...]:
        """The outputs."""
        return tuple(self.outputs)

    def get_attr(self, name: str) -> Any:
        """A parameter of the operation, such as a stride. Errors: ValueError if it has none of that name."""
        if name == "dtype":
            return self.symbol.dtype
        if name not in self.symbol.parameters:
            raise InvalidValue(
                f"No attr named '{name}' in the operation {self.name!r}.",
                got=name,
                expected=f"one of {', '.join(['dtype', *self.symbol.parameters])}",
                hint="the parameters bear the names that they have in minigrad's operations",
            )
        return self.symbol.parameters[name]

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Run it, and what it depends on, in the default session."""
        from minigrad.tf1.session import the_session

        the_session(session, self, "run(operation)").run(self, feed_dict)

    def __repr__(self) -> str:
        return f"<tf.Operation '{self.name}' type={self.type}>"


class Tensor(Operators):
    """One result of an operation: a name, a dtype, a shape as far as it is known, and no value.

    Attributes: op; value_index; name ("scope/MatMul_1:0"); symbol (the node of the shared graph that computes it); dtype;
    shape; graph.
    """

    def __init__(self, op: Operation, value_index: int, symbol: Declared):
        self.op, self.value_index, self.symbol = op, value_index, symbol

    @property
    def name(self) -> str:
        return f"{self.op.name}:{self.value_index}"

    @property
    def graph(self) -> Graph:
        return self.op.graph

    @property
    def dtype(self) -> numpy.dtype:
        return self.symbol.dtype

    @property
    def shape(self) -> TensorShape:
        return TensorShape(self.symbol.shape)

    def get_shape(self) -> TensorShape:
        """The shape as far as it is known."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Tell what is known better of the shape. Errors: ValueError if it contradicts what is known already."""
        wanted, known = as_sizes(shape), self.symbol.shape
        if wanted is None:
            return
        if not self.shape.is_compatible_with(shape):
            raise InvalidValue(
                f"Shapes {self.shape} and {TensorShape(shape)} are not compatible: {self.name!r} cannot have both.",
                got=str(TensorShape(shape)),
                expected=f"a shape that fits {self.shape}",
                hint="tf.reshape, if the elements shall be arranged otherwise",
            )
        known = (None,) * len(wanted) if known is None else known
        own = self.symbol
        merged = (m if n is None or not (m is None or isinstance(m, Dim)) else n for m, n in zip(known, wanted))
        own.shape = tuple(unknown(own) if n is None else n for n in merged)

    def consumers(self) -> list[Operation]:
        """The operations that take it."""
        found = (s for s in self.symbol.graph.symbols if any(x is self.symbol for x in s.inputs))
        return list(dict.fromkeys(s.operation for s in found))  # type: ignore[attr-defined]

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Its value in the default session."""
        from minigrad.tf1.session import the_session

        return the_session(session, self, "eval()").run(self, feed_dict)

    def __bool__(self) -> NoReturn:
        raise InvalidType(
            "Using a `tf.Tensor` as a Python `bool` is not allowed.",
            got=f"{self!r}, declared but not run",
            expected="a value, which exists only in Session.run",
            hint="`if t is not None:` to ask whether there is a tensor; tf.cond or tf.where for a choice in the graph",
        )

    def __iter__(self) -> NoReturn:
        raise InvalidType(
            "Tensor objects are only iterable when eager execution is enabled: this one has no value yet.",
            got=repr(self),
            expected="something to go through element by element",
            hint="tf.unstack(t), or tf.while_loop for a loop in the graph",
        )

    def __len__(self) -> NoReturn:
        raise InvalidType(
            "A `tf.Tensor` has no len(): its first size may be unknown until the graph runs.",
            got=repr(self),
            expected="a shape",
            hint="t.shape[0].value, or tf.shape(t)[0], which the run computes",
        )

    def _no_number(self, *_: Any, **__: Any) -> NoReturn:
        raise InvalidType(
            "A `tf.Tensor` is not a number or an array: it has no value yet.",
            got=f"{self!r}, declared but not run",
            expected="a value, which exists only in Session.run",
            hint="session.run(t), and the function on what that gives; tf.py_func to call it within the graph",
        )

    __float__ = __int__ = __index__ = __array__ = _no_number

    def __repr__(self) -> str:
        return f"<tf.Tensor '{self.name}' shape={self.shape} dtype={self.dtype}>"

    def __str__(self) -> str:
        return f'Tensor("{self.name}", shape={self.shape}, dtype={self.dtype})'


__all__ = ["Operation", "Tensor"]
