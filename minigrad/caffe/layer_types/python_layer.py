"""Python layers: `layer { type: "Python" python_param { module: "my_layers" layer: "MyLayer" } }`."""

from __future__ import annotations

import importlib
import sys

from minigrad.caffe.layer import Layer
from minigrad.caffe.message import Message, near
from minigrad.caffe.registry import register_layer


@register_layer("Python")
class PythonLayer(Layer):
    """Stands for the class that `python_param` names, which is made in its place.

    The module is imported, or is the program itself: "__main__", also in a notebook. What the layer is to know is in
    `param_str`, a text that it reads as it likes.
    """

    def __new__(cls, layer_param: Message | None = None, **fields):
        if layer_param is None:
            return super().__new__(cls)
        return python_class(layer_param)(layer_param)


def python_class(layer_param: Message) -> type[Layer]:
    """The class that a Python layer names. Errors: PrototxtError if there is none, or it is no layer."""
    p = layer_param.python_param
    where = f"the Python layer {layer_param.name!r}"
    if not (p.module and p.layer):
        raise layer_param.error(f"{where} names no class.", expected='python_param { module: "…" layer: "…" }')
    try:
        module = sys.modules.get(p.module) or importlib.import_module(p.module)
    except ModuleNotFoundError as error:
        if error.name != p.module.partition(".")[0] and error.name != p.module:
            raise
        raise layer_param.error(
            f"{where} is in a module that was not found.",
            got=p.module,
            expected="a module that `import` finds",
            hint='module: "__main__" for a class of the program itself, or a folder added to sys.path',
        ) from None
    found = getattr(module, p.layer, None)
    if not (isinstance(found, type) and issubclass(found, Layer)):
        raise layer_param.error(
            f"{where} is no class of layers.",
            got=f"{p.module}.{p.layer}" + ("" if found is None else f", a {type(found).__name__}"),
            expected="a class derived from caffe.Layer",
            hint=near(p.layer, vars(module)) or f"class {p.layer}(caffe.Layer): …",
        )
    return found
