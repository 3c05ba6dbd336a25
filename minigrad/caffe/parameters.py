"""A net's parameters: which there are, which layers share one, and how each learns.

`param { name: "w" lr_mult: 1 decay_mult: 0 }`, the first for a layer's first blob and so on. Blobs of the same name are one
blob: its diff is the sum of what all its layers add. Source: Net::AppendParam in src/caffe/net.cpp of Caffe 1.0.
"""

from __future__ import annotations

from minigrad.caffe.blob import Blob
from minigrad.caffe.layer import Layer
from minigrad.caffe.message import Message


class Parameters:
    """The learnable blobs of a net, each once, in the order of the layers.

    Attributes: blobs; lr, the multiples of the learning rate (`lr_mult`); decay, those of the weight decay (`decay_mult`);
    names, "layer[0]" or the name that was given; of_name, the place of the first blob of each given name.
    """

    def __init__(self) -> None:
        self.blobs: list[Blob] = []
        self.lr: list[float] = []
        self.decay: list[float] = []
        self.names: list[str] = []
        self.of_name: dict[str, int] = {}
        self._owner: dict[str, Layer] = {}

    def add(self, layer: Layer) -> None:
        """Note a layer's blobs; where another layer has a blob of that name already, share it. Errors: CaffeError."""
        specs = list(layer.layer_param.param)
        if len(specs) > len(layer.blobs):
            raise layer.error(
                "has more param { … } than it has parameters.",
                got=f"{len(specs)} param",
                expected=f"at most {len(layer.blobs)}",
                hint="one for the weights, one for the bias; none in a layer that learns nothing",
            )
        learns = []
        for i, blob in enumerate(layer.blobs):
            spec = specs[i] if i < len(specs) else Message("ParamSpec")
            learns.append(spec.lr_mult != 0)
            if spec.name and spec.name in self.of_name:
                self._share(layer, i, spec)
                continue
            if spec.name:
                self.of_name[spec.name] = len(self.blobs)
                self._owner[spec.name] = layer
            self.blobs.append(blob)
            self.lr.append(spec.lr_mult)
            self.decay.append(spec.decay_mult)
            self.names.append(spec.name or f"{layer.name}[{i}]")
        layer.param_propagate_down = learns

    def _share(self, layer: Layer, i: int, spec: Message) -> None:
        """Let the layer's blob be the one that has its name."""
        place = self.of_name[spec.name]
        owner, blob = self.blobs[place], layer.blobs[i]
        fits = owner.count == blob.count if spec.share_mode == "PERMISSIVE" else owner.shape == blob.shape
        if not fits:
            raise layer.error(
                f"shares the parameter {spec.name!r} of another shape.",
                got=f"{blob.shape}",
                expected=f"{owner.shape}, as in layer {self._owner[spec.name].name!r}",
                hint="share_mode: PERMISSIVE where only the number of elements is the same",
            )
        if owner.shape == blob.shape:
            layer.blobs[i] = owner
        else:
            blob.share_data(owner)
            blob.share_diff(owner)
        for kept, name in ((self.lr, "lr_mult"), (self.decay, "decay_mult")):
            if spec.has(name) and getattr(spec, name) != kept[place]:
                raise layer.error(
                    f"gives another {name} to the parameter {spec.name!r} than the layer it shares it with.",
                    got=f"{getattr(spec, name)}",
                    expected=f"{kept[place]}, as in layer {self._owner[spec.name].name!r}",
                    hint=f"leave {name} out here",
                )

    def clear_diffs(self) -> None:
        """Set every diff to 0, before a backward pass that is not to be added to the last."""
        for blob in self.blobs:
            blob.diff[...] = 0
