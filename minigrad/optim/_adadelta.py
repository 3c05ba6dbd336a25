"""Adadelta: steps measured by earlier steps."""

from __future__ import annotations

from typing import Any

from minigrad.creation import zeros_like
from minigrad.optim._groups import non_negative, shares
from minigrad.optim._optimizer import Optimizer
from minigrad.tensor import Tensor


class Adadelta(Optimizer):
    r"""Steps in the units of the parameter, so that hardly a learning rate is needed.

    :math:`v \leftarrow \rho v + (1 - \rho) g^2`; the gradient in the units of earlier steps,
    :math:`d = g \sqrt{u + \epsilon} / \sqrt{v + \epsilon}`, where :math:`u \leftarrow \rho u + (1 - \rho) d^2` remembers
    these; :math:`w \leftarrow w - \eta\,d`.

    Source: Zeiler, "ADADELTA: an adaptive learning rate method" (2012), algorithm 1.
    """

    kernel = "adadelta_update"

    def __init__(
        self,
        params: Any,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ):
        non_negative("Adadelta", lr=lr, eps=eps, weight_decay=weight_decay)
        shares("Adadelta", rho=rho)
        options = {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, options)

    def numbers(self, options: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        state["step"] = state.get("step", 0) + 1
        return {n: options[n] for n in ("lr", "rho", "eps", "weight_decay", "maximize")}

    def buffers(self, p: Tensor, options: dict[str, Any], state: dict[str, Any]) -> tuple[str | None, ...]:
        if "square_avg" not in state:
            state.update(square_avg=zeros_like(p), acc_delta=zeros_like(p))
        return "square_avg", "acc_delta"
