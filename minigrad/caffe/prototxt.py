r"""Protobuf's text format: reading prototxt files into messages, and printing messages.

    layer {                                # a message within a message; a colon before the brace may stand or not
      name: "conv" "1"                     # strings next to each other are one string
      convolution_param { num_output: 20 kernel_size: [5, 5] pool: MAX; stride: 0x2 }
    }

The `protobuf` package reads this format too, into classes that its compiler generates. It is not used, for two reasons:
its messages forget their lines, and an error in a layer's set-up, long after the text was read, should name one; and it
would be minigrad's only dependency beside NumPy, for a grammar of ten lines:

    message = { field }
    field   = name (":" value | [":"] ("{" message "}" | "<" message ">") | ":" "[" values "]") [";" | ","]
    value   = string { string } | ["-"] number | word

Source: "Text Format Language Specification", protobuf.dev.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from minigrad.caffe.message import Message, PrototxtError, Repeated, expected, fitting, near, place, unknown
from minigrad.caffe.schema import MESSAGES, Field

__all__ = ["Message", "PrototxtError", "parse", "read", "to_prototxt"]

_TOKEN = re.compile(
    r"""(?P<skip>[ \t\r\f\v\n]+|\#[^\n]*)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<number>(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fF]?)(?![A-Za-z_0-9.]))
    |(?P<word>[A-Za-z_]\w*)
    |(?P<sign>[-:{}<>\[\],;])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class Token(NamedTuple):
    """A piece of the text: "string", "number", "word", "sign", or "end" after the last."""

    kind: str
    text: str
    line: int


def parse(text: str, kind: str = "NetParameter", *, origin: str = "") -> Message:
    """Read a text as a message of this kind. Errors: PrototxtError, which names the line."""
    return _Parser(text, origin).message(kind, 1, "")


def read(path_or_text: str | Path | Message, kind: str = "NetParameter") -> tuple[Message, Path]:
    """Read a file, or a text, as a message; and the folder that paths in it are relative to.

    A string is a text if it holds a brace, a line break or a field's colon, otherwise the path of a file.
    """
    if isinstance(path_or_text, Message):
        return path_or_text, Path()
    if isinstance(path_or_text, str) and re.search(r"[{\n<]|^\s*\w\w+\s*:|^\s*$", path_or_text):
        return parse(path_or_text, kind), Path()
    path = Path(path_or_text)
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")  # comments come in many encodings
    except OSError as error:
        raise PrototxtError(
            f"{path} cannot be read: {error.strerror or error}.",
            got=str(path_or_text),
            expected="the path of a prototxt file, or its text",
            hint=f"the current folder is {Path.cwd()}",
        ) from None
    return parse(text, kind, origin=path.name), path.parent


def to_prototxt(message: Message) -> str:
    """Print a message as text that `parse` reads back: the fields that were given, one on each line."""
    return "".join(_lines(message, ""))


def _lines(message: Message, indent: str) -> Iterator[str]:
    for field, value in message.given():
        for x in value if isinstance(value, Repeated) else [value]:
            if isinstance(x, Message):
                yield f"{indent}{field.name} {{\n"
                yield from _lines(x, indent + "  ")
                yield f"{indent}}}\n"
            else:
                yield f"{indent}{field.name}: {_printed(field, x)}\n"


def _printed(field: Field, value: Any) -> str:
    if field.kind == "string":
        return (
            '"'
            + re.sub(r'[\\"\n\t\r]', lambda m: {"\n": r"\n", "\t": r"\t", "\r": r"\r"}.get(m[0], "\\" + m[0]), value)
            + '"'
        )
    if field.kind == "bool":
        return "true" if value else "false"
    if field.kind == "float" and float(value).is_integer() and abs(value) < 1e16:
        return str(int(value))
    return str(value)


class _Parser:
    """Reads tokens from the left to the right, one method for each line of the grammar."""

    def __init__(self, text: str, origin: str):
        self.origin = origin
        self.lines = text.split("\n")
        self.tokens = self.split(text)
        self.token = next(self.tokens)

    def split(self, text: str) -> Iterator[Token]:
        at, line = 0, 1
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                what = "a string that does not end" if text[at] in "\"'" else f"{text[at : at + 12].split()[0]!r}"
                raise self.failure(
                    f"{what} cannot stand here.", line, hint="comments begin with #, strings end on their line"
                )
            at = match.end()
            if match.lastgroup != "skip":
                yield Token(str(match.lastgroup), match[0], line)
            line += match[0].count("\n")
        yield Token("end", "the end of the text", line)

    def failure(self, what: str, line: int, **parts: Any) -> PrototxtError:
        """The error for what stands on this line."""
        parts.setdefault("got", self.lines[line - 1].strip() or None)
        return PrototxtError(place(line, self.origin) + what, **parts)

    def step(self) -> Token:
        token, self.token = self.token, next(self.tokens, self.token)
        return token

    def accept(self, *signs: str) -> str:
        """The next token if it is one of these signs, which is stepped over; otherwise nothing."""
        return self.step().text if self.token.kind == "sign" and self.token.text in signs else ""

    def message(self, kind: str, line: int, end: str) -> Message:
        """Fields up to the sign `end`, or up to the end of the text."""
        message = Message(kind, line=line, origin=self.origin)
        seen: dict[str, int] = {}
        while not (end and self.accept(end)):
            token = self.step()
            if token.kind == "end":
                if not end:
                    break
                raise self.failure(f"{kind} began here and does not end.", line, expected=f"a closing {end}")
            if token.kind != "word":
                raise self.failure(
                    f"{token.text} stands where a field's name belongs.", token.line, expected="name: value"
                )
            self.one_field(message, token, seen)
            self.accept(",", ";")
        return message

    def one_field(self, message: Message, name: Token, seen: dict[str, int]) -> None:
        field = MESSAGES[message.kind].get(name.text)
        if field is None:
            raise unknown(name.text, message.kind, MESSAGES[message.kind], name.line, self.origin)
        if field.name in seen and not field.repeated:
            hint = f"line {seen[field.name]} has it already: keep one of them"
            raise self.failure(f"{message.kind}.{field.name} is given twice.", name.line, hint=hint)
        seen[field.name] = name.line
        values = list(self.values(field))
        message.put(field, values)

    def values(self, field: Field) -> Iterator[Any]:
        """What follows a field's name."""
        colon = self.accept(":")
        if not colon and not (field.is_message and self.token.text in ("{", "<")):
            what = f"{self.token.text} follows {field.name}, where a colon belongs."
            raise self.failure(what, self.token.line, expected=f"{field.name}: {expected(field)}")
        if not (field.repeated and self.accept("[")):
            yield self.value(field)
            return
        while not self.accept("]"):
            yield self.value(field)
            if not self.accept(",") and self.token.text != "]":
                raise self.failure(f"{self.token.text} stands in a list.", self.token.line, expected="[1, 2, 3]")

    def value(self, field: Field) -> Any:
        """One value, as this field takes it."""
        token = self.step()
        if field.is_message and token.text in ("{", "<"):
            return self.message(field.kind, token.line, "}" if token.text == "{" else ">")
        if token.kind == "string":
            text = _unescaped(token.text)
            while self.token.kind == "string":
                text += _unescaped(self.step().text)
            value = text if field.kind == "string" else None
        elif token.text == "-":
            value = _plain(field, self.token)
            value = -value if isinstance(value, (int, float)) else None
            token = Token("number", "-" + self.step().text, token.line)
        else:
            value = _plain(field, token)
        value = fitting(field, value)
        if value is None:
            what = f"{token.text} is not what {field.name} takes."
            raise self.failure(what, token.line, expected=expected(field), hint=near(token.text, field.words) or None)
        return value


def _plain(field: Field, token: Token) -> Any:
    """A number or word as a value of this field, None if it is none."""
    text = token.text
    if token.kind == "number":
        if field.kind == "float" and not text.lower().startswith("0x"):
            return float(text.rstrip("fF"))
        if re.fullmatch(r"0[0-7]+", text):
            return int(text, 8) if field.kind != "string" else None
        return int(text, 0) if field.kind != "string" and re.fullmatch(r"0[xX]\w+|0|[1-9]\d*", text) else None
    if token.kind != "word":
        return None
    if field.kind == "bool":
        return {"true": True, "True": True, "t": True, "false": False, "False": False, "f": False}.get(text)
    if field.kind == "float":
        return float(text) if text.lower() in ("inf", "infinity", "nan") else None
    return text if text in field.words else None


def _unescaped(quoted: str) -> str:
    """What a quoted string says. Escapes in octal and with x stand for bytes, of which a letter may need several."""
    body, at, said = quoted[1:-1], 0, bytearray()
    for match in _ESCAPE.finditer(body):
        two, four, eight, octal, sign = match.groups()
        said += body[at : match.start()].encode()
        if two or octal:
            said.append((int(two, 16) if two else int(octal, 8)) & 255)
        else:
            said += (chr(int(four or eight, 16)) if four or eight else _ESCAPED.get(sign, sign)).encode()
        at = match.end()
    return (said + body[at:].encode()).decode("utf-8", "replace")
