r"""`check_gradient`: a layer's backward against finite differences of its forward; and against the layer contract.

The tops' diffs are random numbers g, so the objective is :math:`\langle g, z \rangle`, whose central difference
:math:`(f(x + h) - f(x - h)) / 2h` is compared with each number of the bottoms' and the parameters' diffs. Before backward, the
bottoms' diffs are filled with NaN and the parameters' with ones: who adds to the one, or writes over the other, is told so.

Source: include/caffe/test/test_gradient_check_util.hpp of Caffe 1.0, from which the skip of the kink is taken.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy

from minigrad.caffe.blob import Blob
from minigrad.caffe.layer import CaffeError, Layer
from minigrad.check import Report
from minigrad.random import default_generator


class GradientError(CaffeError, AssertionError):
    """A layer's backward that finite differences do not confirm, or that breaks the contract."""


def check_gradient(
    layer: Layer,
    bottom: Sequence[Blob],
    top: Sequence[Blob] | int = 1,
    *,
    propagate_down: Sequence[bool] | None = None,
    step: float | None = None,
    threshold: float | None = None,
    kink: float | None = None,
    kink_range: float | None = None,
    seed: int = 1701,
) -> Report:
    """Set a layer up on these blobs, and compare its backward with finite differences of its forward.

    Args:
        bottom: blobs with data; float64 ones (`Blob(2, 3, dtype="float64")`) give sharper checks.
        top: blobs, or how many to make.
        propagate_down: which bottoms are checked; by default all that can take a gradient.
        step, threshold: of the differences, and how far apart numbers may be, relative to those above 1; by default 1e-2
            and 1e-3 as in Caffe, in float64 1e-5 and 1e-6.
        kink, kink_range: inputs whose distance from `kink` is below `kink_range` (by default two steps) are skipped: there the
            two sides have different slopes. 1 and -1 are kinks of a hinge, 0 one of ReLU; the sign does not matter.

    Returns: a report with the numbers that were compared, and skipped. Errors: GradientError.
    """
    bottom = list(bottom)
    tops = [Blob(dtype=bottom[0].dtype) for _ in range(top)] if isinstance(top, int) else list(top)
    exact = bottom[0].dtype == numpy.float64
    step = step if step is not None else 1e-5 if exact else 1e-2
    threshold = threshold if threshold is not None else 1e-6 if exact else 1e-3
    kink_range = 2 * step if kink_range is None else kink_range
    layer.prepare(bottom, tops)
    wanted = list(propagate_down or (layer.allows_force_backward(i) for i in range(len(bottom))))
    generator, inputs = numpy.random.default_rng(seed), [blob.data.copy() for blob in bottom]
    stream = default_generator().stream

    def run() -> None:
        for blob, x in zip(bottom, inputs, strict=True):  # a layer in place wrote over them
            blob.data = x
        default_generator().manual_seed(seed)  # the same elements are dropped each time
        layer.reshape(bottom, tops)
        layer.forward(bottom, tops)

    try:
        run()
        weights = [generator.uniform(0.5, 1.5, z.shape) * generator.choice([-1, 1], z.shape) for z in tops]
        found = _backward(layer, bottom, tops, weights, wanted)
        checked = skipped = 0
        places = [(f"bottom[{i}]", inputs[i], found[0][i]) for i, w in enumerate(wanted) if w]
        places += [
            (f"blobs[{j}]", blob.data, found[1][j])
            for j, blob in enumerate(layer.blobs)
            if layer.param_propagate_down[j]
        ]
        for name, values, analytic in places:
            for index in numpy.ndindex(values.shape):
                x = values[index]
                if kink is not None and abs(abs(x) - kink) <= kink_range:
                    skipped += 1
                    continue
                sides = []
                for moved in (x + step, x - step):
                    values[index] = moved
                    run()
                    sides.append(sum(float((w * z.data).sum()) for w, z in zip(weights, tops, strict=True)))
                values[index] = x
                numeric = (sides[0] - sides[1]) / (2 * step)
                _compare(
                    layer, f"{name}.diff[{', '.join(map(str, index))}]", float(analytic[index]), numeric, threshold
                )
                checked += 1
        run()
    finally:
        default_generator().stream = stream
    return Report(checked, skipped)


def _backward(
    layer: Layer, bottom: list[Blob], top: list[Blob], weights: list[numpy.ndarray], wanted: list[bool]
) -> tuple[list[numpy.ndarray], list[numpy.ndarray]]:
    """The diffs of bottoms and parameters. Errors: GradientError for one that was added to, or written over."""
    for blob in bottom:
        blob.diff[...] = numpy.nan
    for blob, w in zip(top, weights, strict=True):
        blob.diff = w.astype(blob.dtype)
    for blob in layer.blobs:
        blob.diff[...] = 1
    layer.backward(top, wanted, bottom)
    for i, blob in enumerate(bottom):
        if wanted[i] and numpy.isnan(blob.diff).any():
            raise _broken(
                layer,
                f"does not write all of bottom[{i}].diff.",
                got="numbers that were there before, or were added to",
                expected=f"bottom[{i}].diff[...] = …, for whatever was in it",
                hint="the diff of a bottom is written, not accumulated: a Split sums where there are several readers",
            )
        if not wanted[i] and not any(blob is z for z in top) and not numpy.isnan(blob.diff).all():
            raise _broken(
                layer,
                f"writes bottom[{i}].diff, which nobody asked for.",
                got=f"propagate_down[{i}] = False",
                expected="a diff that is left alone",
                hint=f"if propagate_down[{i}]: …",
            )
    return [blob.diff.copy() for blob in bottom], [blob.diff - 1 for blob in layer.blobs]


def _compare(layer: Layer, place: str, analytic: float, numeric: float, threshold: float) -> None:
    if not abs(analytic - numeric) <= threshold * max(abs(analytic), abs(numeric), 1):
        near = threshold * max(abs(numeric), 1)
        hint = "look at backward's formula for this number"
        if place.startswith("blobs") and abs(analytic + 1 - numeric) <= near:
            hint = "a parameter's diff is accumulated: blob.diff[...] += …, and the solver clears it"
        elif abs(analytic + numeric) <= near:
            hint = "look at the sign"
        raise _broken(
            layer,
            f"computes another gradient than the differences of its forward show, in {place}.",
            got=f"{analytic:.6g}",
            expected=f"{numeric:.6g}",
            hint=hint,
        )


def _broken(layer: Layer, what: str, **parts: str) -> GradientError:
    return GradientError(f"layer {layer.name!r} ({layer.type}) {what}", **parts)
