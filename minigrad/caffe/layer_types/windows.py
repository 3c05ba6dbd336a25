"""The sizes of windows, as Caffe writes them: one number for both directions, two, or `kernel_h` and `kernel_w`."""

from __future__ import annotations

from minigrad.caffe.layer import Layer
from minigrad.caffe.message import Message

Pair = tuple[int, int]


def pair(layer: Layer, parameter: Message, name: str, short: str = "", default: int | None = None) -> Pair:
    """The two sizes of `name` (`kernel_size`, or `kernel_h` and `kernel_w` by `short`). Errors: CaffeError."""
    rows, columns = f"{short}_h", f"{short}_w"
    apart = bool(short) and (parameter.has(rows) or parameter.has(columns))
    if apart and parameter.has(name):
        raise layer.error(
            f"is given {name} in two ways.",
            got=f"{name}, {rows}, {columns}",
            expected=f"{name}, or {rows} and {columns}",
        )
    if apart:
        if not (parameter.has(rows) and parameter.has(columns)) and default is None:
            raise layer.error(f"needs both {rows} and {columns}.", expected=f"{rows}: 3 {columns}: 3")
        return tuple(getattr(parameter, n) if parameter.has(n) else default for n in (rows, columns))  # type: ignore[return-value]
    value = getattr(parameter, name)
    given = list(value) if isinstance(value, list) else [value] * parameter.has(name)
    if len(given) > 2:
        raise layer.error(
            "slides over two axes only.",
            got=f"{name}: {given}",
            expected="one number, or one for rows and one for columns",
        )
    if not given and default is None:
        raise layer.error(f"needs the size of its windows, {name}.", expected=f"{name}: 3")
    given = given or [default]
    return given[0], given[-1]


def check_positive(layer: Layer, **pairs: Pair) -> None:
    """Errors: CaffeError for a size of 0."""
    for name, sizes in pairs.items():
        if min(sizes) < 1:
            raise layer.error(f"cannot have {name}: {min(sizes)}.", expected="1 or more")
