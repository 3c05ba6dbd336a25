"""Adamax: Adam with the largest gradient in the place of the mean square."""

from __future__ import annotations

from typing import Any

from minigrad.creation import zeros_like
from minigrad.optim._groups import decays, non_negative
from minigrad.optim._optimizer import Optimizer
from minigrad.tensor import Tensor


class Adamax(Optimizer):
    r"""Steps scaled by the largest gradient that was seen lately.

    Adam divides by a mean of powers 2; with ever higher powers the root of the mean becomes the maximum,
    :math:`u \leftarrow \max(\beta_2 u, |g| + \epsilon)`, which needs no correction of its bias:
    :math:`w \leftarrow w - \frac{\eta}{1 - \beta_1^t}\,m / u`.

    Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2015), section 7.1.
    """

    kernel = "adamax_update"

    def __init__(
        self,
        params: Any,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ):
        non_negative("Adamax", lr=lr, eps=eps, weight_decay=weight_decay)
        decays("Adamax", betas)
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, options)

    def numbers(self, options: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        state["step"] = state.get("step", 0) + 1
        beta1, beta2 = options["betas"]
        names = ("lr", "eps", "weight_decay", "maximize")
        return {n: options[n] for n in names} | {"beta1": beta1, "beta2": beta2, "step": state["step"]}

    def buffers(self, p: Tensor, options: dict[str, Any], state: dict[str, Any]) -> tuple[str | None, ...]:
        if "exp_avg" not in state:
            state.update(exp_avg=zeros_like(p), exp_inf=zeros_like(p))
        return "exp_avg", "exp_inf"
