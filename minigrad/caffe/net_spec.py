"""Nets written in Python instead of prototxt: `NetSpec`, `layers as L`, `params as P`.

    n = caffe.NetSpec()
    n.data, n.label = L.DummyData(shape=[dict(dim=[8, 1, 28, 28]), dict(dim=[8])], ntop=2)
    n.conv1 = L.Convolution(n.data, num_output=20, kernel_size=5, weight_filler=dict(type="xavier"))
    n.relu1 = L.ReLU(n.conv1, in_place=True)
    n.pool1 = L.Pooling(n.relu1, pool=P.Pooling.AVE, kernel_size=2, stride=2)
    print(n.to_proto())

Nothing is computed here: calling `L.Convolution` makes a description, which knows the descriptions that it takes its
bottoms from. Assigning it to the spec gives its blob that name. `to_proto` writes each description down as a layer, those
it needs before it. A layer's line is the line of this program, so that errors of the net name it.

The words are those of pycaffe's `net_spec.py`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from minigrad.caffe.message import Message, PrototxtError, near
from minigrad.caffe.schema import MESSAGES
from minigrad.events import user_line

_PARAMETERS = {
    field.kind.removesuffix("Parameter"): name
    for name, field in MESSAGES["LayerParameter"].items()
    if name.endswith("_param")
} | {"Deconvolution": "convolution_param"}


class Function:
    """One layer that will be: its type, the tops it takes as bottoms, its parameters.

    Keywords are fields of the parameters that belong to the type (`kernel_size` of a Convolution), or fields of the
    layer (`loss_weight`, `param`, `include`, `name`).
    """

    def __init__(self, type_name: str, inputs: tuple[Any, ...], parameters: dict[str, Any]):
        line = user_line()
        self.line, self.origin = (line.number, line.short) if line else (0, "")
        self.type_name, self.inputs = type_name, inputs
        self.ntop: int = parameters.pop("ntop", 1)
        self.in_place: bool = parameters.pop("in_place", False)
        self.parameters = parameters
        for i, x in enumerate(inputs):
            if not isinstance(x, Top):
                raise self.message().error(
                    f"L.{type_name}: bottom {i} is not the top of a layer.",
                    got=type(x).__name__,
                    expected="what L.Something(…) returned, or n.its_name",
                    hint="numbers are given by keyword: num_output=20",
                )
        if self.in_place and len(inputs) != self.ntop:
            raise self.message().error(
                f"L.{type_name}: in place, tops are the bottoms.",
                got=f"{len(inputs)} bottoms, ntop={self.ntop}",
                expected="as many of one as of the other",
            )
        self.message()  # so that what is wrong is said where it was written
        self.tops = tuple(Top(self, i) for i in range(self.ntop))

    def message(self) -> Message:
        """The layer, as yet without names of blobs."""
        layer = Message("LayerParameter", line=self.line, origin=self.origin, type=self.type_name)
        own = _PARAMETERS.get(self.type_name)
        known = MESSAGES[MESSAGES["LayerParameter"][own].kind] if own else {}
        for name, value in self.parameters.items():
            if name in known:
                setattr(getattr(layer, str(own)), name, value)
            elif name in MESSAGES["LayerParameter"] and name not in ("type", "bottom", "top"):
                setattr(layer, name, value)
            else:
                words = [*known, *MESSAGES["LayerParameter"]]
                raise layer.error(f"L.{self.type_name} has no parameter {name!r}.", got=name, hint=near(name, words))
        return layer

    def __repr__(self) -> str:
        return f"<L.{self.type_name}>"


class Top:
    """One output of a layer that will be; the bottom of others."""

    def __init__(self, fn: Function, n: int):
        self.fn, self.n = fn, n

    def to_proto(self) -> Message:
        """The net that computes this top."""
        return to_proto(self)

    def __repr__(self) -> str:
        return f"<top {self.n} of L.{self.fn.type_name}>"


def to_proto(*tops: Top) -> Message:
    """The net that computes these tops; names are made from the layers' types."""
    return _net({}, list(tops))


class NetSpec:
    """Names for tops: `n.conv1 = L.Convolution(n.data, …)`. Names that are no words: `n["loss/top-1"] = …`."""

    def __init__(self) -> None:
        super().__setattr__("tops", {})

    def __setattr__(self, name: str, value: Any) -> None:
        if not isinstance(value, (Top, Function)):
            raise PrototxtError(
                f"n.{name} cannot be this.",
                got=type(value).__name__,
                expected="what L.Something(…) returns",
                hint="n.a, n.b = L.Something(…, ntop=2) where there are two",
            )
        self.tops[name] = value

    def __getattr__(self, name: str) -> Any:
        tops = super().__getattribute__("__dict__").get("tops", {})
        if name not in tops:
            raise AttributeError(f"the net has no {name!r} yet. {near(name, tops)}".strip())
        return tops[name]

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self, name, value)

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def __delattr__(self, name: str) -> None:
        del self.tops[name]

    def __delitem__(self, name: str) -> None:
        del self.tops[name]

    def to_proto(self) -> Message:
        """The net, as a message: print it, or give it to `caffe.Net`."""
        names: dict[Any, str] = {}
        for name, top in self.tops.items():
            names[top] = name
        return _net(names, list(self.tops.values()))


def _net(names: dict[Any, str], wanted: list[Top | Function]) -> Message:
    """Write down the layers that compute what is wanted, each after those it takes from."""
    layers: dict[Function, Message] = {}
    count: Counter[str] = Counter()

    def automatic(fn: Function) -> str:
        count[fn.type_name] += 1
        return f"{fn.type_name}{count[fn.type_name]}"

    waiting = [x.fn if isinstance(x, Top) else x for x in reversed(wanted)]
    while waiting:
        fn = waiting[-1]
        before = [x.fn for x in fn.inputs if x.fn not in layers]
        if fn in layers or before:
            waiting.pop() if fn in layers else waiting.extend(reversed(before))
            continue
        layer = layers[fn] = fn.message()
        layer.bottom = [layers[x.fn].top[x.n] for x in fn.inputs]
        if fn.in_place:
            layer.top = list(layer.bottom)
        else:
            layer.top = [names.get(top) or automatic(fn) for top in fn.tops]
        if not layer.has("name"):
            layer.name = names.get(fn) or (names.get(fn.tops[0]) or layer.top[0] if fn.tops else automatic(fn))
            if fn.in_place and fn.tops[0] not in names:
                layer.name = automatic(fn)
    return Message("NetParameter", layer=list(layers.values()))


class Layers:
    """`L`: `L.Convolution(…)` describes a layer of type "Convolution"; any type's name is an attribute."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)

        def layer(*inputs: Top, **parameters: Any) -> Any:
            fn = Function(name, inputs, parameters)
            return fn if fn.ntop == 0 else fn.tops[0] if fn.ntop == 1 else fn.tops

        layer.__name__ = name
        return layer


class Parameters:
    """`P`: `P.Pooling.AVE`, the words of enums by the type that takes them."""

    class _Words:
        def __init__(self, kind: str):
            self.kind = kind
            self.words = {word for field in MESSAGES[kind].values() for word in field.words}

        def __getattr__(self, word: str) -> str:
            if word not in self.words:
                raise AttributeError(f"{self.kind} has no word {word!r}. {near(word, self.words)}".strip())
            return word

    def __getattr__(self, name: str) -> Any:
        if f"{name}Parameter" not in MESSAGES:
            raise AttributeError(f"no parameters are named {name!r}.")
        return self._Words(f"{name}Parameter")


layers, params = Layers(), Parameters()
