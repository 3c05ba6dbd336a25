"""Connecting layers: each is given the blobs that its bottoms and tops name, and says what its own shapes are.

A net is built in one pass, in the order of the layers: what a layer reads must have been written by one before it.
Source: Net::Init, AppendBottom and AppendTop in src/caffe/net.cpp of Caffe 1.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minigrad.caffe.blob import Blob
from minigrad.caffe.layer import CaffeError, Layer
from minigrad.caffe.message import near
from minigrad.errors import MinigradError

if TYPE_CHECKING:
    from minigrad.caffe.net import Net


def add(net: Net, layer: Layer) -> None:
    """Connect the next layer by the names of its blobs, and set it up. Errors: CaffeError where a name does not fit."""
    if layer.name in net.layer_dict:
        raise layer.error("has the name of another layer.", got=repr(layer.name), expected="a name for each layer")
    below, above = list(layer.layer_param.bottom), list(layer.layer_param.top)
    bottom = [_read(net, layer, name) for name in below]
    top = [_written(net, layer, name, below[i : i + 1]) for i, name in enumerate(above)]
    least = layer.exact_num_top_blobs or layer.min_top_blobs or 0
    if layer.auto_top_blobs and len(top) < least:
        above += [f"({layer.name} {i})" for i in range(len(top), least)]
        top += [Blob() for _ in range(len(top), least)]
    net.layers.append(layer)
    net.layer_dict[layer.name] = layer
    net.bottoms.append(bottom)
    net.tops.append(top)
    net.bottom_names[layer.name], net.top_names[layer.name] = below, above
    told(layer, layer.prepare, bottom, top)
    net.parameters.add(layer)
    if layer.blobs:
        net.params[layer.name] = layer.blobs
    if layer.type == "Input":
        net.inputs += above
    runs = net.plan.add(layer, [net.reached[name] for name in below])
    net.reached.update(dict.fromkeys(above, runs))
    net.outputs = [name for name in net.outputs if name not in below] + [n for n in above if n in net.blobs]


def _read(net: Net, layer: Layer, name: str) -> Blob:
    if name not in net.blobs:
        raise layer.error(
            f"reads a blob that no layer before it writes: {name!r}.",
            got=name,
            expected="one of " + (", ".join(list(net.blobs)[-12:]) or "none so far"),
            hint=near(name, net.blobs) or "layers stand in the order in which they run",
        )
    return net.blobs[name]


def _written(net: Net, layer: Layer, name: str, bottom: list[str]) -> Blob:
    if name not in net.blobs:
        net.blobs[name] = Blob()
    elif [name] != bottom:
        first = next(n for n, names in net.top_names.items() if name in names)
        raise layer.error(
            f"writes a blob that layer {first!r} writes already: {name!r}.",
            got=f"bottom {', '.join(bottom) or 'none'}, top {name}",
            expected="a top of its own; or the same name as the bottom at its place, to write in place",
            hint="a blob that another layer reads too cannot be written in place: give this top another name",
        )
    elif not layer.runs_in_place:
        own = not type(layer).__module__.startswith("minigrad.")
        raise layer.error(
            "cannot write in place: its backward needs the values that it would write over.",
            got=f"bottom and top {name!r}",
            expected="a top of another name",
            hint=f"runs_in_place = True in {type(layer).__name__}, if its backward reads no bottom data"
            if own
            else None,
        )
    return net.blobs[name]


def told(layer: Layer, method: Any, *args: Any) -> Any:
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
