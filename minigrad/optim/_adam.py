"""Adam and AdamW."""

from __future__ import annotations

from typing import Any

from minigrad.creation import zeros_like
from minigrad.errors import DTypeError
from minigrad.optim._optimizer import Optimizer, non_negative
from minigrad.tensor import Tensor


class Adam(Optimizer):
    r"""Steps scaled by running moments of the gradient.

    :math:`m \leftarrow \beta_1 m + (1 - \beta_1) g`, :math:`v \leftarrow \beta_2 v + (1 - \beta_2) g^2`, both begun at 0 and
    corrected for it, :math:`\hat m = m / (1 - \beta_1^t)`; then :math:`w \leftarrow w - \eta\,\hat m / (\sqrt{\hat v} + \epsilon)`.
    `weight_decay` adds :math:`\lambda w` to the gradient.

    Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1.
    """

    kernel = "adam_update"
    decoupled = False

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        non_negative(type(self).__name__, lr=lr, eps=eps, weight_decay=weight_decay)
        if not all(0 <= b < 1 for b in betas):
            raise DTypeError(
                f"{type(self).__name__}: betas are out of range.",
                got=f"betas={betas}",
                expected="two numbers from 0 to below 1",
                hint="betas=(0.9, 0.999)",
            )
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    def numbers(self, options: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        state["step"] = state.get("step", 0) + 1
        beta1, beta2 = options["betas"]
        return {
            "lr": options["lr"],
            "beta1": beta1,
            "beta2": beta2,
            "eps": options["eps"],
            "weight_decay": options["weight_decay"],
            "decoupled": self.decoupled,
            "step": state["step"],
        }

    def buffers(self, p: Tensor, options: dict[str, Any], state: dict[str, Any]) -> tuple[str | None, ...]:
        if "exp_avg" not in state:
            state.update(exp_avg=zeros_like(p), exp_avg_sq=zeros_like(p))
        return "exp_avg", "exp_avg_sq"


class AdamW(Adam):
    r"""Adam with the decay apart from the gradient: :math:`w \leftarrow (1 - \eta\lambda)\,w` before each step.

    Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (2019).
    """

    decoupled = True

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ):
        super().__init__(params, lr, betas, eps, weight_decay)
