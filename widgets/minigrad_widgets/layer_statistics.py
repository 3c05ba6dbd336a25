"""`record_activations`: what a network's numbers are like, layer by layer, forward and backward."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy

import minigrad
from minigrad.random import default_generator
from minigrad_widgets import text
from minigrad_widgets.distributions import Distribution, reach_of
from minigrad_widgets.pictures import Picture


class LayerStatistics:
    """Distributions by depth: the first layer's first. In a notebook it is a picture, printed a table.

    Attributes:
        values: a `Distribution` for each array (for `record_activations`: of each layer's output).
        gradients: as many, of the loss's gradients with respect to these, with None where none arrived; () if not asked for.
    """

    def __init__(
        self,
        values: Mapping[str, Any],
        gradients: Mapping[str, Any] | None = None,
        *,
        kinds: Mapping[str, str] | None = None,
        title: str = "values",
    ):
        """Measure arrays or tensors by name, such as weights, or gradients of parameters, in the order in which they are given.

        Args:
            values: what is measured.
            gradients: of the same names.
            kinds: the types of the modules that made them, for what saturates: `{"1": "Tanh"}`.
            title: what the values are, for the picture.
        """
        kinds = kinds or {}
        self._title = title
        arrays = {name: numpy.asarray(value) for name, value in values.items()}
        reach = reach_of(list(arrays.values()))
        self.values = tuple(Distribution.of(n, a, reach, kinds.get(n, "")) for n, a in arrays.items())
        # What a histogram of its own shows: the form, where the common axis is too wide or too narrow for it.
        self._values_alone = tuple(Distribution.of(n, a, None, kinds.get(n, "")) for n, a in arrays.items())
        self.gradients: tuple[Distribution | None, ...] = ()
        self._gradients_alone: tuple[Distribution | None, ...] = ()
        if gradients is not None:
            known = {name: numpy.asarray(g) for name, g in gradients.items() if g is not None}
            reach = reach_of(list(known.values()))
            self.gradients = tuple(Distribution.of(n, known[n], reach) if n in known else None for n in arrays)
            self._gradients_alone = tuple(Distribution.of(n, known[n]) if n in known else None for n in arrays)

    def picture(self, *, own_axes: bool = False) -> Picture:
        """A row for each array: its histogram, its deviation on a logarithmic axis, its zeros; the same for gradients.

        Args:
            own_axes: each histogram has an axis that fits it, where otherwise all have the same.
        """
        from minigrad_widgets.pictures.depth import by_depth

        values = self._values_alone if own_axes else self.values
        gradients = self._gradients_alone if own_axes else self.gradients
        return by_depth(values, gradients, title=self._title, own_axes=own_axes)

    def _repr_html_(self) -> str:
        return self.picture()._repr_html_()

    def __repr__(self) -> str:
        head = ["layer", "shape", "mean", "std", "zeros"]
        more = [name for name in ("saturated", "dead") if any(getattr(d, name) is not None for d in self.values)]
        table = [[*head, *more, *(["gradient std"] if self.gradients else [])]]
        for place, d in enumerate(self.values):
            row = [d.name, text.shape(d.shape), text.number(d.mean), text.number(d.std), text.percent(d.zeros)]
            row += [text.percent(getattr(d, name)) if getattr(d, name) is not None else "" for name in more]
            if self.gradients:
                g = self.gradients[place]
                row.append(text.number(g.std) if g is not None else "none")
            if d.nonfinite:
                row[2] = f"{d.nonfinite} not finite"
            table.append(row)
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        return "\n".join(
            "  ".join(c.ljust(w) if i < 2 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
            for row in table
        )


def record_activations(
    model: Any, *inputs: Any, loss: Callable[[Any], Any] | None = None, only: type | tuple[type, ...] | None = None
) -> LayerStatistics:
    """Run a model once and measure what each of its layers gives; with a loss, also the gradients that come back.

    The model runs in the mode in which it is. Nothing of it changes: no `.grad`, no running statistics; the default
    generator stands where it stood.

    Args:
        model: a `minigrad.nn.Module`.
        inputs: what it is called with.
        loss: makes one number of the model's output, for instance `lambda z: functional.cross_entropy(z, y)`.
        only: measure modules of these types; by default those that have no parts.

    Errors: TypeError for what is not a module; ValueError if nothing was measured.
    """
    if not (hasattr(model, "named_modules") and hasattr(model, "register_forward_hook")):
        raise TypeError(
            "record_activations runs modules.\n"
            f"  got:      {type(model).__name__}\n  expected: a minigrad.nn.Module\n"
            "  try:      LayerStatistics({name: array}) for numbers that you have"
        )
    values: dict[str, numpy.ndarray] = {}
    kinds: dict[str, str] = {}
    gradients: dict[str, numpy.ndarray] = {}
    with ExitStack() as undo:
        undo.enter_context(_unchanged(model))
        for path, module in model.named_modules():
            wanted = isinstance(module, only) if only else not any(True for _ in module.children())
            if wanted:
                watch = _Watch(path, values, kinds, gradients, loss is not None)
                undo.callback(module.register_forward_hook(watch).remove)
        if loss is None:
            with minigrad.no_grad():
                model(*inputs)
        else:
            learned = [p for p in model.parameters() if p.requires_grad]
            minigrad.autograd.grad(loss(model(*inputs)), learned, allow_unused=True)
    if not values:
        raise ValueError(
            "record_activations: nothing was measured.\n"
            f"  got:      {type(model).__name__}, only={only}\n  expected: modules of these types that run\n"
            "  try:      leave `only` out"
        )
    return LayerStatistics(values, gradients if loss is not None else None, kinds=kinds, title="outputs")


class _Watch:
    """A forward hook of one module: it copies the output, and its gradient when that comes."""

    def __init__(self, path: str, values: dict, kinds: dict, gradients: dict, backward: bool):
        self.path, self.values, self.kinds, self.gradients, self.backward = path, values, kinds, gradients, backward

    def __call__(self, module: Any, inputs: tuple, output: Any) -> None:
        if not hasattr(output, "numpy"):  # a recurrent layer's output and state: the output is what goes on
            output = output[0]
        kind = type(module).__name__
        first = f"{self.path} {kind}" if self.path else kind
        name, call = first, 1
        while name in self.values:
            call += 1
            name = f"{first}, call {call}"
        self.values[name], self.kinds[name] = numpy.array(output.detach().cpu()), kind
        if self.backward and output.requires_grad:
            output.register_hook(lambda g: self.gradients.__setitem__(name, numpy.array(g.detach().cpu())))


@contextmanager
def _unchanged(model: Any) -> Iterator[None]:
    """Put buffers and the stream of random numbers back to where they were."""
    buffers = [
        (owner, name, b.detach().cpu().numpy().copy())
        for owner in model.modules()
        for name, b in owner._buffers.items()
        if b is not None
    ]
    stream = default_generator().stream.bit_generator
    state = stream.state
    try:
        yield
    finally:
        stream.state = state
        with minigrad.no_grad():
            for owner, name, kept in buffers:
                owner._buffers[name].copy_(kept)
