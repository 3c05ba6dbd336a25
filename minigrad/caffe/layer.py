"""The layer: Caffe's unit of computation, of gradients and of composition, all in one."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy

from minigrad.caffe.blob import Blob
from minigrad.caffe.message import Message, place
from minigrad.errors import MinigradError


class CaffeError(MinigradError, ValueError):
    """A net that cannot be built or run as it is written; the message names the layer, and its line if it has one."""


class Blobs(list[Blob]):
    """A layer's parameters: a list of blobs, to which `add_blob(20, 10)` adds one of that shape."""

    dtype: Any = numpy.float32

    def add_blob(self, *shape: Any) -> Blob:
        self.append(Blob(*shape, dtype=self.dtype))
        return self[-1]


class Layer:
    """Takes the blobs below it, `bottom`, and writes the blobs above it, `top`; with `backward`, the diffs the other way.

    The contract, in the order of the calls:

    - `setup(bottom, top)`, once: read `self.layer_param`, make `self.blobs`, the parameters.
    - `reshape(bottom, top)`, before every forward: give each top its shape, which follows from those of the bottoms.
    - `forward(bottom, top)`: read `bottom[i].data`, write `top[i].data`.
    - `backward(top, propagate_down, bottom)`: read `top[i].diff`; *write* `bottom[i].diff` for each i with
      `propagate_down[i]`; *add* to `self.blobs[j].diff`, which the solver clears, for each j with `param_propagate_down[j]`.

    A layer of your own defines forward and backward; without a `reshape`, tops have the shape of the first bottom.
    Source: include/caffe/layer.hpp of Caffe 1.0.

    Attributes of a class, which the net checks and uses:
        exact_num_bottom_blobs, min_…, max_… and the same of tops: how many there may be; None for any number.
        equal_num_bottom_top_blobs: whether there must be as many of the one as of the other.
        auto_top_blobs: whether the net adds tops that the file does not name (a loss that nobody reads).
        default_loss_weight: of the first top; 1 for losses.
        takes_gradient: for each bottom, whether a gradient can go there at all (not to labels); the last holds for the rest.
        backward_reads: which of "bottom" and "top" data the backward pass reads again, or "sign": only which of
            them were positive. Others may write over what is not named.
        runs_in_place: whether bottom and top may be the same blob.
        keeps_sign: whether in place, a positive value stays positive or becomes one that gets no gradient.
    """

    exact_num_bottom_blobs: ClassVar[int | None] = None
    min_bottom_blobs: ClassVar[int | None] = None
    max_bottom_blobs: ClassVar[int | None] = None
    exact_num_top_blobs: ClassVar[int | None] = None
    min_top_blobs: ClassVar[int | None] = None
    max_top_blobs: ClassVar[int | None] = None
    equal_num_bottom_top_blobs: ClassVar[bool] = False
    auto_top_blobs: ClassVar[bool] = False
    default_loss_weight: ClassVar[float] = 0.0
    takes_gradient: ClassVar[tuple[bool, ...]] = (True,)
    backward_reads: Any = frozenset({"bottom", "top"})
    runs_in_place: Any = False
    keeps_sign: ClassVar[bool] = False

    def __init__(self, layer_param: Message | None = None, **fields: Any):
        kind = type(self).__name__
        given = layer_param or Message("LayerParameter", fields={"name": kind.lower(), "type": kind, **fields})
        self.layer_param: Message = given.copy()
        self.name: str = given.name
        self.type: str = given.type
        self.phase: str = given.phase
        self.param_str: str = given.python_param.param_str
        self.blobs = Blobs()
        self.param_propagate_down: list[bool] = []
        self.loss_weights: list[float] = []
        self.dtype: Any = numpy.dtype(numpy.float32)

    def setup(self, bottom: list[Blob], top: list[Blob]) -> None:
        """Read the parameters of the layer and make its blobs; nothing by default."""

    def reshape(self, bottom: list[Blob], top: list[Blob]) -> None:
        """Give the tops their shapes: by default that of the first bottom."""
        for blob in top:
            if bottom and blob is not bottom[0]:
                blob.reshape(bottom[0].shape)

    def forward(self, bottom: list[Blob], top: list[Blob]) -> None:
        """Write the tops' data."""
        raise self.error("has no forward.", hint=f"define forward(self, bottom, top) in {type(self).__name__}")

    def backward(self, top: list[Blob], propagate_down: list[bool], bottom: list[Blob]) -> None:
        """Write the bottoms' diffs, add to the parameters' diffs."""
        raise self.error(
            "has no backward, and its gradient is wanted.",
            hint=f"define backward(self, top, propagate_down, bottom) in {type(self).__name__}, or propagate_down: false",
        )

    # -- what the net calls -----------------------------------------------------------------------------------------

    def prepare(self, bottom: list[Blob], top: list[Blob]) -> None:
        """Check the number of blobs, set up, reshape, and put the weights of losses into the tops' diffs."""
        self.check_blob_counts(bottom, top)
        if bottom:
            self.dtype = self.blobs.dtype = bottom[0].dtype
        self.setup(bottom, top)
        self.reshape(bottom, top)
        self._set_loss_weights(top)
        self.param_propagate_down += [True] * (len(self.blobs) - len(self.param_propagate_down))

    def run_forward(self, bottom: list[Blob], top: list[Blob]) -> float:
        """Reshape, forward, and the sum of the tops' values times the weights they have in the loss."""
        self.reshape(bottom, top)
        self.forward(bottom, top)
        loss = 0.0
        for blob, weight in zip(top, self.loss_weights):
            if weight:
                blob.diff[...] = weight
                loss += weight * float(blob.data.sum())
        return loss

    def check_blob_counts(self, bottom: list[Blob], top: list[Blob]) -> None:
        """Errors: CaffeError where there are fewer or more bottoms or tops than the layer takes."""
        for word, blobs in (("bottom", bottom), ("top", top)):
            exact = getattr(self, f"exact_num_{word}_blobs")
            least, most = getattr(self, f"min_{word}_blobs"), getattr(self, f"max_{word}_blobs")
            if exact is not None:
                least = most = exact
            if (least is not None and len(blobs) < least) or (most is not None and len(blobs) > most):
                wanted = (
                    f"{least}"
                    if least == most
                    else f"{least or 0} or more"
                    if most is None
                    else f"{least or 0} to {most}"
                )
                raise self.error(
                    f"takes another number of {word} blobs.",
                    got=f"{len(blobs)}" + (f": {', '.join(getattr(self.layer_param, word))}" if blobs else ""),
                    expected=wanted,
                    hint=f'one line {word}: "name" for each',
                )
        if self.equal_num_bottom_top_blobs and len(bottom) != len(top):
            raise self.error(
                "writes one top blob for each bottom blob.",
                got=f"{len(bottom)} bottom, {len(top)} top",
                expected="as many of the one as of the other",
                hint='one line top: "name" for each bottom',
            )

    def _set_loss_weights(self, top: list[Blob]) -> None:
        given = list(self.layer_param.loss_weight)
        if given and len(given) != len(top):
            raise self.error(
                "loss_weight must stand once for each top blob, or not at all.",
                got=f"{len(given)} for {len(top)} tops",
                expected=f"{len(top)}",
                hint="loss_weight: 0 for a top that is no part of the loss",
            )
        self.loss_weights = given or [self.default_loss_weight, *[0.0] * len(top)][: len(top)]
        for blob, weight in zip(top, self.loss_weights, strict=True):
            if weight:
                blob.diff[...] = weight

    def allows_force_backward(self, place: int) -> bool:
        """Whether a gradient can go to the bottom at this place."""
        return self.takes_gradient[min(place, len(self.takes_gradient) - 1)]

    @property
    def where(self) -> str:
        """The layer's line in the file it was read from, as errors begin; empty without one."""
        return place(self.layer_param.line, self.layer_param.origin)

    def error(self, what: str, **parts: Any) -> CaffeError:
        """An error about this layer, which names it and its line."""
        return CaffeError(f"{self.where}layer {self.name!r} ({self.type}) {what}", **parts)

    def __repr__(self) -> str:
        return f"<layer {self.name!r} ({self.type})>"
