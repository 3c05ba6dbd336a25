"""What every view shares: how it is shown live, how it is saved, and what it says of itself."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from minigrad_widgets.palette import page_style

_STATIC = Path(__file__).parent / "static"


def esm(*names: str) -> str:
    """The JavaScript module of a view: the shared functions, then its own parts."""
    return "".join((_STATIC / f"{name}.js").read_text(encoding="utf-8") for name in ("common", *names))


def css() -> str:
    """The style sheet of the views."""
    return page_style() + (_STATIC / "views.css").read_text(encoding="utf-8")


class View(anywidget.AnyWidget):
    """A view: live where there is a kernel, a picture where there is none.

    Attributes:
        selection: the key of the selected node, "" for none.
    """

    _css = css()
    _data = traitlets.Dict().tag(sync=True)
    selection = traitlets.Unicode("").tag(sync=True)

    def picture(self) -> str:
        """The view as it stands, as SVG text."""
        raise NotImplementedError

    def describe(self) -> str:
        """What is shown, in a few words."""
        raise NotImplementedError

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file: .svg always, .png and .pdf where a converter is at hand. Returns the path.

        Errors: ValueError for another ending.
        """
        from minigrad_widgets.saving import save

        return save(self, Path(path))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.describe()}>"

    def _repr_mimebundle_(self, **keywords: Any) -> tuple[dict, dict]:
        """The live view, and for where it cannot live (GitHub, nbconvert, a notebook without kernel) the picture."""
        bundle = super()._repr_mimebundle_(**keywords)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        data["text/plain"] = repr(self)
        data["text/html"] = self.static_html()
        return data, metadata

    def still(self) -> str:
        """The picture for where nobody can move it."""
        return self.picture()

    def still_words(self) -> str:
        """What the still shows, for those who do not see it."""
        return self.describe()

    def static_html(self) -> str:
        """The still as HTML that needs nothing."""
        encoded = base64.b64encode(self.still().encode()).decode()
        return f'<img alt="{_attribute(self.still_words())}" src="data:image/svg+xml;base64,{encoded}" style="max-width:100%">'


def _attribute(text: str) -> str:
    from html import escape

    return escape(text, quote=True)
