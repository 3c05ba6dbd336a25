"""Where threads wait for each other: the whole block, or the 32 lanes of a warp, and what they tell each other there.

In the simulator each of these functions makes a request, and the kernel gives way with it (`turns`). When all whom it takes
have arrived, its rule makes the answer of what they brought. A lane that reads from one that takes no part gets NaN, or
the lowest whole number: on a GPU it would be undefined.

Sources: NVIDIA, CUDA C++ Programming Guide: "Synchronization Functions", "Warp Shuffle Functions", "Warp Vote Functions",
"Warp Match Functions".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy

WARP = 32
ALL_LANES = 0xFFFFFFFF


class KernelError(RuntimeError):
    """A kernel did what CUDA forbids: what happened, what was got and expected, and what to try."""

    def __init__(self, what: str, *, got: str, expected: str, hint: str):
        self.what, self.got, self.expected, self.hint = what, got, expected, hint
        super().__init__(f"{what}\n  got:      {got}\n  expected: {expected}\n  try:      {hint}")


class Request(NamedTuple):
    """What a thread waits for.

    Attributes:
        rule: for the block, from the values of all threads to the answer for all; for a warp, from the values by lane, one
            lane's number and its argument to the answer for that lane.
        value, argument: what this thread brings.
        mask: the lanes that take part, a bit each; None for the whole block.
    """

    rule: Callable
    value: Any = None
    argument: Any = None
    mask: int | None = None


def nothing(*_: Any) -> None:
    """Wait, and no more."""


def count(values: list) -> int:
    return sum(map(bool, values))


def every(values: list) -> int:
    return int(all(values))


def some(values: list) -> int:
    return int(any(values))


def other_lane(values: dict[int, Any], lane: int, source: int) -> Any:
    """The value of another lane; the own one where there is no such lane in a warp."""
    if not 0 <= source < WARP:
        return values[lane]
    if source in values:
        return values[source]
    own = numpy.asarray(values[lane])
    return own.dtype.type("nan") if own.dtype.kind == "f" else numpy.iinfo(own.dtype).min


def shuffle(values: dict[int, Any], lane: int, source: int) -> Any:
    return other_lane(values, lane, source % WARP)


def shuffle_up(values: dict[int, Any], lane: int, step: int) -> Any:
    return other_lane(values, lane, lane - step)


def shuffle_down(values: dict[int, Any], lane: int, step: int) -> Any:
    return other_lane(values, lane, lane + step)


def shuffle_xor(values: dict[int, Any], lane: int, bits: int) -> Any:
    return other_lane(values, lane, lane ^ bits)


def vote_all(values: dict[int, Any], *_: Any) -> int:
    return int(all(values.values()))


def vote_any(values: dict[int, Any], *_: Any) -> int:
    return int(any(values.values()))


def vote_equal(values: dict[int, Any], *_: Any) -> int:
    return int(len(set(map(bool, values.values()))) == 1)


def ballot(values: dict[int, Any], *_: Any) -> int:
    return sum(1 << lane for lane, value in values.items() if value)


def match_any(values: dict[int, Any], lane: int, *_: Any) -> int:
    return sum(1 << other for other, value in values.items() if value == values[lane])


def match_all(values: dict[int, Any], lane: int, *_: Any) -> tuple[int, bool]:
    same = all(value == values[lane] for value in values.values())
    return (sum(1 << other for other in values) if same else 0), same


_BLOCK = Request(nothing)


def _of_lanes(rule: Callable) -> Callable[..., Request]:
    def ask(mask: int, value: Any, argument: Any = None) -> Request:
        return Request(rule, value, argument, int(mask) & ALL_LANES)

    return ask


WORDS: dict[str, Callable[..., Request]] = {
    "syncthreads": lambda: _BLOCK,
    "syncthreads_count": lambda value: Request(count, value),
    "syncthreads_and": lambda value: Request(every, value),
    "syncthreads_or": lambda value: Request(some, value),
    "syncwarp": lambda mask=ALL_LANES: Request(nothing, mask=int(mask) & ALL_LANES),
    "shfl_sync": _of_lanes(shuffle),
    "shfl_up_sync": _of_lanes(shuffle_up),
    "shfl_down_sync": _of_lanes(shuffle_down),
    "shfl_xor_sync": _of_lanes(shuffle_xor),
    "all_sync": _of_lanes(vote_all),
    "any_sync": _of_lanes(vote_any),
    "eq_sync": _of_lanes(vote_equal),
    "ballot_sync": _of_lanes(ballot),
    "match_any_sync": _of_lanes(match_any),
    "match_all_sync": _of_lanes(match_all),
}
