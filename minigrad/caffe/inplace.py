"""Whether layers that write in place leave alone what others still need.

A layer whose bottom and top are the same blob replaces the value. Caffe let everybody do that; who got it wrong trained on
wrong gradients, without a word. Here a net is refused if, when a layer has written in place,

- a layer before it (the one that made the value, or another that read it) needs the old value in its backward, or
- a layer after it reads the old value through another blob that shares the memory (a Split's or Flatten's top).

What each layer's backward reads is said by `backward_reads` in its class. ReLU asks only which values were positive, so
ReLU and Dropout may follow it in place: where they change that, no gradient comes back.
"""

from __future__ import annotations

from collections.abc import Sequence

from minigrad.caffe.blob import Blob
from minigrad.caffe.layer import CaffeError, Layer

Blobs = Sequence[Sequence[Blob]]


def check_in_place(layers: Sequence[Layer], bottoms: Blobs, tops: Blobs, backward: Sequence[bool]) -> None:
    """Refuse unsafe in-place layers, naming both. `backward` says which layers run backward at all. Errors: CaffeError."""
    for i, layer in enumerate(layers):
        for blob in set(bottoms[i]) & set(tops[i]):
            for k in filter(backward.__getitem__, range(i)):
                read = _needs(layers[k], bottoms[k], tops[k], blob)
                if read and not (read == "sign" and layer.keeps_sign):
                    role = "bottom" if any(b.shares_data(blob) for b in bottoms[k]) else "top"
                    raise _refusal(layer, layers[k], "the backward of", f"the backward reads its {role} again")
            for k in range(i + 1, len(layers)):
                if _stale(bottoms[k], tops, blob, i):
                    raise _refusal(layer, layers[k], "the forward of", "it reads another blob that shares the memory")


def _refusal(layer: Layer, other: Layer, part: str, reason: str) -> CaffeError:
    return layer.error(
        f"writes in place over a value that {part} layer {other.name!r} ({other.type}) needs.",
        got=reason,
        expected="a value of its own for each of them",
        hint=f"give layer {layer.name!r} a top of another name",
    )


def _needs(layer: Layer, bottom: Sequence[Blob], top: Sequence[Blob], blob: Blob) -> str:
    """What of the blob's memory the layer's backward reads: "value", "sign", or nothing."""
    reads = layer.backward_reads
    below = any(b.shares_data(blob) for b in bottom)
    above = any(t.shares_data(blob) for t in top)
    if ("bottom" in reads and below) or ("top" in reads and above):
        return "value"
    return "sign" if "sign" in reads and (below or above) else ""


def _stale(bottom: Sequence[Blob], tops: Blobs, blob: Blob, i: int) -> bool:
    """Whether a bottom shares the blob's memory and was made before layer i wrote there."""
    sharing = [b for b in bottom if b is not blob and b.shares_data(blob)]
    return any(not any(b is t for later in tops[i + 1 :] for t in later) for b in sharing)
