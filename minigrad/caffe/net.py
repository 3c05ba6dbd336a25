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
from minigrad.caffe.connect import add, told
from minigrad.caffe.inplace import check_in_place
from minigrad.caffe.layer import CaffeError, Layer
from minigrad.caffe.layer_types.sources import MemoryData
from minigrad.caffe.message import Message, near
from minigrad.caffe.parameters import Parameters
from minigrad.caffe.phases import read_net
from minigrad.caffe.record import Drawing, drawing, record
from minigrad.caffe.registry import make_layer
from minigrad.caffe.split import insert_splits
from minigrad.errors import ShapeError


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
        self.plan = Plan()
        self.reached: dict[str, bool] = {}  # blob name: whether something below it learns
        for layer_param in insert_splits(self.message.layer):
            add(self, make_layer(layer_param))
        below, above = list(self.bottom_names.values()), list(self.top_names.values())
        self.plan.keep_what_counts(self.layers, below, above)
        if self.message.force_backward:
            self.plan.force(self.layers)
        self.layer_need_backward, self.bottom_need_backward = self.plan.layer, self.plan.bottom
        check_in_place(self.layers, self.bottoms, self.tops, self.layer_need_backward)
        if weights is not None:
            self.copy_from(weights)

    @classmethod
    def from_prototxt(cls, path_or_text: str | Path, phase: str = "TRAIN", **options: Any) -> Net:
        """The net that a prototxt file, or its text, describes."""
        return cls(path_or_text, phase, **options)

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
            self._write(name, "data", value)
        first, last = self._place(start, 0), self._place(end, len(self.layers) - 1)
        self.loss = self._run(first, last)
        wanted = self.outputs if end is None else [name for name in self.top_names[end] if name in self.blobs]
        return {name: self._blob(name).data for name in [*wanted, *(blobs or ())]}

    def _run(self, first: int, last: int) -> float:
        loss = 0.0
        for i in range(first, last + 1):
            layer = self.layers[i]
            loss += told(layer, layer.run_forward, self.bottoms[i], self.tops[i])
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
            self._write(name, "diff", value)
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
                told(layer, layer.backward, self.tops[i], self.bottom_need_backward[i], self.bottoms[i])
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
            told(layer, layer.reshape, bottom, top)

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

    def _write(self, name: str, part: str, value: Any) -> None:
        try:
            setattr(self._blob(name), part, value)
        except ShapeError as error:
            raise CaffeError(
                f"The {part} given for the blob {name!r} has another shape.",
                got=error.got,
                expected=error.expected,
                hint=f"net.blobs[{name!r}].reshape(…) and net.reshape(), for a batch of another size",
            ) from None

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

    # -- looking ----------------------------------------------------------------------------------------------------

    def record(self, *, limit: int = 64) -> record:
        """`with net.record() as film:` keeps what each layer wrote, step by step."""
        return record(self, limit=limit)

    def drawing(self) -> Drawing:
        """The net as plain data: layers, blobs with their shapes, and what connects them."""
        return drawing(self)

    @property
    def bytes(self) -> int:
        """The bytes of all data and diffs that were looked at so far, parameters included; shared memory counts once."""
        blobs = [blob for blobs in (*self.tops, *self.params.values()) for blob in blobs]
        return sum({key: size for blob in blobs for key, size in blob.memories().items()}.values())

    def __repr__(self) -> str:
        learnt = sum(b.count for b, lr in zip(self.parameters.blobs, self.parameters.lr, strict=True) if lr)
        return f"<net {self.name!r}, {self.phase}: {len(self.layers)} layers, {learnt:,} numbers to learn>"
