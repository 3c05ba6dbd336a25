"""Docstrings as HTML: prose stays prose, :math:`…` becomes MathML, which browsers draw without any library.

A docstring may be the user's own. Everything is escaped, and of the MathML only known elements pass.
"""

from __future__ import annotations

import html
import inspect
import re
from functools import lru_cache
from xml.etree import ElementTree

_ELEMENTS = {
    "math", "menclose", "mfenced", "mfrac", "mi", "mn", "mo", "mover", "mpadded", "mphantom", "mroot", "mrow", "mspace", "msqrt",
    "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover",
}  # fmt: skip
_ATTRIBUTES = {
    "display",
    "stretchy",
    "fence",
    "form",
    "separator",
    "lspace",
    "rspace",
    "width",
    "mathvariant",
    "accent",
}
_MATH = re.compile(r":math:`([^`]+)`")
_CODE = re.compile(r"``([^`]+)``|`([^`]+)`")
_NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"


@lru_cache(maxsize=1024)
def mathml(latex: str) -> str:
    """A formula as MathML; as its own source, in code, where it cannot be converted."""
    source = f"<code>{html.escape(latex)}</code>"
    try:
        from latex2mathml.converter import convert
    except ModuleNotFoundError:
        return source
    try:
        tree = ElementTree.fromstring(convert(latex))
    except Exception:  # the converter raises many kinds; what it makes of stray markup may not be XML
        return source
    for element in tree.iter():
        element.tag = element.tag.removeprefix(_NAMESPACE)
        if element.tag not in _ELEMENTS:
            return source
        for name in [name for name in element.attrib if name not in _ATTRIBUTES]:
            del element.attrib[name]
        if element.tag == "mo" and element.text == "¯":
            element.set("stretchy", "false")
    return ElementTree.tostring(tree, encoding="unicode")


def prose(docstring: str | None) -> str:
    """A docstring as HTML paragraphs with MathML."""
    if not docstring:
        return ""
    paragraphs = re.split(r"\n\s*\n", inspect.cleandoc(docstring))
    return "".join(f"<p>{_inline(p)}</p>" for p in paragraphs if p.strip())


def _inline(text: str) -> str:
    parts = _MATH.split(" ".join(text.split()))
    return "".join(mathml(part) if place % 2 else _plain(part) for place, part in enumerate(parts))


def _plain(text: str) -> str:
    return _CODE.sub(lambda m: f"<code>{m.group(1) or m.group(2)}</code>", html.escape(text))
