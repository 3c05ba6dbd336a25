"""Adagrad: a learning rate of its own for each parameter, by how much it has moved."""

from __future__ import annotations

from typing import Any

from minigrad.creation import full_like
from minigrad.optim._groups import non_negative
from minigrad.optim._optimizer import Optimizer
from minigrad.tensor import Tensor


class Adagrad(Optimizer):
    r"""Parameters whose gradients are rare take large steps, the others ever smaller ones.

    :math:`s \leftarrow s + g^2`, then :math:`w \leftarrow w - \eta_t\,g / (\sqrt s + \epsilon)`
    with :math:`\eta_t = \eta / (1 + (t - 1)\,\mathit{lr\_decay})`.

    Source: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization" (2011).
    """

    kernel = "adagrad_update"

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ):
        non_negative("Adagrad", lr=lr, lr_decay=lr_decay, weight_decay=weight_decay, eps=eps)
        non_negative("Adagrad", initial_accumulator_value=initial_accumulator_value)
        super().__init__(
            params,
            {
                "lr": lr,
                "lr_decay": lr_decay,
                "eps": eps,
                "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
                "maximize": maximize,
            },
        )

    def numbers(self, options: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        state["step"] = state.get("step", 0) + 1
        rate = options["lr"] / (1 + (state["step"] - 1) * options["lr_decay"])
        return {"lr": rate} | {n: options[n] for n in ("eps", "weight_decay", "maximize")}

    def buffers(self, p: Tensor, options: dict[str, Any], state: dict[str, Any]) -> tuple[str | None, ...]:
        if "sum" not in state:
            state["sum"] = full_like(p, options["initial_accumulator_value"])
        return ("sum",)
