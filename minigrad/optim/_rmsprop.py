"""RMSprop: gradients divided by their own running size."""

from __future__ import annotations

from typing import Any

from minigrad.creation import zeros_like
from minigrad.optim._groups import non_negative
from minigrad.optim._optimizer import Optimizer
from minigrad.tensor import Tensor


class RMSprop(Optimizer):
    r"""Steps of about one length for every parameter, whatever the size of its gradients.

    :math:`v \leftarrow \alpha v + (1 - \alpha) g^2`, then :math:`w \leftarrow w - \eta\,g / (\sqrt v + \epsilon)`.
    `centered` takes the square of the mean gradient off :math:`v`, which leaves its variance; with a `momentum` the
    scaled gradients are gathered in a velocity first.

    Source: Hinton, "Neural networks for machine learning", lecture 6e (2012); centred: Graves, "Generating sequences with
    recurrent neural networks" (2013), equations 38 to 41 (with epsilon inside the root there).
    """

    kernel = "rmsprop_update"

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ):
        non_negative("RMSprop", lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum)
        super().__init__(
            params,
            {
                "lr": lr,
                "alpha": alpha,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "centered": centered,
                "maximize": maximize,
            },
        )

    def numbers(self, options: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        state["step"] = state.get("step", 0) + 1
        names = ("lr", "alpha", "eps", "weight_decay", "momentum", "centered", "maximize")
        return {n: options[n] for n in names}

    def buffers(self, p: Tensor, options: dict[str, Any], state: dict[str, Any]) -> tuple[str | None, ...]:
        used = {"square_avg": True, "grad_avg": options["centered"], "momentum_buffer": options["momentum"] > 0}
        state.update({name: zeros_like(p) for name, needed in used.items() if needed and name not in state})
        return tuple(name if needed else None for name, needed in used.items())
