"""RAdam: Adam that waits until it knows the spread of the gradient."""

from __future__ import annotations

from typing import Any

from minigrad.optim._adam import Moments
from minigrad.optim._groups import decays, non_negative


class RAdam(Moments):
    r"""Adam without its first wild steps: what a warm-up of the learning rate does by hand.

    The mean of squares is first taken over a few gradients, so dividing by its root is a gamble. As many as
    :math:`\rho_t = \rho_\infty - 2 t \beta_2^t / (1 - \beta_2^t)` with :math:`\rho_\infty = 2 / (1 - \beta_2) - 1` count. Up to 5
    the step is by the mean alone, :math:`w \leftarrow w - \eta\,\hat m`; then it is Adam's, shortened by
    :math:`r_t = \sqrt{\frac{(\rho_t - 4)(\rho_t - 2)\rho_\infty}{(\rho_\infty - 4)(\rho_\infty - 2)\rho_t}}`, which goes to 1.

    Source: Liu et al., "On the variance of the adaptive learning rate and beyond" (2020), algorithm 2.
    """

    kernel = "radam_update"

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ):
        non_negative("RAdam", lr=lr, eps=eps, weight_decay=weight_decay)
        decays("RAdam", betas)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "decoupled_weight_decay": decoupled_weight_decay,
                "maximize": maximize,
            },
        )

    def numbers(self, options: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        numbers = super().numbers(options, state)
        beta2, step = numbers["beta2"], numbers["step"]
        most = 2 / (1 - beta2) - 1
        counted = most - 2 * step * beta2**step / (1 - beta2**step)
        if counted <= 5:
            return numbers | {"rectification": 0.0}
        share = (counted - 4) * (counted - 2) * most / ((most - 4) * (most - 2) * counted)
        return numbers | {"rectification": share**0.5}
