"""Which instruction of a function is being run: what tells two calls on one line apart."""

from __future__ import annotations

import dis
from bisect import bisect_right
from functools import lru_cache
from types import CodeType, FrameType


def instruction_at(frame: FrameType) -> tuple[CodeType, int]:
    """The function's code and where in it the instruction begins that is being run.

    Python itself may say a few bytes more: it counts in what it keeps behind an instruction, once it runs that one quickly.
    """
    starts, _ = _instructions(frame.f_code)
    return frame.f_code, starts[bisect_right(starts, frame.f_lasti) - 1]


def variable(frame: FrameType) -> str | None:
    """The name that the result of the call being made is given: `tile` in `tile = cuda.shared.array(...)`."""
    starts, names = _instructions(frame.f_code)
    following = bisect_right(starts, frame.f_lasti)
    return names[following] if following < len(names) else None


@lru_cache(maxsize=256)
def _instructions(code: CodeType) -> tuple[list[int], list[str | None]]:
    """Where each instruction begins, and the variable that it stores into, if it does."""
    instructions = list(dis.get_instructions(code))
    names = []
    for instruction in instructions:
        stored = instruction.argval if instruction.opname.startswith("STORE_") else None
        name = stored[0] if isinstance(stored, tuple) else stored
        names.append(name if isinstance(name, str) else None)
    return [instruction.offset for instruction in instructions], names
