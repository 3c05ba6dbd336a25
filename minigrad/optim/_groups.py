"""What optimisers are given, checked: groups of parameters, options, hooks, and states of another run."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.errors import DeviceError, DTypeError, GraphError
from minigrad.tensor import Tensor

# What PyTorch keeps in a group for its own implementations; it changes no number.
FOREIGN = frozenset({"foreach", "fused", "capturable", "differentiable"})

# What an optimiser counts of a parameter is a number here, and a tensor of one element in PyTorch.
COUNTS = {"step": int, "mu_product": float}


def tensors(params: Any, name: str) -> list[Tensor]:
    """The parameters of a group. Errors: DTypeError for what is no tensor, GraphError for what is no leaf."""
    if isinstance(params, set):
        raise DTypeError(
            f"{name}: parameters must have an order.",
            got="a set",
            expected="a list, a tuple or a generator",
            hint="list(model.parameters())",
        )
    found = [params] if isinstance(params, Tensor) else list(params)
    for p in found:
        if not isinstance(p, Tensor):
            raise DTypeError(
                f"{name}: parameters must be tensors.",
                got=type(p).__name__,
                expected="Tensor",
                hint="model.parameters(), not model.named_parameters()",
            )
        if not p.is_leaf:
            raise GraphError(
                f"{name}: a result cannot be optimised, only leaves.",
                got=f"made by {p.grad_fn!r}",
                expected="a leaf",
                hint="t.detach().requires_grad_()",
            )
    return found


def named_once(order: list[Tensor], name: str) -> None:
    """Errors: GraphError for a parameter that stands in the groups twice."""
    if len(set(order)) < len(order):
        raise GraphError(
            f"{name}: a parameter is named twice, and would be changed twice in every step.",
            got=f"{len(order)} parameters, {len(set(order))} different ones",
            expected="each once, over all groups",
            hint="model.parameters(), which gives a shared parameter once",
        )


def refuse_mixed(name: str, p: Tensor, beside: dict[str, Tensor]) -> None:
    """Errors: DeviceError if what is kept of a parameter is on another device than the parameter."""
    stray = [what for what, x in beside.items() if x.device is not p.device]
    if stray:
        raise DeviceError(
            f"{name}: a parameter and what belongs to it are on different devices.",
            got=f"a parameter of shape {p.shape} on {p.device.name!r}, {', '.join(stray)} on {beside[stray[0]].device.name!r}",
            expected="one device",
            hint="model.to(device) before the first step; or optimizer.load_state_dict(optimizer.state_dict()) after moving",
        )


def non_negative(name: str, **options: float) -> None:
    """Errors: DTypeError for an option below 0."""
    for option, value in options.items():
        if not value >= 0:
            raise DTypeError(
                f"{name}: an option is out of range.",
                got=f"{option}={value}",
                expected="0 or more",
                hint=f"{option}=0.01, for example",
            )


def shares(name: str, **options: float) -> None:
    """Errors: DTypeError for an option that is not in 0 to below 1."""
    for option, value in options.items():
        if not 0 <= value < 1:
            raise DTypeError(
                f"{name}: an option is out of range.",
                got=f"{option}={value}",
                expected="from 0 to below 1: the share that a running mean keeps",
                hint=f"{option}=0.9, for example",
            )


def decays(name: str, betas: tuple[float, float]) -> None:
    """Errors: DTypeError for a pair of decays that are not both in 0 to below 1."""
    if len(betas) != 2 or not all(0 <= b < 1 for b in betas):
        raise DTypeError(
            f"{name}: betas are out of range.",
            got=f"betas={betas}",
            expected="two numbers from 0 to below 1",
            hint="betas=(0.9, 0.999)",
        )


def same_sizes(name: str, own: list[int], loaded: list[int]) -> None:
    """Errors: GraphError if the groups of a state are not those of the optimiser."""
    if own != loaded:
        raise GraphError(
            f"{name}: the state is of another set of parameters.",
            got=f"groups of {loaded}",
            expected=f"groups of {own}",
            hint="make the optimiser of the same model first",
        )


def kept(name: str, value: Any, p: Tensor) -> Any:
    """One entry of a loaded state, as the optimiser of `p` keeps it: PyTorch's arrays are taken too."""
    if name in COUNTS:
        return COUNTS[name](value)
    if isinstance(value, numpy.ndarray):
        value = Tensor(value)
    return value.to(device=p.device, dtype=p.dtype).clone() if isinstance(value, Tensor) else value
