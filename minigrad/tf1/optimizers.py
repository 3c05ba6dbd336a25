"""The optimisers: of each, what it remembers of a variable and how it changes it."""

from __future__ import annotations

from typing import Any

from minigrad.tf1.convert import convert_to_tensor
from minigrad.tf1.errors import InvalidValue
from minigrad.tf1.graph import get_default_graph
from minigrad.tf1.math_ops import sqrt, square, truediv
from minigrad.tf1.optimizer import Optimizer
from minigrad.tf1.tensors import Tensor
from minigrad.tf1.variables import Variable


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

    def shared(self, dtype: Any) -> dict[str, Variable]:
        if not self._powers:
            with get_default_graph().name_scope(None):
                for n, beta in enumerate((self.beta1, self.beta2), 1):
                    name = f"beta{n}_power"
                    self._powers[name] = Variable(convert_to_tensor(beta, dtype), trainable=False, name=name)
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
    "AdagradOptimizer", "AdamOptimizer", "GradientDescentOptimizer", "MomentumOptimizer", "RMSPropOptimizer",
]  # fmt: skip
