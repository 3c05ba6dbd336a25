"""Splits: a blob that several layers read is given to each as a blob of its own.

Each layer *writes* the diff of its bottom. If two read the same blob, the second would write over the gradient of the
first. So a Split layer is put in between, whose tops share the blob's data, and whose backward sums their diffs. This is
where Caffe adds gradients, as `backward()` does when it meets a tensor that was used twice.

Source: src/caffe/util/insert_splits.cpp of Caffe 1.0, whose names are kept.
"""

from __future__ import annotations

from collections import defaultdict

from minigrad.caffe.message import Message
from minigrad.caffe.registry import LAYERS


def insert_splits(layers: list[Message]) -> list[Message]:
    """The layers, with a Split after every blob that more than one reads. The messages given are not changed.

    A blob that counts in the loss has the loss for a reader: its weight goes to the first of the Split's tops.
    """
    layers = [layer.copy() for layer in layers]
    last: dict[str, tuple[int, int]] = {}  # blob name: the layer and the place of the top that wrote it last
    source: dict[tuple[int, int], tuple[int, int]] = {}  # a layer and the place of a bottom: what it reads
    readers: dict[tuple[int, int], int] = defaultdict(int)
    for i, layer in enumerate(layers):
        for j, name in enumerate(layer.bottom):
            if name in last:  # otherwise the net says that it is unknown
                source[i, j] = last[name]
                readers[last[name]] += 1
        for j, name in enumerate(layer.top):
            last[name] = (i, j)
            if _loss_weight(layer, j):
                readers[i, j] += 1
    taken: dict[tuple[int, int], int] = {}
    result: list[Message] = []
    for i, layer in enumerate(layers):
        for j, name in enumerate(layer.bottom):
            top = source.get((i, j))
            if top is not None and readers[top] > 1:
                layer.bottom[j] = _blob(layers[top[0]].name, name, top[1], taken[top])
                taken[top] += 1
        result.append(layer)
        for j, name in enumerate(layer.top):
            if readers[i, j] > 1:
                weight = _loss_weight(layer, j)
                result.append(_split(layer, name, j, readers[i, j], weight))
                taken[i, j] = 1 if weight else 0
                if weight:
                    given = list(layer.loss_weight) or [0.0] * len(layer.top)
                    layer.loss_weight = [0.0 if k == j else w for k, w in enumerate(given)]
    return result


def _loss_weight(layer: Message, place: int) -> float:
    if layer.loss_weight:
        return layer.loss_weight[place] if place < len(layer.loss_weight) else 0.0
    made = LAYERS.get(layer.type)
    return made.default_loss_weight if made is not None and place == 0 else 0.0


def _split(layer: Message, name: str, place: int, count: int, weight: float) -> Message:
    tops = [_blob(layer.name, name, place, k) for k in range(count)]
    made = Message("LayerParameter", line=layer.line, origin=layer.origin)
    made.name, made.type, made.bottom, made.top = f"{name}_{layer.name}_{place}_split", "Split", [name], tops
    if layer.has("phase"):
        made.phase = layer.phase
    if weight:
        made.loss_weight = [weight, *[0.0] * (count - 1)]
    return made


def _blob(layer: str, name: str, place: int, count: int) -> str:
    return f"{name}_{layer}_{place}_split_{count}"
