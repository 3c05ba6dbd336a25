"""The oldest form of nets, of 2013: `layers { layer { type: "conv" kernelsize: 5 } bottom: "data" }`.

There all layers had the same fields, whatever their type, and a convolution's padding could be a layer of its own. Here such
a layer becomes a modern one, and a padding goes into the convolution after it.

Source: UpgradeV0LayerParameter and UpgradeV0PaddingLayers in src/caffe/util/upgrade_proto.cpp of Caffe 1.0.
"""

from __future__ import annotations

from minigrad.caffe.message import Message, near
from minigrad.caffe.schema import MESSAGES

# Each type of that time: the modern one, and the parameters that its fields belong to.
_TYPES = {
    "accuracy": ("Accuracy", ""),
    "bnll": ("BNLL", ""),
    "concat": ("Concat", "concat_param"),
    "conv": ("Convolution", "convolution_param"),
    "data": ("Data", "data_param"),
    "dropout": ("Dropout", "dropout_param"),
    "euclidean_loss": ("EuclideanLoss", ""),
    "flatten": ("Flatten", ""),
    "hdf5_data": ("HDF5Data", "hdf5_data_param"),
    "hdf5_output": ("HDF5Output", "hdf5_output_param"),
    "im2col": ("Im2col", "convolution_param"),
    "images": ("ImageData", "image_data_param"),
    "infogain_loss": ("InfogainLoss", "infogain_loss_param"),
    "innerproduct": ("InnerProduct", "inner_product_param"),
    "lrn": ("LRN", "lrn_param"),
    "multinomial_logistic_loss": ("MultinomialLogisticLoss", ""),
    "pool": ("Pooling", "pooling_param"),
    "relu": ("ReLU", ""),
    "sigmoid": ("Sigmoid", ""),
    "softmax": ("Softmax", ""),
    "softmax_loss": ("SoftmaxWithLoss", ""),
    "split": ("Split", ""),
    "tanh": ("TanH", ""),
    "window_data": ("WindowData", "window_data_param"),
}
_RENAMED = {
    "biasterm": "bias_term",
    "kernelsize": "kernel_size",
    "batchsize": "batch_size",
    "shuffle_images": "shuffle",
    "det_fg_threshold": "fg_threshold",
    "det_bg_threshold": "bg_threshold",
    "det_fg_fraction": "fg_fraction",
    "det_context_pad": "context_pad",
    "det_crop_mode": "crop_mode",
}
_TRANSFORMING = {"scale": "scale", "meanfile": "mean_file", "cropsize": "crop_size", "mirror": "mirror"}


def upgraded_v0(layers: list[Message]) -> list[Message]:
    """Modern layers from layers of the oldest form. Errors: PrototxtError, which names the line."""
    result: list[Message] = []
    paddings: dict[str, Message] = {}  # the blob that a padding wrote, until a layer reads it
    for old in layers:
        if old.layer.type == "padding":
            paddings[old.top[0]] = old
            continue
        new = _layer(old)
        padding = paddings.get(new.bottom[0]) if new.bottom else None
        if padding is not None:
            if new.type != "Convolution":
                raise padding.error(
                    f"the padding {padding.layer.name!r} is before no convolution.",
                    got=f"{new.name!r}, of type {old.layer.type!r}",
                    expected='type: "conv"',
                )
            new.bottom = [padding.bottom[0], *new.bottom[1:]]
            new.convolution_param.pad = padding.layer.pad
        result.append(new)
    return result


def _layer(old: Message) -> Message:
    own = old.layer
    if own.type not in _TYPES:
        raise own.error(
            f"the layer {own.name!r} is of no type of that time.",
            got=repr(own.type),
            expected="one of " + ", ".join(_TYPES),
            hint=near(own.type, _TYPES) or None,
        )
    kind, parameters = _TYPES[own.type]
    new = Message("LayerParameter", line=old.line, origin=old.origin, name=own.name, type=kind)
    new.bottom, new.top = old.bottom, old.top
    for field, value in own.given():
        name = _RENAMED.get(field.name, field.name)
        if name in ("name", "type"):
            continue
        if name in ("blobs_lr", "weight_decay"):
            while len(new.param) < len(value):
                new.param.add()
            for parameter, x in zip(new.param, value, strict=False):
                setattr(parameter, "lr_mult" if name == "blobs_lr" else "decay_mult", x)
        elif name == "hdf5_output_param":
            new.hdf5_output_param = value
        elif name in _TRANSFORMING and parameters in ("data_param", "image_data_param", "window_data_param"):
            setattr(new.transform_param, _TRANSFORMING[name], value)
        elif not parameters or name not in _fields(new, parameters):
            raise own.error(f"a layer of type {own.type!r} has no {field.name}.", got=f"{field.name}: {value}")
        else:
            setattr(getattr(new, parameters), name, value)
    return new


def _fields(layer: Message, parameters: str) -> set[str]:
    return set(MESSAGES[layer.field(parameters).kind])
