"""Weights as a length and a direction, which are learned apart."""

from __future__ import annotations

from typing import Any

from minigrad import ops
from minigrad.errors import GraphError
from minigrad.nn._module import Module, Parameter
from minigrad.tape import no_grad
from minigrad.tensor import Tensor


class _WeightNorm:
    """Before each forward pass: the weight from its length and direction."""

    def __init__(self, name: str, dim: int | None):
        self.name, self.dim = name, dim

    def lengths(self, v: Any) -> Any:
        """The norm of each part along `dim`, in a shape that broadcasts; of all, if there is none."""
        if self.dim is None or self.dim == -1:
            return ops.norm(v)
        return ops.norm(v, dim=tuple(d for d in range(v.ndim) if d != self.dim), keepdim=True)

    def weight(self, module: Module) -> Tensor:
        """g v / |v|."""
        g, v = getattr(module, self.name + "_g"), getattr(module, self.name + "_v")
        return v * (g / self.lengths(v))

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.weight(module))


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    r"""Let a module learn :math:`w = g\,v / \lVert v \rVert` by the parameters `weight_g` and `weight_v`; returns it.

    How long each output's weights are, and where they point, no longer hang together: the gradient of v is at right angles
    to v. `dim` is the dimension that keeps lengths of its own: 0, the outputs of most layers; None
    (or -1, as in PyTorch) for one length of all.

    Source: Salimans and Kingma, "Weight normalization: a simple reparameterization" (2016), equation 2.
    """
    weight = module._parameters.get(name)
    if weight is None:
        raise GraphError(
            "weight_norm: there is no parameter of that name.",
            got=f"{name!r} of {type(module).__name__}",
            expected=", ".join(module._parameters) or "a module with parameters of its own",
            hint="weight_norm on the layer, not on the model around it; once only",
        )
    how = _WeightNorm(name, dim)
    with no_grad():
        lengths = how.lengths(weight)
    delattr(module, name)
    module.register_parameter(name + "_g", Parameter(lengths))
    module.register_parameter(name + "_v", Parameter(weight.detach().clone()))
    setattr(module, name, how.weight(module))
    handle: Any = module.register_forward_pre_hook(how)  # type: ignore[attr-defined]
    module.__dict__.setdefault("_weight_norms", {})[name] = how, handle
    return module


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight, as it is now, a parameter of its own again; returns the module."""
    found = module.__dict__.get("_weight_norms", {}).pop(name, None)
    if found is None:
        raise GraphError(
            "remove_weight_norm: this weight is not normalised.",
            got=f"{name!r} of {type(module).__name__}",
            expected="a module that weight_norm was called with",
            hint="weight_norm(module) first",
        )
    how, handle = found
    handle.remove()
    with no_grad():
        weight = how.weight(module).detach()
    for part in (name, name + "_g", name + "_v"):
        delattr(module, part)
    module.register_parameter(name, Parameter(weight))
    return module
