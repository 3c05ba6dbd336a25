"""NAdam: Adam with Nesterov's look ahead."""

from __future__ import annotations

from typing import Any

from minigrad.optim._adam import Moments
from minigrad.optim._groups import decays, non_negative


class NAdam(Moments):
    r"""Adam that steps by the momentum which the next step will have, as Nesterov does.

    The momentum is warmed up, :math:`\mu_t = \beta_1 (1 - \frac12 0.96^{t\psi})` with the `momentum_decay` :math:`\psi`, so the
    correction of the mean's bias is by the product of all :math:`\mu_i`:
    :math:`\hat m = \mu_{t+1} m / (1 - \prod_{i \le t+1} \mu_i) + (1 - \mu_t) g / (1 - \prod_{i \le t} \mu_i)`,
    and :math:`w \leftarrow w - \eta\,\hat m / (\sqrt{\hat v} + \epsilon)`.

    Source: Dozat, "Incorporating Nesterov momentum into Adam" (2016), section 3.
    """

    kernel = "nadam_update"

    def __init__(
        self,
        params: Any,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ):
        non_negative("NAdam", lr=lr, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay)
        decays("NAdam", betas)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum_decay": momentum_decay,
                "decoupled_weight_decay": decoupled_weight_decay,
                "maximize": maximize,
            },
        )

    def numbers(self, options: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        numbers = super().numbers(options, state)
        now, next_one = (
            numbers["beta1"] * (1 - 0.5 * 0.96 ** (step * options["momentum_decay"]))
            for step in (state["step"], state["step"] + 1)
        )
        product = state["mu_product"] = state.get("mu_product", 1.0) * now
        by_slope, by_mean = (1 - now) / (1 - product), next_one / (1 - product * next_one)
        return numbers | {"by_slope": by_slope, "by_mean": by_mean}
