"""A model's state: its parameters and buffers by their paths, taken and given back."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy

from minigrad.errors import MinigradError, ShapeError
from minigrad.nn._tree import Tree
from minigrad.tape import no_grad
from minigrad.tensor import Tensor


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict(strict=False)` left out."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class Stateful(Tree):
    """`state_dict` and `load_state_dict`."""

    _transient: set[str]

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """Parameters and buffers by their paths, sharing memory with the module; one that is shared has several.

        With `keep_vars` the parameters themselves, which record gradients.
        """
        return {
            prefix + (f"{path}.{name}" if path else name): value if keep_vars else value.detach()
            for path, module in self.named_modules(remove_duplicate=False)
            for name, value in (module._parameters | module._buffers).items()
            if value is not None and name not in module._transient
        }

    def load_state_dict(self, state_dict: dict[str, Any], strict: bool = True) -> IncompatibleKeys:
        """Copy a state into the parameters and buffers; `strict=False` loads what is there, and says what was not.

        Values may be tensors, arrays, or tensors of another library that NumPy reads.
        Errors: MinigradError that lists missing, unexpected and mis-shaped keys together; nothing is copied then.
        """
        own = self.state_dict()
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        both = [name for name in own if name in state_dict]
        shapes = [name for name in both if tuple(state_dict[name].shape) != own[name].shape]
        problems = [f"missing {', '.join(missing)}"] if missing and strict else []
        problems += [f"unexpected {', '.join(unexpected)}"] if unexpected and strict else []
        if problems or shapes:
            problems += [f"{n} of shape {tuple(state_dict[n].shape)} for {own[n].shape}" for n in shapes]
            kind = ShapeError if shapes else MinigradError
            raise kind(
                f"{type(self).__name__}: the state does not fit the module.",
                got="; ".join(problems),
                expected="the names and shapes of state_dict()",
                hint="a model of these sizes" if shapes else "strict=False to load what fits by name",
            )
        with no_grad():
            for name in both:
                value = state_dict[name]
                own[name].copy_(value if isinstance(value, Tensor) else numpy.asarray(value))  # type: ignore[attr-defined]
        return IncompatibleKeys(missing, unexpected)
