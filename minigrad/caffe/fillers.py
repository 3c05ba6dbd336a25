r"""Fillers: the numbers that parameters and made-up data begin with.

The numbers are drawn when they are first looked at, from a stream of their own that the default generator seeds at set-up: so
a large net can be built for its shapes alone, and `minigrad.manual_seed` still decides every number.

With :math:`n` the numbers that one output is made of (FAN_IN, `count / shape[0]`), that one input goes to (FAN_OUT,
`count / shape[1]`) or the mean of both (AVERAGE), "xavier" is uniform in :math:`\pm\sqrt{3 / n}`, whose variance is
:math:`1 / n`, and "msra" is normal with variance :math:`2 / n`, since ReLU lets one half of it pass.

Sources: include/caffe/filler.hpp of Caffe 1.0; Glorot and Bengio (2010); He et al. (2015).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy

from minigrad.caffe.blob import Blob
from minigrad.caffe.message import Message, near
from minigrad.random import default_generator


def fill(blob: Blob, filler: Message) -> None:
    """Let the blob begin with what the filler says. Errors: PrototxtError for an unknown type, or a shape it does not fit."""
    make = FILLERS.get(filler.type)
    if make is None:
        raise filler.error(
            "there is no filler of this type.",
            got=repr(filler.type),
            expected=", ".join(FILLERS),
            hint=near(filler.type, FILLERS) or None,
        )
    if filler.sparse >= 0 and filler.type != "gaussian":
        raise filler.error(f"the filler {filler.type!r} cannot be sparse.", expected='type: "gaussian"')
    check = _CHECKS.get(filler.type)
    if check is not None:
        check(blob.shape, filler)
    if filler.type == "constant":
        blob.fill_later(lambda array: _constant(array, filler, None))
        return
    seed = int(default_generator().stream.integers(2**63))
    blob.fill_later(lambda array: make(array, filler, numpy.random.default_rng(seed)))


def write(array: numpy.ndarray, filler: Message) -> None:
    """Write what the filler says into an array now, with numbers from the default generator."""
    FILLERS[filler.type](array, filler, default_generator().stream)


def _constant(array: numpy.ndarray, filler: Message, stream: Any) -> None:
    array[...] = filler.value


def _uniform(array: numpy.ndarray, filler: Message, stream: Any) -> None:
    array[...] = stream.uniform(filler.min, filler.max, array.shape)


def _gaussian(array: numpy.ndarray, filler: Message, stream: Any) -> None:
    array[...] = stream.normal(filler.mean, filler.std, array.shape)
    if filler.sparse >= 0:  # so many weights different from 0 for each output, on average
        array *= stream.random(array.shape) < filler.sparse / array.shape[0]


def _positive_unitball(array: numpy.ndarray, filler: Message, stream: Any) -> None:
    rows = stream.random((array.shape[0], array.size // array.shape[0]))
    array[...] = (rows / rows.sum(axis=1, keepdims=True)).reshape(array.shape)


def _xavier(array: numpy.ndarray, filler: Message, stream: Any) -> None:
    scale = math.sqrt(3 / _fan(array.shape, filler))
    array[...] = stream.uniform(-scale, scale, array.shape)


def _msra(array: numpy.ndarray, filler: Message, stream: Any) -> None:
    array[...] = stream.normal(0, math.sqrt(2 / _fan(array.shape, filler)), array.shape)


def _bilinear(array: numpy.ndarray, filler: Message, stream: Any) -> None:
    """The weights with which a Deconvolution enlarges images, each new pixel between its neighbours."""
    width = array.shape[-1]
    half = math.ceil(width / 2)
    places = 1 - numpy.abs(numpy.arange(width) / half - (width - 1) / (2 * half))
    array[...] = numpy.outer(places, places)


def _fan(shape: tuple[int, ...], filler: Message) -> float:
    count = math.prod(shape)
    fan_in, fan_out = count / shape[0], count / (shape[1] if len(shape) > 1 else 1)
    return {"FAN_IN": fan_in, "FAN_OUT": fan_out, "AVERAGE": (fan_in + fan_out) / 2}[filler.variance_norm]


def _square_planes(shape: tuple[int, ...], filler: Message) -> None:
    if len(shape) != 4 or shape[2] != shape[3]:
        raise filler.error(
            "the filler 'bilinear' is for square windows.", got=f"shape {shape}", expected="(…, …, k, k)"
        )


def _some(shape: tuple[int, ...], filler: Message) -> None:
    if not math.prod(shape) or not shape:
        raise filler.error(f"the filler {filler.type!r} needs a shape.", got=f"shape {shape}", expected="sizes above 0")


FILLERS: dict[str, Callable[[numpy.ndarray, Message, Any], None]] = {
    "constant": _constant,
    "uniform": _uniform,
    "gaussian": _gaussian,
    "positive_unitball": _positive_unitball,
    "xavier": _xavier,
    "msra": _msra,
    "bilinear": _bilinear,
}
_CHECKS = {"bilinear": _square_planes, "xavier": _some, "msra": _some, "positive_unitball": _some}
