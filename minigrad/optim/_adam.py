"""Adam and AdamW."""

from __future__ import annotations

from typing import Any

from minigrad.creation import zeros_like
from minigrad.optim._groups import decays, non_negative
from minigrad.optim._optimizer import Optimizer
from minigrad.tensor import Tensor


class Moments(Optimizer):
    """What Adam and its relatives share: running means of the gradient and of its square, and a count of the steps."""

    def numbers(self, options: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        state["step"] = state.get("step", 0) + 1
        beta1, beta2 = options["betas"]
        names = ("lr", "eps", "weight_decay", "maximize")
        return {n: options[n] for n in names} | {
            "beta1": beta1,
            "beta2": beta2,
            "decoupled": options["decoupled_weight_decay"],
            "step": state["step"],
        }

    def buffers(self, p: Tensor, options: dict[str, Any], state: dict[str, Any]) -> tuple[str | None, ...]:
        if "exp_avg" not in state:
            state.update(exp_avg=zeros_like(p), exp_avg_sq=zeros_like(p))
        return "exp_avg", "exp_avg_sq"


class Adam(Moments):
    r"""Steps scaled by running moments of the gradient.

    :math:`m \leftarrow \beta_1 m + (1 - \beta_1) g`, :math:`v \leftarrow \beta_2 v + (1 - \beta_2) g^2`, both begun at 0 and
    corrected for it, :math:`\hat m = m / (1 - \beta_1^t)`; then :math:`w \leftarrow w - \eta\,\hat m / (\sqrt{\hat v} + \epsilon)`.
    `weight_decay` adds :math:`\lambda w` to the gradient, or shrinks the weights apart from it (`decoupled_weight_decay`);
    `amsgrad` divides by the largest :math:`v` so far, so that steps never grow again; `maximize` climbs.

    Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1; Reddi, Kale and Kumar, "On the
    convergence of Adam and beyond" (2018), algorithm 2 (as PyTorch has it: the bias is corrected, after the maximum).
    """

    kernel = "adam_update"

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ):
        non_negative(type(self).__name__, lr=lr, eps=eps, weight_decay=weight_decay)
        decays(type(self).__name__, betas)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
        )

    def numbers(self, options: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        return super().numbers(options, state) | {"amsgrad": options["amsgrad"]}

    def buffers(self, p: Tensor, options: dict[str, Any], state: dict[str, Any]) -> tuple[str | None, ...]:
        names = super().buffers(p, options, state)
        if not options["amsgrad"]:
            return (*names, None)
        if "max_exp_avg_sq" not in state:
            state["max_exp_avg_sq"] = zeros_like(p)
        return (*names, "max_exp_avg_sq")


class AdamW(Adam):
    r"""Adam with the decay apart from the gradient: :math:`w \leftarrow (1 - \eta\lambda)\,w` before each step.

    Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (2019).
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ):
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True)
