"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from minigrad.creation import zeros_like
from minigrad.errors import DTypeError
from minigrad.optim._groups import non_negative
from minigrad.optim._optimizer import Optimizer
from minigrad.tensor import Tensor


class SGD(Optimizer):
    r"""Against the gradient: :math:`w \leftarrow w - \eta\,v` with the velocity :math:`v \leftarrow \mu v + (1 - \tau)\,g`.

    As PyTorch defines it: the learning rate :math:`\eta` stands outside the velocity, which begins as the first gradient;
    `weight_decay` adds :math:`\lambda w` to the gradient; Nesterov's form steps by :math:`g + \mu v`; `maximize` climbs.

    Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013), modified.
    """

    kernel = "sgd_update"

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ):
        non_negative("SGD", lr=lr, momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise DTypeError(
                "SGD: Nesterov's form needs a momentum and no dampening.",
                got=f"momentum={momentum}, dampening={dampening}",
                expected="momentum > 0, dampening = 0",
                hint="momentum=0.9",
            )
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
            },
        )

    def numbers(self, options: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        names = ("lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize")
        return {n: options[n] for n in names} | {"first": "momentum_buffer" not in state}

    def buffers(self, p: Tensor, options: dict[str, Any], state: dict[str, Any]) -> tuple[str | None, ...]:
        if not options["momentum"]:
            return (None,)
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = zeros_like(p)
        return ("momentum_buffer",)
