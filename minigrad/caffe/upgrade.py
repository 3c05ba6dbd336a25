"""Older forms of nets and solvers, rewritten in the modern one.

Published files of the years 2013 and 2014 say `layers { type: CONVOLUTION blobs_lr: 2 }` where today's say
`layer { type: "Convolution" param { lr_mult: 2 } }`, and name a net's inputs before its first layer; upgrade_v0.py has the
oldest form of all. Caffe rewrites
them when it reads them, and so does this file; everything that comes afterwards knows the modern form only.

Source: src/caffe/util/upgrade_proto.cpp of Caffe 1.0.
"""

from __future__ import annotations

from minigrad.caffe.message import Message
from minigrad.caffe.upgrade_v0 import upgraded_v0

# The types of layers in the older form. Those not listed are words in capitals of the modern names: HINGE_LOSS, HingeLoss.
_TYPES = {
    "ABSVAL": "AbsVal",
    "ARGMAX": "ArgMax",
    "BNLL": "BNLL",
    "HDF5_DATA": "HDF5Data",
    "HDF5_OUTPUT": "HDF5Output",
    "IM2COL": "Im2col",
    "LRN": "LRN",
    "MVN": "MVN",
    "RELU": "ReLU",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "TANH": "TanH",
}
_SOLVERS = {"SGD": "SGD", "NESTEROV": "Nesterov", "ADAGRAD": "AdaGrad", "RMSPROP": "RMSProp", "ADADELTA": "AdaDelta"}
_TRANSFORMING = {"Data": "data_param", "ImageData": "image_data_param", "WindowData": "window_data_param"}


def upgraded_net(net: Message) -> Message:
    """The net in the modern form: a copy. Errors: PrototxtError where two forms are mixed."""
    net = net.copy()
    if net.layers and net.layer:
        raise net.layers[0].error(
            "the net has layers in the older form and in the modern one.",
            got=f"`layers` here, `layer` in line {net.layer[0].line}",
            hint="write layer { … } everywhere, with a type between quotation marks",
        )
    oldest = [old for old in net.layers if old.has("layer")]
    if oldest and len(oldest) != len(net.layers):
        raise oldest[0].error("the net has layers in two older forms.", got="some with a `layer` inside, some without")
    net.layer = [*net.layer, *(upgraded_v0(oldest) if oldest else map(_layer, net.layers))]
    net.clear("layers")
    for layer in net.layer:
        _transformation(layer)
        if layer.type == "BatchNorm" and len(layer.param) == 3:
            layer.clear("param")  # given to hold lr_mult at 0, which the layer does itself
    if net.input:
        net.layer = [_input(net), *net.layer]
        for name in ("input", "input_dim", "input_shape"):
            net.clear(name)
    return net


def upgraded_solver(solver: Message) -> Message:
    """The solver in the modern form: a copy, with `type` as text."""
    solver = solver.copy()
    if solver.has("solver_type"):
        if solver.has("type"):
            raise solver.error(
                "the solver's type is given in two forms.",
                got=f"type: {solver.type!r}, solver_type: {solver.solver_type}",
                hint="leave solver_type out",
            )
        solver.type = _SOLVERS.get(solver.solver_type, "Adam")
        solver.clear("solver_type")
    return solver


def _layer(old: Message) -> Message:
    """A modern layer from one in the older form."""
    if old.type == "NONE":
        raise old.error(
            f"the layer {old.name!r} has no type.",
            expected="type: CONVOLUTION, or another word of the older form",
            hint='in the modern form: layer { type: "Convolution" … }',
        )
    new = Message("LayerParameter", line=old.line, origin=old.origin)
    new.name = old.name
    new.type = _TYPES.get(old.type) or "".join(word.capitalize() for word in old.type.split("_"))
    for field, value in old.given():
        if field.name in ("name", "type"):
            continue
        if field.name not in ("param", "blob_share_mode", "blobs_lr", "weight_decay"):
            setattr(new, field.name, value)
            continue
        name = {"param": "name", "blob_share_mode": "share_mode", "blobs_lr": "lr_mult", "weight_decay": "decay_mult"}
        while len(new.param) < len(value):
            new.param.append(Message("ParamSpec", line=old.line, origin=old.origin))
        for parameter, x in zip(new.param, value, strict=False):
            setattr(parameter, name[field.name], x)
    return new


def _transformation(layer: Message) -> None:
    """What a data layer once held itself is moved to its `transform_param`."""
    name = _TRANSFORMING.get(layer.type)
    if name is None or not layer.has(name):
        return
    data = getattr(layer, name)
    for moved in ("scale", "mean_file", "crop_size", "mirror"):
        if data.has(moved):
            setattr(layer.transform_param, moved, getattr(data, moved))
            data.clear(moved)


def _input(net: Message) -> Message:
    """The Input layer for inputs that are named at the top of the net."""
    names, shapes, dims = list(net.input), list(net.input_shape), list(net.input_dim)
    if (shapes and len(shapes) != len(names)) or (dims and len(dims) != 4 * len(names)) or (shapes and dims):
        raise net.error(
            "the inputs and their shapes do not fit.",
            got=f"{len(names)} input, {len(shapes)} input_shape, {len(dims)} input_dim",
            expected="for each input one input_shape { dim: … }, or four times input_dim",
        )
    if dims:
        shapes = [Message("BlobShape", dim=dims[i : i + 4]) for i in range(0, len(dims), 4)]
    layer = Message("LayerParameter", line=net.line, origin=net.origin, name="input", type="Input", top=names)
    if shapes:
        layer.input_param.shape = shapes
    return layer
