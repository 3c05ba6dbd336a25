"""What a check cell says: one fixed line when the exercise is right, one specific hint when it is not.

A check cell of a chapter reads::

    from minigrad.check import check, expect_close

    with check("mul_rule"):
        gx, gy = mul_rule(3.0, 2.0, 5.0)
        expect_close(gx, 15.0, "gx", formula="g*y")
        expect_close(gy, 6.0, "gy", formula="g*x", hints={-1: "The sign: d(xy) = y dx + x dy."})

It prints ``mul_rule: correct``, or raises an `ExerciseError` that shows without a traceback::

    exercise mul_rule: not right yet
      gy: expected g*x = 6.0, got -6.0
      hint: The sign: d(xy) = y dx + x dy.

NumPy only, and nothing else of minigrad: arrays, tensors (anything with ``.numpy()``) and numbers are
compared alike.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from .mistakes import Hints, recognise

_running: list[Check] = []


class ExerciseError(AssertionError):
    """An exercise that is not right yet: what was found, and a hint towards the repair."""

    def __init__(self, found: str, hint: str = "", *, exercise: str = "", state: str = "not right yet") -> None:
        super().__init__(found)
        self.found, self.hint, self.exercise, self.state = found, hint, exercise, state

    def __str__(self) -> str:
        lines = [f"exercise {self.exercise}: {self.state}"] if self.exercise else []
        lines += [f"  {line}" for line in self.found.splitlines()]
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows instead of a traceback: the reader's next step, not our frames."""
        return str(self).splitlines()


class Check:
    """The body of one check cell; made by `check`."""

    def __init__(self, name: str, hints: Mapping[type[BaseException], str]) -> None:
        self.name, self.hints = name, hints
        self.expectations = 0
        self._printed = io.StringIO()
        self._redirections = contextlib.ExitStack()

    def __enter__(self) -> Check:
        # What the exercise prints helps while it is wrong; once it is right, one fixed line is shown.
        self._redirections.enter_context(contextlib.redirect_stdout(self._printed))
        self._redirections.enter_context(contextlib.redirect_stderr(self._printed))
        _running.append(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> None:
        _running.remove(self)
        self._redirections.close()
        if error is None and self.expectations:
            print(f"{self.name}: correct")
            return
        if self._printed.getvalue():
            print(self._printed.getvalue(), end="")
        if error is None:
            raise RuntimeError(
                f"The check of exercise {self.name} expected nothing, so it could not fail.\n"
                "  got: no call of expect, expect_close, expect_equal, expect_shape or expect_raises\n"
                "  try: state inside the `with` block what a right answer does"
            )
        if isinstance(error, ExerciseError):
            error.exercise = error.exercise or self.name
        elif isinstance(error, NotImplementedError) and _is_stub(error):
            raise ExerciseError(
                f"its body still says: raise NotImplementedError({str(error)!r})",
                "Replace that line by your solution and run its cell, then this one.",
                exercise=self.name,
                state="not solved yet",
            ) from None
        else:
            self._explain(error)

    def _explain(self, error: BaseException) -> None:
        """Turn an exception that the author foresaw into its hint; let any other one through."""
        for kind, hint in self.hints.items():
            if isinstance(error, kind):
                found = f"running it raised {type(error).__name__}: {error}"
                raise ExerciseError(found, hint, exercise=self.name) from error
        error.add_note(f"exercise {self.name}: not right yet (this came up while checking it)")


def check(name: str, *, hints: Mapping[type[BaseException], str] | None = None) -> Check:
    """Check one exercise: ``with check("mul_rule"): ...`` around the expectations.

    Prints one fixed line when all of them hold. ``hints`` maps an exception type to what to tell a reader
    whose code raises it: ``{RecursionError: "Go through the nodes in a loop."}``.
    """
    return Check(name, hints or {})


def expect(condition: Any, found: str, hint: str = "") -> None:
    """Fail with ``found`` and ``hint`` unless ``condition`` is true."""
    _count()
    if not condition:
        raise ExerciseError(found, hint)


def expect_close(
    got: Any,
    expected: Any,
    name: str,
    *,
    formula: str = "",
    hints: Hints | None = None,
    mistakes: Sequence[tuple[Any, str]] = (),
    hint: str = "",
    rtol: float = 1e-5,
    atol: float = 1e-8,
) -> None:
    """Fail unless ``got`` has the shape of ``expected`` and its values up to ``rtol`` and ``atol``.

    The hint is the first that fits: of ``mistakes``, pairs of a wrong value and what it means; of ``hints``,
    whose keys are a factor (``-1``: the sign is wrong; ``0.5``: half of it) or one of ``"shape"``,
    ``"transposed"``, ``"zero"``, ``"nan"``, ``"none"``; then ``hint``; then what the numbers themselves
    suggest. ``formula`` is shown beside the expected value: ``expected g*x = 3.0``.
    """
    _count()
    want = as_array(expected)
    told = f"{formula} = " if formula else ""
    if got is None:
        advice = (hints or {}).get("none") or hint or "A function without `return` gives None."
        raise ExerciseError(f"{name}: expected {told}{_show(want)}, got None", advice)
    have = as_array(got)
    if have.dtype.kind not in "biufc":
        kind = type(got).__name__
        raise ExerciseError(f"{name}: expected {told}{_show(want)}, got {got!r}, a value of type {kind}", hint)
    if have.shape == want.shape and np.allclose(have, want, rtol=rtol, atol=atol, equal_nan=True):
        return
    advice = recognise(have, want, hints or {}, [(as_array(wrong), text) for wrong, text in mistakes], hint)
    if have.shape != want.shape:
        raise ExerciseError(f"{name}: expected {told}shape {want.shape}, got shape {have.shape}", advice)
    wrong = np.argwhere(~np.isclose(have, want, rtol=rtol, atol=atol, equal_nan=True))
    place = tuple(int(i) for i in wrong[0])
    where = name + (f"[{', '.join(map(str, place))}]" if place else "")
    count = f" ({len(wrong)} of {want.size} elements differ)" if want.size > 1 else ""
    found = f"{where}: expected {told}{_show(want[place])}, got {_show(have[place])}{count}"
    raise ExerciseError(found, advice)


def expect_equal(
    got: Any, expected: Any, name: str, *, hint: str = "", mistakes: Sequence[tuple[Any, str]] = ()
) -> None:
    """Fail unless ``got == expected``: for names, lists, counts and whatever is exact."""
    _count()
    if not _same(got, expected):
        advice = next((text for wrong, text in mistakes if _same(got, wrong)), hint)
        raise ExerciseError(f"{name}: expected {expected!r}, got {got!r}", advice)


def expect_shape(got: Any, shape: Sequence[int], name: str, *, hint: str = "") -> None:
    """Fail unless ``got`` has this shape."""
    _count()
    found = None if got is None else as_array(got).shape
    if found != tuple(shape):
        raise ExerciseError(f"{name}: expected shape {tuple(shape)}, got {found}", hint)


@contextlib.contextmanager
def expect_raises(kind: type[Exception], name: str, *, hint: str = "") -> Iterator[None]:
    """Fail unless the block raises: ``with expect_raises(ValueError, "a shape that does not fit"):``."""
    _count()
    try:
        yield
    except kind as error:
        if isinstance(error, NotImplementedError) and _is_stub(error):
            raise
    else:
        _fail(f"{name}: expected {kind.__name__}, but nothing was raised", hint)


def as_array(value: Any) -> np.ndarray:
    """A NumPy array of a number, a list, an array, or a tensor (by its ``detach()`` and ``numpy()``)."""
    for step in ("detach", "numpy"):
        method: Callable[[], Any] | None = getattr(value, step, None)
        value = method() if callable(method) else value
    return np.asarray(value)


def _is_stub(error: NotImplementedError) -> bool:
    """Whether this is the line that stands in place of a solution (nbgrader's own stub has no message)."""
    return not str(error) or str(error).startswith("exercise")


def _same(got: Any, expected: Any) -> bool:
    try:
        return bool(got == expected)
    except (ValueError, RuntimeError):  # an array, or a tensor, of several elements is neither true nor false
        return np.array_equal(as_array(got), as_array(expected))


def _show(value: Any) -> str:
    """A number or a small array on one line, in the digits that a reader compares."""
    array = np.asarray(value)
    if array.ndim == 0:
        return repr(float(f"{array:.6g}")) if array.dtype.kind == "f" else str(array)
    return np.array2string(array, precision=6, separator=", ", threshold=8).replace("\n", "")


def _count() -> None:
    for running in _running:
        running.expectations += 1


def _fail(found: str, hint: str) -> NoReturn:
    raise ExerciseError(found, hint)
