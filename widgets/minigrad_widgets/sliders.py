"""Which numbers of a transform a reader may move, how far, and the transform that they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from minigrad.data.transforms import Compose

# The range of one number, and that of each of several: least, largest, from one to the next.
_RANGES: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "degrees": ((0, 180, 1), (-180, 180, 1)),
    "translate": ((0, 1, 0.01), (0, 1, 0.01)),
    "shear": ((0, 60, 1), (-60, 60, 1)),
    "p": ((0, 1, 0.05), (0, 1, 0.05)),
    "brightness": ((0, 1, 0.05), (0, 3, 0.05)),
    "contrast": ((0, 1, 0.05), (0, 3, 0.05)),
    "saturation": ((0, 1, 0.05), (0, 3, 0.05)),
    "hue": ((0, 0.5, 0.01), (-0.5, 0.5, 0.01)),
    "sigma": ((0, 1, 0.01), (0, 1, 0.01)),
    "RandomErasing.scale": ((0, 1, 0.01), (0, 1, 0.01)),
    "scale": ((0.1, 3, 0.05), (0.1, 3, 0.05)),
    "ratio": ((0.1, 5, 0.1), (0.1, 5, 0.1)),
    "padding": ((0, 16, 1), (0, 16, 1)),
}
# What is written into pixels: how far it goes depends on the image.
_WITHOUT = ("fill", "value")
_WORDS = {
    "translate": ("across", "down"),
    "padding": ("left", "top", "right", "bottom"),
    "center": ("x", "y"),
    "size": ("height", "width"),
    "shear": ("from", "to", "y from", "y to"),
}


@dataclass(frozen=True)
class Slider:
    """One number of a transform: `key` is its place among the steps, such as "0.translate.1"."""

    key: str
    step: str
    label: str
    low: float
    high: float
    by: float
    value: float

    def told(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def sliders_of(transform: Any, path: str = "") -> list[Slider]:
    """The numbers of a transform, of all steps if it is composed; of a plain function none."""
    if isinstance(getattr(transform, "transforms", None), list):
        return [one for n, step in enumerate(transform.transforms) for one in sliders_of(step, f"{path}{n}.")]
    found = []
    for name, value in _settings(transform).items():
        parts = value if isinstance(value, (tuple, list)) else (value,)
        if name in _WITHOUT or not all(_is_number(part) for part in parts):
            continue
        several = isinstance(value, (tuple, list))
        for place, part in enumerate(parts):
            low, high, by = _range(type(transform).__name__, name, part, several)
            words = _WORDS.get(name, ("from", "to")) if len(parts) <= len(_WORDS.get(name, "--")) else ()
            label = f"{name}, {words[place] if words else place + 1}" if several else name
            key = f"{path}{name}.{place}" if several else f"{path}{name}"
            found.append(Slider(key, type(transform).__name__, label, min(low, part), max(high, part), by, part))
    return found


def rebuilt(transform: Any, values: Mapping[str, float], path: str = "") -> Any:
    """A new transform with these numbers, by their keys. Errors: those of its constructor."""
    if isinstance(getattr(transform, "transforms", None), list):
        return Compose([rebuilt(step, values, f"{path}{n}.") for n, step in enumerate(transform.transforms)])
    settings = _settings(transform)
    changed = dict(settings)
    for name, value in settings.items():
        if isinstance(value, (tuple, list)):
            keys = [f"{path}{name}.{place}" for place in range(len(value))]
            changed[name] = tuple(_like(part, values.get(key, part)) for key, part in zip(keys, value))
        elif f"{path}{name}" in values:
            changed[name] = _like(value, values[f"{path}{name}"])
    return type(transform)(**changed) if changed != settings else transform


def _settings(transform: Any) -> dict[str, Any]:
    """What a transform was made with; nothing of what keeps it to itself."""
    try:
        return transform.settings()
    except (AttributeError, TypeError, ValueError):
        return {}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _range(kind: str, name: str, value: float, several: bool) -> tuple[float, float, float]:
    known = _RANGES.get(f"{kind}.{name}", _RANGES.get(name))
    if known is not None:
        return known[several]
    far = max(1, 2 * abs(value))
    by = 1 if isinstance(value, int) and abs(value) > 1 else far / 100
    return (-far if value < 0 else 0), far, by


def _like(before: float, now: float) -> float:
    """A whole number stays one where it can: the browser knows one kind of number only."""
    return int(now) if isinstance(before, int) and float(now).is_integer() else now
