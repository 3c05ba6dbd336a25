"""The types of layers by their names in prototxt files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from minigrad.caffe.layer import CaffeError, Layer
from minigrad.caffe.message import Message, near, place

LAYERS: dict[str, type[Layer]] = {}
_Class = TypeVar("_Class", bound=type[Layer])


def register_layer(name: str) -> Callable[[_Class], _Class]:
    """Make a class known to nets under a name::

        @caffe.register_layer("Cube")
        class Cube(caffe.Layer):
            ...

    after which `layer { type: "Cube" … }` is a layer of it. A second class of the same name takes its place.
    """

    def register(made: _Class) -> _Class:
        LAYERS[name] = made
        return made

    return register


def make_layer(layer_param: Message) -> Layer:
    """The layer that a message describes. Errors: CaffeError for a type that nobody registered."""
    kind = layer_param.type
    if kind not in LAYERS:
        raise CaffeError(
            f"{place(layer_param.line, layer_param.origin)}layer {layer_param.name!r} is of a type that does not exist.",
            got=repr(kind),
            expected="a type in caffe.LAYERS",
            hint=near(kind, LAYERS) or "@caffe.register_layer(…) makes a class of your own known",
        )
    return LAYERS[kind](layer_param)
