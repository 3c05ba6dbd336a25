"""`gradcheck`: compare gradients with finite differences, element by element, and say where they differ.

The central difference :math:`(f(x + h) - f(x - h)) / 2h` is off by :math:`O(h^2)`; in float64 with h = 1e-6 that leaves
about ten right digits. At a kink (relu at 0) the slopes of the two sides differ and no gradient is right: such elements
are skipped, and counted, so that nothing is passed over in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy

from minigrad.autograd import grad
from minigrad.creation import ones_like
from minigrad.errors import DTypeError, MinigradError
from minigrad.tape import enable_grad, no_grad
from minigrad.tensor import Tensor


class GradcheckError(MinigradError, AssertionError):
    """A gradient that finite differences do not confirm."""


class Report(int):
    """True (1), with the counts: `checked` elements compared, `skipped` at a kink."""

    checked: int
    skipped: int

    def __new__(cls, checked: int, skipped: int) -> Report:
        self = super().__new__(cls, 1)
        self.checked, self.skipped = checked, skipped
        return self

    def __repr__(self) -> str:
        return f"gradients agree in {self.checked} elements" + (
            f"; {self.skipped} skipped at a kink" if self.skipped else ""
        )


def gradcheck(
    function: Callable,
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> Report | bool:
    """Compare the gradient of every output element with respect to every input element with a central difference.

    Args:
        function: takes the inputs, returns a tensor or several.
        inputs: tensors; those that require gradients must be float64, and are the ones checked.
        eps: the step of the difference; atol, rtol: how far apart the two may be.
        raise_exception: whether a difference is a GradcheckError that names the element, or the result False.

    Returns: a `Report`, which is true. Errors: GradcheckError; DTypeError for inputs that are not float64.
    """
    given = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    checked = [(i, x) for i, x in enumerate(given) if isinstance(x, Tensor) and x.requires_grad]
    for i, x in checked:
        if x.dtype.name != "float64":
            raise DTypeError(
                "gradcheck: finite differences need float64.",
                got=f"input {i}: {x.dtype}",
                expected="float64",
                hint="minigrad.tensor(data, dtype='float64', requires_grad=True)",
            )
    if not checked:
        raise DTypeError(
            "gradcheck: no input requires gradients.",
            got=f"{len(given)} inputs",
            expected="at least one with requires_grad=True",
            hint="x.requires_grad_()",
        )
    try:
        count = skipped = 0
        with enable_grad():
            outputs = _tuple(function(*given))
        for k, output in enumerate(outputs):
            if output.node is None:
                continue
            analytic = _jacobian(output, [x for _, x in checked])
            for (i, x), rows in zip(checked, analytic, strict=True):
                numeric, kink = _differences(function, given, i, k, eps)
                wrong = ~(numpy.abs(rows - numeric) <= atol + rtol * numpy.abs(numeric)) & ~kink
                wrong &= ~((rows == numeric) | (numpy.isnan(rows) & numpy.isnan(numeric)))
                if wrong.any():
                    raise _disagreement(rows, numeric, wrong, i, k, x, output)
                count, skipped = count + int((~kink).sum()), skipped + int(kink.sum())
        return Report(count, skipped)
    except GradcheckError:
        if raise_exception:
            raise
        return False


def gradgradcheck(function: Callable, inputs: Tensor | Sequence[Any], **options: Any) -> Report | bool:
    """Check second derivatives: `gradcheck` of the gradient itself, in a direction that weighs every output differently."""
    given = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    places = [i for i, x in enumerate(given) if isinstance(x, Tensor) and x.requires_grad]

    def gradients(*values: Any) -> tuple[Tensor, ...]:
        outputs = [o for o in _tuple(function(*values)) if o.node is not None]
        weights = [ones_like(o) * _ramp(o) for o in outputs]
        found = grad(outputs, [values[i] for i in places], weights, create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None and g.node is not None)

    if not gradients(*given):
        return Report(0, 0)  # the function is linear: its gradient is constant, and nothing is left to check
    return gradcheck(gradients, given, **options)


def _ramp(output: Tensor) -> Tensor:
    return Tensor(numpy.linspace(0.5, 1.5, output.numel()).reshape(output.shape), output.dtype, device=output.device)


def _tuple(outputs: Any) -> tuple[Tensor, ...]:
    return tuple(outputs) if isinstance(outputs, (tuple, list)) else (outputs,)


def _jacobian(output: Tensor, inputs: list[Tensor]) -> list[numpy.ndarray]:
    """For each input the matrix d output / d input, (output elements, input elements), one backward pass a row."""
    rows = [numpy.zeros((output.numel(), x.numel())) for x in inputs]
    for place in range(output.numel()):
        one = numpy.zeros(output.numel())
        one[place] = 1
        direction = Tensor(one.reshape(output.shape), output.dtype, device=output.device)
        for matrix, g in zip(rows, grad(output, inputs, direction, retain_graph=True, allow_unused=True), strict=True):
            if g is not None:
                matrix[place] = g.cpu().numpy().reshape(-1)
    return rows


def _differences(function: Callable, given: list, i: int, k: int, eps: float) -> tuple[numpy.ndarray, numpy.ndarray]:
    """The same matrix by central differences, and where the slopes of the two sides differ (a kink)."""
    base = given[i].detach().cpu().numpy()

    def value(change: numpy.ndarray) -> numpy.ndarray:
        moved = Tensor(base + change, given[i].dtype, device=given[i].device, requires_grad=True)
        with enable_grad():  # the function may differentiate inside
            return (
                _tuple(function(*given[:i], moved, *given[i + 1 :]))[k]
                .detach()
                .cpu()
                .numpy()
                .reshape(-1)
                .astype(numpy.float64)
            )

    with no_grad():
        middle = value(numpy.zeros(base.shape))
        numeric = numpy.zeros((middle.size, base.size))
        kink = numpy.zeros((middle.size, base.size), bool)
        for place in range(base.size):
            change = numpy.zeros(base.size)
            change[place] = eps
            change = change.reshape(base.shape)
            up, down = value(change), value(-change)
            numeric[:, place] = (up - down) / (2 * eps)
            right, left = (up - middle) / eps, (middle - down) / eps
            kink[:, place] = numpy.abs(right - left) > 1e-3 * (1 + numpy.abs(right) + numpy.abs(left))
    return numeric, kink


def _disagreement(analytic, numeric, wrong, i: int, k: int, x: Tensor, output: Tensor) -> GradcheckError:
    gap = numpy.where(wrong, numpy.nan_to_num(numpy.abs(analytic - numeric), nan=numpy.inf), -1)
    row, column = numpy.unravel_index(int(gap.argmax()), gap.shape)
    to = tuple(int(n) for n in numpy.unravel_index(row, output.shape)) if output.shape else ()
    of = tuple(int(n) for n in numpy.unravel_index(column, x.shape)) if x.shape else ()
    apart = abs(analytic[row, column] - numeric[row, column])
    return GradcheckError(
        f"gradcheck: the gradient of output {k} with respect to input {i} is wrong in {int(wrong.sum())} of {wrong.size} elements.",
        got=f"d output{list(to)} / d input{list(of)} = {analytic[row, column]:.8g} from the gradient rule",
        expected=f"{numeric[row, column]:.8g} from finite differences (they differ by {apart:.3g})",
        hint="check the sign, a factor, and whether the shapes were summed or transposed",
    )
