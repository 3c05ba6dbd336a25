"""Optimisers: `minimize` extends the graph by the gradients and by an operation that changes the variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minigrad.tf1.convert import as_list, convert_to_tensor
from minigrad.tf1.errors import InvalidType, InvalidValue
from minigrad.tf1.gradients import gradients
from minigrad.tf1.graph import GraphKeys, get_default_graph
from minigrad.tf1.making import zeros
from minigrad.tf1.math_ops import cast, sqrt, square, truediv
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
            shared = self.shared()
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

    def shared(self) -> dict[str, Variable]:
        """What is remembered once for all variables."""
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


class GradientDescentOptimizer(Optimizer):
    r"""Steps against the gradient: :math:`w \leftarrow w - \eta g`."""

    def __init__(self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"):
        super().__init__(learning_rate, use_locking, name)

    def update(self, variable: Variable, g: Tensor) -> Any:
        return variable.assign_sub(g * self.number(self.learning_rate, g))


class MomentumOptimizer(Optimizer):
    r"""Steps with inertia: :math:`v \leftarrow \mu v + g`, :math:`w \leftarrow w - \eta v`.

    With `use_nesterov` the step looks ahead: :math:`w \leftarrow w - \eta (g + \mu v)`.
    """

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "Momentum",
        use_nesterov: bool = False,
    ):
        super().__init__(learning_rate, use_locking, name)
        self.momentum, self.use_nesterov = momentum, use_nesterov

    def slots(self) -> dict[str, float]:
        return {"momentum": 0.0}

    def update(self, variable: Variable, g: Tensor) -> Any:
        rate, momentum = self.number(self.learning_rate, g), self.number(self.momentum, g)
        velocity = self.remembered(variable, "momentum")
        moved = velocity.assign(momentum * velocity + g)
        return [moved, variable.assign_sub(rate * (g + momentum * moved if self.use_nesterov else moved))]


class AdagradOptimizer(Optimizer):
    r"""Smaller steps where gradients were large: :math:`a \leftarrow a + g^2`, :math:`w \leftarrow w - \eta g / \sqrt a`
    (Duchi, Hazan and Singer 2011)."""

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        use_locking: bool = False,
        name: str = "Adagrad",
    ):
        if initial_accumulator_value <= 0:
            raise InvalidValue(
                f"initial_accumulator_value must be positive: {initial_accumulator_value}.",
                got=str(initial_accumulator_value),
                expected="above 0: the first step divides by its root",
                hint="0.1",
            )
        super().__init__(learning_rate, use_locking, name)
        self.initial = initial_accumulator_value

    def slots(self) -> dict[str, float]:
        return {"accumulator": self.initial}

    def update(self, variable: Variable, g: Tensor) -> Any:
        kept = self.remembered(variable, "accumulator")
        squares = kept.assign_add(square(g))
        return [squares, variable.assign_sub(truediv(self.number(self.learning_rate, g) * g, sqrt(squares)))]


class RMSPropOptimizer(Optimizer):
    r"""Steps in units of the usual size of the gradient (Hinton, lecture 6e of his course of 2012).

    :math:`s \leftarrow \rho s + (1 - \rho) g^2`, :math:`v \leftarrow \mu v + \eta g / \sqrt{s + \epsilon}`,
    :math:`w \leftarrow w - v`; if `centered`, the square of the mean gradient is taken off :math:`s`. As in TensorFlow
    :math:`s` begins with 1.
    """

    def __init__(
        self,
        learning_rate: Any,
        decay: Any = 0.9,
        momentum: Any = 0.0,
        epsilon: Any = 1e-10,
        use_locking: bool = False,
        centered: bool = False,
        name: str = "RMSProp",
    ):
        super().__init__(learning_rate, use_locking, name)
        self.decay, self.momentum, self.epsilon, self.centered = decay, momentum, epsilon, centered

    def slots(self) -> dict[str, float]:
        return {"rms": 1.0, "momentum": 0.0} | ({"mg": 0.0} if self.centered else {})

    def update(self, variable: Variable, g: Tensor) -> Any:
        rate, decay = self.number(self.learning_rate, g), self.number(self.decay, g)
        kept = self.remembered(variable, "rms")
        updates = [kept.assign(decay * kept + (1 - decay) * square(g))]
        size = updates[0]
        if self.centered:
            mean = self.remembered(variable, "mg")
            updates.append(mean.assign(decay * mean + (1 - decay) * g))
            size = size - square(updates[-1])
        velocity = self.remembered(variable, "momentum")
        step = rate * g / sqrt(size + self.number(self.epsilon, g))
        updates.append(velocity.assign(self.number(self.momentum, g) * velocity + step))
        return [*updates, variable.assign_sub(updates[-1])]


class AdamOptimizer(Optimizer):
    r"""Adam (Kingma and Ba 2015), in the form at the end of its section 2, as TensorFlow has it.

    :math:`m \leftarrow \beta_1 m + (1 - \beta_1) g`, :math:`s \leftarrow \beta_2 s + (1 - \beta_2) g^2` and
    :math:`w \leftarrow w - \eta \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \cdot \frac{m}{\sqrt s + \epsilon}`. PyTorch adds
    its :math:`\epsilon` to the corrected root, which is a slightly smaller step.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adam",
    ):
        super().__init__(learning_rate, use_locking, name)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self._powers: dict[str, Variable] = {}

    def slots(self) -> dict[str, float]:
        return {"m": 0.0, "v": 0.0}

    def shared(self) -> dict[str, Variable]:
        if not self._powers:
            with get_default_graph().name_scope(None):
                for n, beta in enumerate((self.beta1, self.beta2), 1):
                    name = f"beta{n}_power"
                    self._powers[name] = Variable(convert_to_tensor(beta), trainable=False, name=name)
        return self._powers

    def prepare(self, shared: dict[str, Variable]) -> None:
        first, second = shared["beta1_power"], shared["beta2_power"]
        self._correction = sqrt(1 - second) / (1 - first)

    def update(self, variable: Variable, g: Tensor) -> Any:
        beta1, beta2 = self.number(self.beta1, g), self.number(self.beta2, g)
        m, v = self.remembered(variable, "m"), self.remembered(variable, "v")
        mean, squares = m.assign(beta1 * m + (1 - beta1) * g), v.assign(beta2 * v + (1 - beta2) * square(g))
        rate = self.number(self.learning_rate, g) * self.number(self._correction, g)
        step = rate * mean / (sqrt(squares) + self.number(self.epsilon, g))
        return [mean, squares, variable.assign_sub(step)]

    def finish(self, shared: dict[str, Variable]) -> list[Any]:
        betas = zip(shared.values(), (self.beta1, self.beta2), strict=True)
        return [power.assign(power * beta) for power, beta in betas]

    def variables(self) -> list[Variable]:
        return [*self._powers.values(), *super().variables()]


__all__ = [
    "AdagradOptimizer", "AdamOptimizer", "GradientDescentOptimizer", "MomentumOptimizer", "Optimizer", "RMSPropOptimizer",
]  # fmt: skip
