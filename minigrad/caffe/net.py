"""The net: layers in the order of their computation, and the blobs between them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy

from minigrad import events
from minigrad.caffe import weights as files
from minigrad.caffe.backward_plan import Plan
from minigrad.caffe.blob import Blob
from minigrad.caffe.inplace import check_in_place
from minigrad.caffe.layer import CaffeError, Layer
from minigrad.caffe.layer_types.sources import MemoryData
from minigrad.caffe.message import Message, near
from minigrad.caffe.parameters import Parameters
from minigrad.caffe.phases import read_net
from minigrad.caffe.registry import make_layer
from minigrad.caffe.split import insert_splits
from minigrad.errors import MinigradError


class Net:
    """A network of layers, built from a prototxt file, its text, or a message.

    Building it sets up every layer and infers every shape; nothing is computed before `forward`.

    Args:
        network: the path of a prototxt file, its text, or a `Message`.
        phase: "TRAIN" or "TEST" (`caffe.TRAIN`, `caffe.TEST`): which layers take part, and how Dropout and BatchNorm behave.
        weights: a file from which `copy_from` reads the parameters.
        level, stages: further conditions on which layers take part.

    Attributes:
        blobs: name to Blob, in the order of their making. params: layer name to its list of Blobs.
        layers, layer_dict: in order, and by name. bottom_names, top_names: layer name to the names of its blobs.
        inputs, outputs: the names of the blobs of Input layers, and of those that no layer reads.
        bottoms, tops: for each layer its list of Blobs. bottom_need_backward, layer_need_backward: where gradients go.
        parameters: the learnable blobs, each once, with their `lr_mult` and `decay_mult`.
        loss: the sum of the last forward's losses.
    """

    def __init__(
        self,
        network: str | Path | Message,
        phase: str = "TRAIN",
        *,
        weights: str | Path | None = None,
        level: int | None = None,
        stages: Iterable[str] = (),
    ):
        if phase not in ("TRAIN", "TEST"):
            raise CaffeError("There is no such phase.", got=repr(phase), expected="caffe.TRAIN or caffe.TEST")
        self.message = read_net(network, phase, level=level, stages=stages)
        self.name, self.phase = self.message.name, phase
        self.layers: list[Layer] = []
        self.layer_dict: dict[str, Layer] = {}
        self.blobs: dict[str, Blob] = {}
        self.params: dict[str, list[Blob]] = {}
        self.bottom_names: dict[str, list[str]] = {}
        self.top_names: dict[str, list[str]] = {}
        self.bottoms: list[list[Blob]] = []
        self.tops: list[list[Blob]] = []
        self.parameters = Parameters()
        self.inputs: list[str] = []
        self.outputs: list[str] = []
        self.loss = 0.0
        self._plan = Plan()
        self._reached: dict[str, bool] = {}  # blob name: whether something below it learns
        for layer_param in insert_splits(self.message.layer):
            self._add(make_layer(layer_param))
        below, above = list(self.bottom_names.values()), list(self.top_names.values())
        self._plan.keep_what_counts(self.layers, below, above)
        if self.message.force_backward:
            self._plan.force(self.layers)
        self.layer_need_backward, self.bottom_need_backward = self._plan.layer, self._plan.bottom
        check_in_place(self.layers, self.bottoms, self.tops, self.layer_need_backward)
        if weights is not None:
            self.copy_from(weights)

    @classmethod
    def from_prototxt(cls, path_or_text: str | Path, phase: str = "TRAIN", **options: Any) -> Net:
        """The net that a prototxt file, or its text, describes."""
        return cls(path_or_text, phase, **options)

    # -- building ---------------------------------------------------------------------------------------------------

    def _add(self, layer: Layer) -> None:
        if layer.name in self.layer_dict:
            raise layer.error("has the name of another layer.", got=repr(layer.name), expected="a name for each layer")
        below, above = list(layer.layer_param.bottom), list(layer.layer_param.top)
        bottom = [self._read(layer, name) for name in below]
        top = [self._written(layer, name, below[i : i + 1]) for i, name in enumerate(above)]
        least = layer.exact_num_top_blobs or layer.min_top_blobs or 0
        if layer.auto_top_blobs and len(top) < least:
            above += [f"({layer.name} {i})" for i in range(len(top), least)]
            top += [Blob() for _ in range(len(top), least)]
        self.layers.append(layer)
        self.layer_dict[layer.name] = layer
        self.bottoms.append(bottom)
        self.tops.append(top)
        self.bottom_names[layer.name], self.top_names[layer.name] = below, above
        _told(layer, layer.prepare, bottom, top)
        self.parameters.add(layer)
        if layer.blobs:
            self.params[layer.name] = layer.blobs
        if layer.type == "Input":
            self.inputs += above
        runs = self._plan.add(layer, [self._reached[name] for name in below])
        self._reached.update(dict.fromkeys(above, runs))
        self.outputs = [name for name in self.outputs if name not in below] + [n for n in above if n in self.blobs]

    def _read(self, layer: Layer, name: str) -> Blob:
        if name not in self.blobs:
            raise layer.error(
                f"reads a blob that no layer before it writes: {name!r}.",
                got=name,
                expected="one of " + (", ".join(list(self.blobs)[-12:]) or "none so far"),
                hint=near(name, self.blobs) or "layers stand in the order in which they run",
            )
        return self.blobs[name]

    def _written(self, layer: Layer, name: str, bottom: list[str]) -> Blob:
        if name not in self.blobs:
            self.blobs[name] = Blob()
        elif [name] != bottom:
            first = next(n for n, names in self.top_names.items() if name in names)
            raise layer.error(
                f"writes a blob that layer {first!r} writes already: {name!r}.",
                got=f"bottom {', '.join(bottom) or 'none'}, top {name}",
                expected="a top of its own; or the same name as the bottom at its place, to write in place",
                hint="a blob that another layer reads too cannot be written in place: give this top another name",
            )
        elif not layer.runs_in_place:
            raise layer.error(
                "cannot write in place: its backward needs the values that it would write over.",
                got=f"bottom and top {name!r}",
                expected="a top of another name",
                hint=f"runs_in_place = True in {type(layer).__name__}, if its backward reads no bottom data",
            )
        return self.blobs[name]

    # -- running ----------------------------------------------------------------------------------------------------

    def forward(
        self, blobs: Iterable[str] | None = None, start: str | None = None, end: str | None = None, **inputs: Any
    ) -> dict[str, numpy.ndarray]:
        """Run the layers, or those from `start` to `end`; the outputs' data by name (of `end`, its tops').

        Args:
            blobs: names of further blobs to return. inputs: values for blobs, by name, which are copied.

        The arrays are the blobs' own memory, as in Caffe: copy what shall outlast the next forward.
        """
        for name, value in inputs.items():
            self._blob(name).data = value
        first, last = self._place(start, 0), self._place(end, len(self.layers) - 1)
        self.loss = self._run(first, last)
        wanted = self.outputs if end is None else self.top_names[end]
        return {name: self._blob(name).data for name in [*wanted, *(blobs or ())] if name in self.blobs}

    def _run(self, first: int, last: int) -> float:
        loss = 0.0
        for i in range(first, last + 1):
            layer = self.layers[i]
            loss += _told(layer, layer.run_forward, self.bottoms[i], self.tops[i])
            if events.LISTENERS:
                events.emit("layer", events.LayerRan(self, i, "forward"))
        return loss

    def backward(
        self, diffs: Iterable[str] | None = None, start: str | None = None, end: str | None = None, **tops: Any
    ) -> dict[str, numpy.ndarray]:
        """Run the layers backward, or those from `start` down to `end`; the inputs' diffs by name, of those that get one.

        Args:
            diffs: names of further blobs whose diffs to return. tops: diffs to begin with, by the names of blobs.

        Errors: CaffeError if no layer has anything to do.
        """
        for name, value in tops.items():
            self._blob(name).diff = value
        first, last = self._place(start, len(self.layers) - 1), self._place(end, 0)
        if not any(self.layer_need_backward[last : first + 1]):
            raise CaffeError(
                "backward: no layer has a gradient to compute.",
                got=f"a net of {len(self.layers)} layers, phase {self.phase}, in which nothing that learns leads to a loss",
                expected="a loss layer (or a loss_weight) above layers that learn",
                hint="force_backward: true at the top of the net, for gradients of whatever you give to backward(blob=diff)",
            )
        for i in range(first, last - 1, -1):
            if self.layer_need_backward[i]:
                layer = self.layers[i]
                _told(layer, layer.backward, self.tops[i], self.bottom_need_backward[i], self.bottoms[i])
                if events.LISTENERS:
                    events.emit("layer", events.LayerRan(self, i, "backward"))
        wanted = self._inputs_with_diffs() if end is None else self.bottom_names[end]
        return {name: self._blob(name).diff for name in [*wanted, *(diffs or ())]}

    def _inputs_with_diffs(self) -> list[str]:
        needed = zip(self.bottom_names.values(), self.bottom_need_backward, strict=True)
        get = {name for names, wanted in needed for name, need in zip(names, wanted, strict=True) if need}
        return [name for name in self.inputs if name in get]

    def reshape(self) -> None:
        """Infer all shapes anew, after the shape of an input was changed."""
        for layer, bottom, top in zip(self.layers, self.bottoms, self.tops, strict=True):
            _told(layer, layer.reshape, bottom, top)

    def clear_param_diffs(self) -> None:
        """Set the parameters' diffs to 0, to which backward adds."""
        self.parameters.clear_diffs()

    def set_input_arrays(self, data: Any, labels: Any) -> None:
        """Give the MemoryData layer its arrays, (n, C, H, W) and n labels."""
        for layer in self.layers:
            if isinstance(layer, MemoryData):
                layer.set_input_arrays(data, labels)
                return
        raise CaffeError(
            "The net has no MemoryData layer, which takes arrays.", hint="net.forward(data=…) for an Input layer"
        )

    def _place(self, name: str | None, default: int) -> int:
        if name is None:
            return default
        if name not in self.layer_dict:
            raise self._unknown("layer", name, self.layer_dict)
        return self.layers.index(self.layer_dict[name])

    def _blob(self, name: str) -> Blob:
        if name not in self.blobs:
            raise self._unknown("blob", name, self.blobs)
        return self.blobs[name]

    def _unknown(self, word: str, name: str, known: Iterable[str]) -> CaffeError:
        known = list(known)
        return CaffeError(
            f"The net has no {word} {name!r}.",
            got=repr(name),
            expected="one of " + ", ".join(known[:20]) + (", …" if len(known) > 20 else ""),
            hint=near(name, known) or None,
        )

    # -- files ------------------------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write the parameters to a `.npz` file."""
        files.save(self, path)

    def copy_from(self, path: str | Path) -> list[str]:
        """Read parameters from a file that `save` wrote, by the names of the layers; the names that were found."""
        return files.copy_from(self, path)

    def share_with(self, other: Net) -> None:
        """Use the other net's parameters wherever the layers have the same names: its data, not copies."""
        files.share_with(self, other)

    def __repr__(self) -> str:
        learnt = sum(blob.count for blob in self.parameters.blobs)
        return f"<net {self.name!r}, {self.phase}: {len(self.layers)} layers, {learnt:,} numbers to learn>"


def _told(layer: Layer, method: Any, *args: Any) -> Any:
    """Call a layer's method; an error says which layer it was."""
    try:
        return method(*args)
    except MinigradError as error:
        if isinstance(error, CaffeError) and repr(layer.name) in error.what:
            raise
        said = layer.error(f"failed: {error.what}", got=error.got, expected=error.expected, hint=error.hint)
        raise said from error
    except Exception as error:
        error.add_note(f"{layer.where}in {method.__name__} of layer {layer.name!r} ({layer.type})")
        raise
