"""What optimisers have in common: `minimize` extends the graph by gradients, and by an operation that changes variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minigrad.tf1.convert import as_list, convert_to_tensor
from minigrad.tf1.errors import InvalidType, InvalidValue
from minigrad.tf1.gradients import gradients
from minigrad.tf1.graph import GraphKeys, get_default_graph
from minigrad.tf1.making import zeros
from minigrad.tf1.math_ops import cast
from minigrad.tf1.order import group
from minigrad.tf1.tensors import Operation, Tensor
from minigrad.tf1.variables import Variable, assign_add, trainable_variables


class Optimizer:
    """The base of the optimisers: what they have in common, and where each says how it changes a variable.

    An optimiser writes `update(variable, g)`: the operations that change one variable, given its gradient. What it
    remembers of each variable are further variables, its *slots*.
    """

    GATE_NONE, GATE_OP, GATE_GRAPH = 0, 1, 2

    def __init__(self, learning_rate: Any, use_locking: bool = False, name: str = "Optimizer"):
        self.learning_rate, self._name = learning_rate, name
        self._slots: dict[str, dict[Any, Variable]] = {}

    def get_name(self) -> str:
        """The name, which its operations bear."""
        return self._name

    def minimize(
        self,
        loss: Tensor,
        global_step: Variable | None = None,
        var_list: Any = None,
        gate_gradients: int = 1,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: Any = None,
    ) -> Operation:
        """An operation that makes one step against the gradient of `loss`: `compute_gradients`, then `apply_gradients`.

        Args:
            global_step: a variable to which each step adds 1.
            var_list: the variables to change, by default all trainable ones.

        Errors: ValueError where the loss depends on none of them.
        """
        pairs = self.compute_gradients(loss, var_list, grad_loss=grad_loss)
        if all(g is None for g, _ in pairs):
            raise InvalidValue(
                "No gradients provided for any variable, check your graph for ops that do not support gradients.",
                got=f"variables {', '.join(v.op.name for _, v in pairs)}; loss {loss}",
                expected="a loss that is computed from at least one of them",
                hint="an argmax, a comparison or tf.stop_gradient between them lets no gradient through",
            )
        return self.apply_gradients(pairs, global_step=global_step, name=name)

    def compute_gradients(
        self,
        loss: Tensor,
        var_list: Any = None,
        gate_gradients: int = 1,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> list[tuple[Tensor | None, Variable]]:
        """Pairs of a gradient (None where the loss does not depend on it) and its variable."""
        variables = trainable_variables() if var_list is None else as_list(var_list)
        if not variables:
            raise InvalidValue(
                "No variables to optimize.",
                got="no trainable variable in the default graph",
                expected="at least one",
                hint="tf.Variable(initial_value), without trainable=False",
            )
        for v in variables:
            if not isinstance(v, Variable):
                raise InvalidType(
                    f"Argument is not a tf.Variable: {v!r}.", got=type(v).__name__, expected="a tf.Variable"
                )
        found = gradients(convert_to_tensor(loss), list(variables), None if grad_loss is None else [grad_loss])
        return list(zip(found, variables, strict=True))

    def apply_gradients(
        self,
        grads_and_vars: Sequence[tuple[Any, Variable]],
        global_step: Variable | None = None,
        name: str | None = None,
    ) -> Operation:
        """An operation that changes each variable by its gradient."""
        pairs = [(g, v) for g, v in grads_and_vars if g is not None]
        if not pairs:
            raise InvalidValue(
                "No gradients provided for any variable.",
                got="None for each",
                expected="at least one gradient",
                hint="compute_gradients of a loss that depends on the variables",
            )
        graph = get_default_graph()
        with graph.control_dependencies(None):
            for slot, initial in self.slots().items():
                for _, v in pairs:
                    self._slot(slot, initial, v)
            shared = self.shared(pairs[0][1].dtype)
        with graph.name_scope(name or self._name) as scope:
            self.prepare(shared)
            updates = []
            for g, v in pairs:
                with graph.name_scope(f"update_{v.op.name}"):
                    updates += as_list(self.update(v, convert_to_tensor(g, dtype=v.dtype)))
            with graph.control_dependencies(updates):
                updates += self.finish(shared)
            if global_step is None:
                train = group(*updates, name=scope)
            else:
                with graph.control_dependencies(updates):
                    train = assign_add(global_step, 1, name=scope).op
        graph.add_to_collection(GraphKeys.TRAIN_OP, train)
        return train

    def get_slot(self, var: Variable, name: str) -> Variable | None:
        """What the optimiser remembers of a variable under that name ("momentum"); None before `apply_gradients`."""
        return self._slots.get(name, {}).get(var.symbol)

    def get_slot_names(self) -> list[str]:
        """The names of what it remembers of each variable."""
        return list(self.slots())

    def variables(self) -> list[Variable]:
        """All that it remembers."""
        return [v for slot in self._slots.values() for v in slot.values()]

    # -- what each optimiser says ------------------------------------------------------------------------------------

    def slots(self) -> dict[str, float]:
        """What is remembered of each variable, and the number that it begins with."""
        return {}

    def shared(self, dtype: Any) -> dict[str, Variable]:
        """What is remembered once for all variables; `dtype` is the first one's."""
        return {}

    def prepare(self, shared: dict[str, Variable]) -> None:
        """Declare what all updates use."""

    def update(self, variable: Variable, g: Tensor) -> Any:
        """The operations that change a variable."""
        raise NotImplementedError

    def finish(self, shared: dict[str, Variable]) -> list[Any]:
        """What comes after all updates."""
        return []

    def _slot(self, slot: str, initial: float, v: Variable) -> None:
        kept = self._slots.setdefault(slot, {})
        if v.symbol not in kept:
            with v.graph.name_scope(None):
                value = zeros(v.symbol.shape, v.dtype, name=f"{v.op.name}/{self._name}/Initializer/{slot}") + initial
                kept[v.symbol] = Variable(value, trainable=False, name=f"{v.op.name}/{self._name}")

    def remembered(self, variable: Variable, slot: str) -> Variable:
        """A slot of a variable."""
        return self._slots[slot][variable.symbol]

    def number(self, value: Any, g: Tensor) -> Tensor:
        """A rate, a number or a tensor, in the dtype of a gradient."""
        if callable(value):
            value = value()
        return (
            cast(value, g.dtype) if isinstance(value, (Tensor, Variable)) else convert_to_tensor(value, dtype=g.dtype)
        )


__all__ = ["Optimizer"]
