"""SVG elements as text: numbers rounded to a tenth, strings escaped, attributes in the order in which they are given."""

from __future__ import annotations

from html import escape
from typing import Any

from minigrad_widgets.palette import paint

TITLE, SMALL = 13.0, 11.5
SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"


def mark(tag: str, *content: str, **attributes: Any) -> str:
    """One element. `content` is markup; `class_` and `data_key` stand for class and data-key; None is left out.

    `fill` and `stroke` may name a colour of the palette.
    """
    told = []
    for name, value in attributes.items():
        if value is None:
            continue
        if name in ("fill", "stroke") and value != "none":
            value = paint(value)
        text = rounded(value) if isinstance(value, (int, float)) else escape(str(value))
        told.append(f' {name.rstrip("_").replace("_", "-")}="{text}"')
    inside = "".join(content)
    return f"<{tag}{''.join(told)}>{inside}</{tag}>" if inside or tag in ("text", "g") else f"<{tag}{''.join(told)}/>"


def words(
    text: str, x: float, y: float, *, size: float = SMALL, fill: str = "ink", anchor: str | None = None, **more: Any
) -> str:
    """A line of text, escaped."""
    return mark("text", escape(text), x=x, y=y, text_anchor=anchor, font_size=size, fill=fill, **more)


def rounded(x: float) -> str:
    """A coordinate rounded to a tenth, without a trailing zero or a negative nothing."""
    text = f"{x:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def sheet(width: float, height: float, *content: str, **attributes: Any) -> str:
    """A whole picture."""
    w, h = rounded(width), rounded(height)
    return mark(
        "svg",
        *content,
        xmlns="http://www.w3.org/2000/svg",
        width=w,
        height=h,
        viewBox=f"0 0 {w} {h}",
        font_family=SANS,
        **attributes,
    )
