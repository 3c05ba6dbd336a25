"""A region as data, and how its axes become as few loops as possible."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

_MOST_LOOPS = 4


class NotFusible(Exception):
    """These operations cannot become one kernel; the message says why."""


class Input(NamedTuple):
    """An array that the kernel reads. Its shape has as many axes as the region, of length 1 where it is repeated."""

    name: str
    shape: tuple[int, ...]
    dtype: str


class Step(NamedTuple):
    """One operation: `args` are names of earlier values, of numbers, or literals such as "2.0"."""

    name: str
    op: str
    args: tuple[str, ...]
    shape: tuple[int, ...]
    boolean: bool = False


class Region(NamedTuple):
    """Operations that become one kernel.

    Attributes:
        shape: what all values are broadcast to.
        dtype: "float32" or "float64", of all values that are not boolean.
        inputs: the arrays. numbers: the names of numbers that are given at each call.
        steps: in an order in which each uses earlier ones; a reduction is over the last `reduced` axes, but for "add_up",
            a sum over the first axes, which no other step uses.
        outputs: names of steps.
    """

    shape: tuple[int, ...]
    dtype: str
    inputs: tuple[Input, ...]
    numbers: tuple[str, ...]
    steps: tuple[Step, ...]
    outputs: tuple[str, ...]
    reduced: int = 0


def collapse(region: Region) -> tuple[Region, tuple[int, ...]]:
    """The same region with as few axes as possible, and the lengths of these axes.

    The region that is returned has only 0 and 1 in its shapes ("does not vary", "varies"), so that one kernel serves
    arrays of every length.
    """
    first_reduced = len(region.shape) - region.reduced
    named = [*region.inputs, *region.steps]
    patterns = [tuple(value.shape[axis] != 1 for value in named) for axis in range(len(region.shape))]
    groups: list[list[int]] = []
    for axis in range(len(region.shape)):
        if region.shape[axis] == 1:
            continue  # nothing varies along it
        if groups and patterns[groups[-1][-1]] == patterns[axis] and axis != first_reduced:
            groups[-1].append(axis)
        else:
            groups.append([axis])
    inner = sum(group[0] >= first_reduced for group in groups)
    if region.reduced and inner == 0:
        groups.append([])  # the reduced axes have length 1: an axis of one element
    if inner > 1:
        raise NotFusible("the inputs are repeated along some of the reduced axes and not along others")
    if len(groups) > _MOST_LOOPS:
        raise NotFusible(f"{len(groups)} loops inside one another")
    lengths = [prod(region.shape[axis] for axis in group) for group in groups]

    def marks(shape: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(int(any(shape[axis] != 1 for axis in group)) for group in groups)

    return region._replace(
        shape=(1,) * len(groups),
        inputs=tuple(x._replace(shape=marks(x.shape)) for x in region.inputs),
        steps=tuple(s._replace(shape=marks(s.shape)) for s in region.steps),
        reduced=int(bool(region.reduced)),
    ), tuple(lengths)
