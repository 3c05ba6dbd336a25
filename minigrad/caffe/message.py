"""A message: the named fields of a net, a layer or a solver, as objects.

What protobuf's generated classes are to Caffe, `Message` is here: attributes with Caffe's names, defaults for what was
not given, and in addition the line on which a message began, so that an error can name it.

    layer = Message("LayerParameter", name="conv1", type="Convolution", convolution_param={"num_output": 20})
    layer.convolution_param.num_output      20
    layer.convolution_param.group           1, the default
    layer.pooling_param.pool                "MAX": words of enums are strings
    layer.has("pooling_param")              False
"""

from __future__ import annotations

import difflib
import operator
from collections.abc import Iterable, Iterator
from typing import Any

from minigrad.caffe.schema import MESSAGES, Field
from minigrad.errors import MinigradError

_RANGES = {"int32": (-(2**31), 2**31), "int64": (-(2**63), 2**63), "uint32": (0, 2**32)}


class PrototxtError(MinigradError, ValueError):
    """What stands in a prototxt file, or is given in its place, is not what Caffe's messages are made of."""


class Repeated(list):
    """The values of a repeated field: a list that `add(lr_mult=1)` extends by a message."""

    def __init__(self, field: Field, values: Iterable[Any] = ()):
        super().__init__(values)
        self.field = field

    def add(self, **fields: Any) -> Message:
        """Append a message with these fields, and return it."""
        made = Message(self.field.kind, **fields)
        self.append(made)
        return made


class Message:
    """One message of Caffe's. Fields are attributes; reading what was not given reads its default.

    Attributes:
        kind: the message's name in Caffe, "LayerParameter".
        line: where it began in the text it was read from; 0 if it was not read.
        origin: the name of that text's file, "" if it had none.
    """

    __slots__ = ("_given", "_implied", "kind", "line", "origin")

    def __init__(
        self, kind: str, *, line: int = 0, origin: str = "", fields: dict[str, Any] | None = None, **more: Any
    ):
        for name, value in (("kind", kind), ("line", line), ("origin", origin), ("_given", {}), ("_implied", {})):
            object.__setattr__(self, name, value)
        for name, value in {**(fields or {}), **more}.items():
            setattr(self, name, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._given:
            return self._given[name]
        field = self.field(name)
        if not field.repeated and not field.is_message:
            return field.default
        if name not in self._implied:  # kept, so that what is added to it later is in this message
            fresh = Repeated(field) if field.repeated else Message(field.kind, line=self.line, origin=self.origin)
            self._implied[name] = fresh
        return self._implied[name]

    def __setattr__(self, name: str, value: Any) -> None:
        field = self.field(name)
        if field.repeated:
            many = value if isinstance(value, (list, tuple)) or hasattr(value, "tolist") else [value]
            self._given[name] = Repeated(field, (self._checked(field, x) for x in many))
        else:
            self._given[name] = self._checked(field, value)
        self._implied.pop(name, None)

    def field(self, name: str) -> Field:
        """The declaration of a field. Errors: PrototxtError, with the names that come near."""
        try:
            return MESSAGES[self.kind][name]
        except KeyError:
            raise unknown(name, self.kind, MESSAGES[self.kind], self.line, self.origin) from None

    def has(self, name: str) -> bool:
        """Whether the field was given, even if with its default's value."""
        self.field(name)
        if name in self._given:
            return not isinstance(self._given[name], Repeated) or bool(self._given[name])
        implied = self._implied.get(name)
        return bool(implied) if not isinstance(implied, Message) else any(True for _ in implied.given())

    def given(self) -> Iterator[tuple[Field, Any]]:
        """The fields that were given, in Caffe's order, with their values."""
        for name, field in MESSAGES[self.kind].items():
            if self.has(name):
                yield field, getattr(self, name)

    def clear(self, name: str) -> None:
        """Forget a field: it has its default again."""
        self.field(name)
        self._given.pop(name, None)
        self._implied.pop(name, None)

    def copy(self) -> Message:
        """A copy that shares nothing with this message."""
        made = Message(self.kind, line=self.line, origin=self.origin)
        for field, value in self.given():
            if field.repeated:
                value = Repeated(field, (x.copy() if isinstance(x, Message) else x for x in value))
            elif isinstance(value, Message):
                value = value.copy()
            made._given[field.name] = value
        return made

    def __deepcopy__(self, memo: dict) -> Message:
        return self.copy()

    def error(self, what: str, **parts: Any) -> PrototxtError:
        """An error about this message, which names the line on which it began."""
        return PrototxtError(place(self.line, self.origin) + what, **parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and self.kind == other.kind and list(self.given()) == list(other.given())

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        from minigrad.caffe.prototxt import to_prototxt

        return to_prototxt(self)

    def put(self, field: Field, values: list[Any]) -> None:
        """Set a field, or extend it if it is repeated, by values that are known to fit."""
        if not field.repeated:
            self._given[field.name] = values[-1]
        elif field.name in self._given:
            self._given[field.name] += values
        else:
            self._given[field.name] = Repeated(field, values)

    def _checked(self, field: Field, value: Any) -> Any:
        if field.is_message and isinstance(value, dict):
            return Message(field.kind, line=self.line, origin=self.origin, fields=value)
        fits = fitting(field, value)
        if fits is None:
            raise self.error(
                f"{self.kind}.{field.name} cannot be this.",
                got=value.kind if isinstance(value, Message) else repr(value),
                expected=expected(field),
                hint=near(str(value), field.words) or None,
            )
        return fits


def fitting(field: Field, value: Any) -> Any:
    """The value as this field holds it (an enum's number as its word), None if it does not fit."""
    if field.is_message:
        return value if isinstance(value, Message) and value.kind == field.kind else None
    if field.kind == "enum":
        word = {number: word for word, number in field.words.items()}.get(value) if type(value) is int else value
        return word if word in field.words else None
    if field.kind == "string":
        return value if isinstance(value, str) else None
    if field.kind == "bool":
        return bool(value) if isinstance(value, bool) or (type(value) is int and value in (0, 1)) else None
    if isinstance(value, (str, bool)):
        return None
    try:
        if field.kind == "float":
            return float(value)
        low, high = _RANGES[field.kind]
        number = operator.index(value)
        return number if low <= number < high else None
    except (TypeError, ValueError):
        return None


def expected(field: Field) -> str:
    """What a field takes, in words."""
    if field.kind == "enum":
        return "one of " + ", ".join(field.words)
    if field.is_message:
        return f"a {field.kind}: {field.name} {{ … }}"
    words = {"string": "text between quotation marks", "bool": "true or false", "float": "a number"}
    return words.get(field.kind) or ("a whole number, not negative" if field.kind == "uint32" else "a whole number")


def unknown(name: str, kind: str, known: Iterable[str], line: int = 0, origin: str = "") -> PrototxtError:
    """The error for a field that a message does not have."""
    known = list(known)
    hint = near(name, known)
    if not hint:
        hint = "its fields are " + ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    return PrototxtError(f"{place(line, origin)}{kind} has no field {name!r}.", got=name, hint=hint)


def place(line: int, origin: str) -> str:
    """Where in a text, as errors begin: `line 12 of lenet.prototxt: `."""
    if not line:
        return ""
    return f"line {line}{f' of {origin}' if origin else ''}: "


def near(word: str, known: Iterable[str]) -> str:
    """A suggestion among the known words, "" if none comes near."""
    lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), lower, n=3, cutoff=0.6)
    return "did you mean " + " or ".join(lower[name] for name in close) + "?" if close else ""
