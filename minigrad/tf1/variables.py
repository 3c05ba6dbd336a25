"""Variables: state that outlives a run. The graph has their declaration, each session their values."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy

from minigrad.graph.ir import Symbol
from minigrad.ops.arithmetic import add, sub
from minigrad.tf1.convert import as_array, as_dtype, convert_to_tensor
from minigrad.tf1.declared import Declared
from minigrad.tf1.dims import unknown
from minigrad.tf1.errors import InvalidType, InvalidValue
from minigrad.tf1.graph import Graph, GraphKeys, get_default_graph
from minigrad.tf1.nodes import Identity, Node
from minigrad.tf1.operators import Operators
from minigrad.tf1.shapes import TensorShape
from minigrad.tf1.tensors import Operation, Tensor


class Write(Node):
    """Gives a variable another value, made of the one that it has and of an input. Its own value is the new one."""

    def __init__(self, name: str, combine: Any):
        super().__init__(name, pure=False)
        self.combine = combine
        self.unread = 0 if combine else 1  # an assignment does not look at the value that it replaces

    def lower(self, lowering: Any, symbol: Declared, inputs: tuple) -> Symbol:
        variable, x = symbol.inputs[0], inputs[1]
        value = x if self.combine is None else self.combine(lowering.running(variable), x)
        lowering.write(symbol, variable, value)
        return value


ASSIGN, ASSIGN_ADD, ASSIGN_SUB = Write("assign", None), Write("assign_add", add), Write("assign_sub", sub)
IDENTITY = Identity("identity")


class Variable(Operators):
    """State by name: initialised, read and assigned to by the runs of a session.

    Args:
        initial_value: a tensor, what converts to one, or a function that makes one. `...` declares nothing: dtype
            float32, any shape, no initialiser; such a variable is fed or assigned to before it is read.
        trainable: whether the optimisers change it unless they are told which to change.
        collections: where it is listed, by default among the global variables.
        validate_shape: False lets assignments change the shape.

    Attributes: name; op; initializer (the operation that gives it its initial value); initial_value; dtype; shape.
    """

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool = True,
        collections: Any = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        expected_shape: Any = None,
    ):
        graph = get_default_graph()
        self.graph: Graph = graph
        self.trainable = trainable
        if initial_value is None:
            raise InvalidValue(
                "initial_value must be specified.",
                got="None",
                expected="a value, a tensor, or a function that makes one",
                hint="tf.Variable(tf.zeros([3]))",
            )
        before, graph.current = graph.current, graph.symbols  # state belongs to the whole graph, not to a branch
        waiting, graph.symbols.control = graph.symbols.control, ()
        try:
            with graph.name_scope(name or "Variable") as scope:
                self.initial_value: Tensor | None = None
                shape: Any = None
                wanted = as_dtype(dtype or "float32")
                if initial_value is not Ellipsis:
                    value = initial_value() if callable(initial_value) else initial_value
                    self.initial_value = convert_to_tensor(value, dtype=dtype, name="initial_value")
                    wanted, shape = self.initial_value.dtype, self.initial_value.symbol.shape
                self.symbol: Declared = graph.symbols.add(
                    None, (), {}, shape, wanted, name=scope, kind="variable", type="VariableV2"
                )
                if not validate_shape and shape is not None:
                    self.symbol.shape = tuple(unknown(self.symbol) for _ in shape)
                if self.initial_value is not None:
                    self._initializer = assign(self, self.initial_value, name="Assign").op
        finally:
            graph.current, graph.symbols.control = before, waiting
        keys = [GraphKeys.GLOBAL_VARIABLES] if collections is None else list(collections)
        if trainable and GraphKeys.TRAINABLE_VARIABLES not in keys:
            keys.append(GraphKeys.TRAINABLE_VARIABLES)
        for key in keys:
            graph.add_to_collection(key, self)
        graph.variables[self.symbol] = self
        if not self.shape.is_fully_defined():
            graph.varying.append(self.symbol)

    # -- what is known of it -----------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self.symbol.tensor.name

    @property
    def op(self) -> Operation:
        return self.symbol.operation

    @property
    def dtype(self) -> numpy.dtype:
        return self.symbol.dtype

    @property
    def shape(self) -> TensorShape:
        return self.symbol.tensor.shape

    def get_shape(self) -> TensorShape:
        """The shape as far as it is known."""
        return self.shape

    @property
    def initializer(self) -> Operation:
        if self.initial_value is None:
            raise InvalidValue(
                f"The variable {self.name!r} was declared with `...` and has no initialiser.",
                got="tf.Variable(...)",
                expected="an initial value",
                hint=f"session.run(fetches, feed_dict={{{self.op.name}: array}}), or tf.Variable(tf.zeros([3]))",
            )
        return self._initializer

    def _as_graph_element(self) -> Tensor:
        return self.symbol.tensor

    # -- reading and writing -----------------------------------------------------------------------------------------

    def value(self) -> Tensor:
        """The variable as a tensor: in each operation that takes it, what it is when that operation runs."""
        return self.symbol.tensor

    def read_value(self) -> Tensor:
        """A tensor that reads the variable after all that is declared to run before: the open `control_dependencies`."""
        return IDENTITY.add((self.symbol,), self.symbol.shape, self.dtype, name="read", type="Identity").tensor

    def initialized_value(self) -> Tensor:
        """Its initial value, from which another variable can be initialised."""
        _ = self.initializer
        return self.initial_value  # type: ignore[return-value]

    def assign(self, value: Any, use_locking: bool = False, name: str | None = None) -> Tensor:
        """An operation that gives it the value."""
        return assign(self, value, name=name)

    def assign_add(self, delta: Any, use_locking: bool = False) -> Tensor:
        """An operation that adds to it."""
        return assign_add(self, delta)

    def assign_sub(self, delta: Any, use_locking: bool = False) -> Tensor:
        """An operation that subtracts from it."""
        return assign_sub(self, delta)

    def load(self, value: Any, session: Any = None) -> None:
        """Give it a value in a session, without a run."""
        from minigrad.tf1.session import the_session

        array = as_array(value, self.dtype)
        if not self.shape.is_compatible_with(array.shape):
            raise InvalidValue(
                f"The value does not have the shape of the variable {self.name!r}.",
                got=str(array.shape),
                expected=str(self.shape),
                hint="value.reshape(…)",
            )
        the_session(session, self.symbol.tensor, "load()").store[self.symbol] = array

    def eval(self, session: Any = None) -> Any:
        """Its value in the default session."""
        return self.symbol.tensor.eval(session=session)

    def __iter__(self) -> NoReturn:
        raise InvalidType(
            "'Variable' object is not iterable.",
            got=repr(self),
            expected="something to go through element by element",
            hint="tf.unstack(variable)",
        )

    def __repr__(self) -> str:
        return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype}>"


def _written(node: Write, ref: Any, value: Any, name: str | None, default: str) -> Tensor:
    variable = getattr(ref, "symbol", None)
    if not isinstance(variable, Declared) or variable.kind != "variable":
        raise InvalidType(
            f"{default}: only a variable can be assigned to.",
            got=repr(ref),
            expected="a tf.Variable",
            hint="tf.Variable(initial_value); a tensor is a value, and has no place to put another",
        )
    x = convert_to_tensor(value, dtype=variable.dtype, name=f"{name or default}/value")
    if not variable.tensor.shape.is_compatible_with(x.shape):
        raise InvalidValue(
            f"Dimensions must be equal: {default} of '{variable.name}'.",
            got=f"a value of shape {x.shape}",
            expected=str(variable.tensor.shape),
            hint="tf.reshape, or tf.Variable(…, validate_shape=False)",
        )
    made = node.add((variable, x), variable.shape, variable.dtype, name=name or default, type=default)
    return made.tensor


def assign(
    ref: Any, value: Any, validate_shape: Any = None, use_locking: Any = None, name: str | None = None
) -> Tensor:
    """An operation that gives the variable `ref` a value, and itself has that value."""
    return _written(ASSIGN, ref, value, name, "Assign")


def assign_add(ref: Any, value: Any, use_locking: Any = None, name: str | None = None) -> Tensor:
    """An operation that adds `value` to the variable `ref`."""
    return _written(ASSIGN_ADD, ref, value, name, "AssignAdd")


def assign_sub(ref: Any, value: Any, use_locking: Any = None, name: str | None = None) -> Tensor:
    """An operation that subtracts `value` from the variable `ref`."""
    return _written(ASSIGN_SUB, ref, value, name, "AssignSub")


def global_variables(scope: str | None = None) -> list[Variable]:
    """The variables of the default graph."""
    return get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES, scope)


def trainable_variables(scope: str | None = None) -> list[Variable]:
    """The variables that an optimiser changes unless it is told which."""
    return get_default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES, scope)


def local_variables(scope: str | None = None) -> list[Variable]:
    """The variables that no checkpoint keeps."""
    return get_default_graph().get_collection(GraphKeys.LOCAL_VARIABLES, scope)


__all__ = [
    "Variable", "assign", "assign_add", "assign_sub", "global_variables", "local_variables", "trainable_variables",
]  # fmt: skip
