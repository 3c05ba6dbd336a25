"""Inside the kernel: try many versions of the solutions, each in a fork of the state after the chapter.

`minigrad_course.prove` runs a chapter with every body taken out, then sends one more cell that calls
`try_variants`. At that moment the kernel holds all that the chapter's other cells made. A fork is a copy of
it for the price of nothing, so a version of an exercise can register an op, overwrite an array or loop for
ever, and the next one does not notice.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import select
import signal
from typing import Any, TypedDict


class Outcome(TypedDict):
    """How one check ended: what it printed, and the exception's type and text (empty when it passed)."""

    printed: str
    error: str
    message: str


class Variant(TypedDict):
    """One set of solutions to install, and the check cells to run on it."""

    solutions: list[str]
    checks: dict[str, str]


def try_variants(variants: list[Variant], seconds: float) -> list[dict[str, Outcome]]:
    """The outcome of every check of every variant, each variant in its own fork with a limit on its time."""
    return [_in_a_fork(variant, seconds) for variant in variants]


def _in_a_fork(variant: Variant, seconds: float) -> dict[str, Outcome]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            answer = json.dumps(_outcomes(variant)).encode()
        except BaseException as error:  # a child must never return into the kernel
            answer = json.dumps({"": _failed(error, "")}).encode()
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(answer)
        os._exit(0)
    os.close(writing)
    received = b""
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], seconds)[0] and (part := pipe.read(1 << 16)):
            received += part
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if not received:
        late = TimeoutError(f"no answer within {seconds:g} s")
        return {name: _failed(late, "") for name in variant["checks"]}
    return json.loads(received)


def _outcomes(variant: Variant) -> dict[str, Outcome]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for source in variant["solutions"]:
            _execute(source)
    return {name: _outcome(source) for name, source in variant["checks"].items()}


def _outcome(source: str) -> Outcome:
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            _execute(source)
    except BaseException as error:
        return _failed(error, printed.getvalue())
    return {"printed": printed.getvalue(), "error": "", "message": ""}


def _failed(error: BaseException, printed: str) -> Outcome:
    return {"printed": printed, "error": type(error).__name__, "message": str(error)}


def _execute(source: str) -> None:
    """Run a cell's source in the kernel's namespace, magics included. Its text can be had again, as that of any cell."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    code = shell.transform_cell(source)
    exec(compile(code, shell.compile.cache(code), "exec"), shell.user_ns)
