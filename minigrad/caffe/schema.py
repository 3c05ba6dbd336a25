"""What may stand in a prototxt file: the fields of Caffe's messages, their types and their defaults.

Caffe declares its messages in `caffe.proto`, from which protobuf generates code. Here the same facts are a table:
`schema_net.py` has nets and solvers, `schema_layers.py` the parameters of each kind of layer. A message is its name and
a colon, then its fields, one on each line or several between commas:

    PoolingParameter:
        pool {MAX AVE STOCHASTIC}       the words of an enum; the first is the default
        pad uint32, stride uint32 = 1   a default after the sign of equality, otherwise 0, false or ""
        filler FillerParameter          a message within the message
        axis uint32 *                   repeated: a list, empty by default

Source: src/caffe/proto/caffe.proto of Caffe 1.0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

NUMBERS = {"int32": int, "int64": int, "uint32": int, "float": float}
_ZERO: dict[str, Any] = {"int32": 0, "int64": 0, "uint32": 0, "float": 0.0, "bool": False, "string": ""}
_FIELD = re.compile(r"(?P<name>\w+) +(?P<kind>\w+|\{[^}]*\})(?P<many> +\*)?( += +(?P<default>\S+))?$")


@dataclass(frozen=True)
class Field:
    """One field of a message.

    Attributes:
        kind: "string", "bool", "float", "int32", "int64", "uint32", "enum", or the name of a message.
        repeated: whether it may be given any number of times; its value is then a list.
        default: what it is where it was not given; None for messages.
        words: for an enum, its words and their numbers.
    """

    name: str
    kind: str
    repeated: bool
    default: Any
    words: dict[str, int] = field(default_factory=dict)

    @property
    def is_message(self) -> bool:
        return self.kind not in _ZERO and self.kind != "enum"


def declared(text: str) -> dict[str, dict[str, Field]]:
    """The messages declared in a table: for each its fields by name."""
    messages: dict[str, dict[str, Field]] = {}
    fields: dict[str, Field] = {}
    for line in re.sub(r"\n +(?=[^{}]*\})", " ", text).split("\n"):  # an enum may run over several lines
        line = line.strip()
        if line.endswith(":"):
            fields = messages[line[:-1]] = {}
        elif line:
            for part in line.split(","):
                made = _field(part)
                fields[made.name] = made
    return messages


def _field(text: str) -> Field:
    match = _FIELD.match(text.strip())
    assert match, text
    name, kind, default = match["name"], match["kind"], match["default"]
    repeated = match["many"] is not None
    if kind.startswith("{"):
        words: dict[str, int] = {}
        for word in kind[1:-1].split():
            word, _, number = word.partition("=")
            words[word] = int(number) if number else max(words.values(), default=-1) + 1
        return Field(name, "enum", repeated, default or next(iter(words)), words)
    if default is not None:
        if kind == "bool":
            return Field(name, kind, repeated, default == "true")
        return Field(name, kind, repeated, NUMBERS[kind](default) if kind in NUMBERS else default)
    return Field(name, kind, repeated, _ZERO.get(kind))


def _messages() -> dict[str, dict[str, Field]]:
    from minigrad.caffe.schema_layers import LAYERS
    from minigrad.caffe.schema_net import NETS

    nets, layers = declared(NETS), declared(LAYERS)
    parameters = {name: found for name, found in nets["LayerParameter"].items() if name.endswith("_param")}
    return {**nets, **layers, "V1LayerParameter": nets["V1LayerParameter"] | parameters}


MESSAGES = _messages()
"""The fields of each message: `MESSAGES["PoolingParameter"]["stride"].default` is 1."""
