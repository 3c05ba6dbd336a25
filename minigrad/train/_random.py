"""Where the random numbers of a run come from, taken down and put back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minigrad.errors import MinigradError
from minigrad.random import Generator, default_generator


def generators(model: Any) -> Iterator[tuple[str, Generator]]:
    """The default generator under "default", and those that modules were given, by their paths, each once."""
    seen = {default_generator()}
    yield "default", default_generator()
    for path, module in model.named_modules() if hasattr(model, "named_modules") else ():
        for name, value in vars(module).items():
            if isinstance(value, Generator) and value not in seen:
                seen.add(value)
                yield f"{path}.{name}", value


def random_state(model: Any) -> dict[str, Any]:
    """Where these generators stand, as plain data."""
    return {name: generator.stream.bit_generator.state for name, generator in generators(model)}


def set_random_state(model: Any, state: dict[str, Any]) -> None:
    """Let them go on from where they stood. Errors: MinigradError for another set of generators."""
    known = dict(generators(model))
    if set(known) != set(state):
        raise MinigradError(
            "The random generators are not those of this model.",
            got=", ".join(state),
            expected=", ".join(known),
            hint="make the model as it was made when the state was saved",
        )
    for name, generator in known.items():
        generator.stream.bit_generator.state = state[name]
