"""Which layers run backward, and to which of their bottoms.

A gradient is needed where something below learns (a parameter with `lr_mult` other than 0) and something above counts in
the loss. The first is known as the layers are added, from the bottom to the top; the second is looked for here, from the
top to the bottom. `force_backward` wants all, and `propagate_down` in a layer says otherwise for its own bottoms.

Source: Net::Init in src/caffe/net.cpp of Caffe 1.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from minigrad.caffe.layer import Layer


@dataclass
class Plan:
    """For each layer whether it runs backward, and for each of its bottoms whether a gradient goes there."""

    layer: list[bool] = field(default_factory=list)
    bottom: list[list[bool]] = field(default_factory=list)

    def add(self, layer: Layer, needed: list[bool]) -> bool:
        """Note the next layer, `needed` saying which of its bottoms something below has a use for; whether it runs."""
        override = list(layer.layer_param.propagate_down)
        if override and len(override) != len(needed):
            raise layer.error(
                "propagate_down must stand once for each bottom blob, or not at all.",
                got=f"{len(override)} for {len(needed)} bottoms",
                expected=f"{len(needed)}",
                hint="propagate_down: false for a bottom to which no gradient shall go",
            )
        for i, wanted in enumerate(override):
            if wanted and not layer.allows_force_backward(i):
                raise layer.error(
                    f"cannot propagate a gradient to its bottom {layer.layer_param.bottom[i]!r}.",
                    got="propagate_down: true",
                    expected="propagate_down: false: there is no derivative with respect to it",
                )
        self.bottom.append(override or needed)
        self.layer.append(any(self.bottom[-1]) or any(layer.param_propagate_down))
        return self.layer[-1]

    def keep_what_counts(
        self, layers: Sequence[Layer], bottom_names: Sequence[Sequence[str]], top_names: Sequence[Sequence[str]]
    ) -> None:
        """Leave out what does not lead to a loss. Errors: CaffeError where a gradient would have to go to labels."""
        under_loss: set[str] = set()
        skipped: set[str] = set()
        for i in reversed(range(len(layers))):
            counts = any(w for w in layers[i].loss_weights) or any(name in under_loss for name in top_names[i])
            if not counts or all(name in skipped for name in top_names[i]):
                self.layer[i] = False
            if not self.layer[i]:
                self.bottom[i] = [False] * len(self.bottom[i])
            for name, needed in zip(bottom_names[i], self.bottom[i], strict=True):
                if counts:
                    under_loss.add(name)
                if not needed:
                    skipped.add(name)
        for i, layer in enumerate(layers):
            for j, needed in enumerate(self.bottom[i]):
                if needed and not layer.allows_force_backward(j):
                    raise layer.error(
                        f"has no gradient for its bottom {bottom_names[i][j]!r}, below which something learns.",
                        got=f"{bottom_names[i][j]!r} depends on parameters",
                        expected="labels, and whatever else has no derivative, from a data layer",
                        hint="; ".join(
                            f"propagate_down: {'false' if k == j else 'true'}" for k in range(len(self.bottom[i]))
                        ),
                    )

    def force(self, layers: Sequence[Layer]) -> None:
        """Want every gradient that a layer can give."""
        for i, layer in enumerate(layers):
            self.layer[i] = bool(self.bottom[i])
            self.bottom[i] = [n or layer.allows_force_backward(j) for j, n in enumerate(self.bottom[i])]
            layer.param_propagate_down = [True] * len(layer.blobs)
