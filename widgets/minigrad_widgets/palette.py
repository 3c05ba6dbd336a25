"""The colours of every view, light and dark: chosen to stay apart for colour-blind readers (Okabe and Ito).

No meaning hangs on a colour alone: each state is also a word on the node. In JupyterLab the neutral colours are the
theme's own; elsewhere, and in a saved picture, those given here.
"""

from __future__ import annotations

# name: (light, dark, JupyterLab's variable or "")
COLOURS = {
    "surface": ("#ffffff", "#16191d", "--jp-layout-color1"),
    "panel": ("#f6f8fa", "#1e2227", ""),
    "ink": ("#1b1f24", "#e8eaed", "--jp-content-font-color0"),
    "soft": ("#57606a", "#a9b1ba", ""),
    "line": ("#8c96a0", "#6f7984", ""),
    "hair": ("#d5dae0", "#3a4149", ""),
    "op": ("#f3f5f7", "#2a2f35", ""),
    "source": ("#eef0fb", "#2b2d4a", ""),
    "source-line": ("#6a70c4", "#9a9ff0", ""),
    "frame": ("#f8f9fb", "#1c2025", ""),
    "running": ("#ffdfb3", "#5c3610", ""),
    "running-line": ("#c24a00", "#ff9d42", ""),
    "ready": ("#d3e8fb", "#123d66", ""),
    "ready-line": ("#0064b4", "#63b5ff", ""),
    "done": ("#d8f0e4", "#123f2e", ""),
    "done-line": ("#0b7a53", "#45d19a", ""),
}


def paint(name: str) -> str:
    """A colour as an SVG attribute takes it: the page's, else the light one."""
    return f"var(--mg-{name}, {COLOURS[name][0]})"


def picture_style() -> str:
    """For a picture that stands alone: it follows the reader's own preference for dark pages."""
    light = ";".join(f"--mg-{name}:{c[0]}" for name, c in COLOURS.items())
    dark = ";".join(f"--mg-{name}:{c[1]}" for name, c in COLOURS.items())
    return f"svg{{{light}}}@media(prefers-color-scheme:dark){{svg{{{dark}}}}}"


def page_style() -> str:
    """For a view on a page: JupyterLab's theme decides, VS Code's, or the reader's preference."""

    def block(selector: str, place: int) -> str:
        lines = [f"--mg-{n}:{f'var({c[2]},{c[place]})' if c[2] else c[place]}" for n, c in COLOURS.items()]
        return f"{selector}{{{';'.join(lines)}}}\n"

    dark = [f"{page} .mg-view" for page in ('[data-jp-theme-light="false"]', ".vscode-dark", "html[theme=dark]")]
    return block(".mg-view", 0) + block(",".join(dark), 1)
