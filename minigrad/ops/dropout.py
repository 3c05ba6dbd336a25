"""Dropout: elements, or whole channels, that are set to 0 at random while training."""

from __future__ import annotations

import numpy

from minigrad.device import get_device
from minigrad.errors import DTypeError, GraphError, ShapeError
from minigrad.ops.elementwise import mul
from minigrad.random import default_generator


def dropout(x, p=0.5, training=True, *, generator=None):
    r"""Each element is 0 with probability p, and else divided by 1 - p; without `training`, x itself.

    With a mask :math:`m_i` that is :math:`1 / (1 - p)` with probability :math:`1 - p` and 0 otherwise, :math:`z = m x` has
    the expectation :math:`x`: nothing remains to be scaled after training. The mask is a constant, so the gradient is
    :math:`m \bar z`: what was dropped learns nothing from this example. Source: Srivastava et al. (2014).
    """
    return _dropped("dropout", x, tuple(x.shape), p, training, generator)


def dropout1d(x, p=0.5, training=True, *, generator=None):
    """Dropout of whole channels of (N, C, L) or (C, L): neighbours carry the same, and would tell what was dropped."""
    return _dropped("dropout1d", x, _channels("dropout1d", x, 1, (2, 3)), p, training, generator)


def dropout2d(x, p=0.5, training=True, *, generator=None):
    """Dropout of whole channels of (N, C, H, W). Source: Tompson et al. (2015)."""
    return _dropped("dropout2d", x, _channels("dropout2d", x, 2, (4,)), p, training, generator)


def _channels(name, x, places, dims):
    """The mask's shape: one number a channel."""
    if len(x.shape) not in dims:
        raise ShapeError(
            f"{name}: takes examples of channels of {places} dimension{'s' * (places > 1)}.",
            got=f"shape {tuple(x.shape)}",
            expected=f"{' or '.join(map(str, dims))} dimensions",
            hint="x.unsqueeze(0) for one example without a batch",
        )
    return (*tuple(x.shape)[: len(x.shape) - places], *(1,) * places)


def _dropped(name, x, shape, p, training, generator):
    if not 0 <= p <= 1:
        raise ShapeError(f"{name}: p is no probability.", got=f"p={p}", expected="0 to 1", hint="p=0.5, the default")
    if not training or p == 0:
        return x
    if hasattr(x, "graph"):
        raise GraphError(
            f"{name}: a declared graph would drop the same elements in every run.",
            got=repr(x),
            expected="a tensor, or a mask that is fed to each run",
            hint=f"mask = graph.placeholder('mask', {shape}), then x * mask",
        )
    if x.dtype.kind != "f":
        raise DTypeError(
            f"{name}: needs a floating dtype, since what is kept is divided by 1 - p.",
            got=f"{tuple(x.shape)} {x.dtype}",
            expected="float32 or float64",
            hint="x.float()",
        )
    scale = x.dtype.type(1 / (1 - p) if p < 1 else 0)
    device = get_device(getattr(x, "device", None))
    mask = device.drawn(
        generator or default_generator(),
        lambda stream, shape: (stream.random(shape, dtype=numpy.float32) >= p) * scale,
        shape,
        x.dtype,
    )
    if hasattr(x, "device"):
        from minigrad.imperative import wrap

        mask = wrap(mask, device)
    return mul(x, mask)


__all__ = ["dropout", "dropout1d", "dropout2d"]
