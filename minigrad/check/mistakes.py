"""Recognise a usual mistake from the numbers alone: a sign, a factor, a transpose, a shape.

Many wrong gradients are a right one with something done to it, so the wrong array itself tells which.
`recognise` compares it with what each usual mistake would have given and answers with the author's hint, or
with a general one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

Hints = Mapping[str | float, str]

NAMED = ("shape", "transposed", "zero", "nan", "none")

GENERAL = {
    "transposed": "These are the right numbers, transposed.",
    "zero": "Every element is zero: is the result ever written?",
    "nan": "It holds NaN: look for 0/0, inf - inf, or the logarithm of a negative number.",
    -1: "Every element has the wrong sign.",
}


def recognise(
    got: np.ndarray,
    expected: np.ndarray,
    hints: Hints,
    mistakes: Sequence[tuple[np.ndarray, str]],
    otherwise: str,
) -> str:
    """The most specific hint for ``got`` where ``expected`` was due.

    In order: an array of ``mistakes`` that ``got`` equals; a key of ``hints`` that fits (a factor k where got
    = k expected, or a name of `NAMED`); ``otherwise``; a general remark on what the numbers look like; the
    empty string.
    """
    unknown = [key for key in hints if isinstance(key, str) and key not in NAMED]
    if unknown:
        raise ValueError(
            f"The hints of this check have a key that nothing recognises.\n  got: {unknown[0]!r}\n"
            f"  expected: a number (the factor by which the answer is wrong) or one of {', '.join(NAMED)}\n"
            "  try: put a particular wrong value into `mistakes=[(value, hint)]` instead"
        )
    for wrong, text in mistakes:
        # A mistake that happens to give the right value on this example says nothing about it.
        if _equal(got, wrong) and not _equal(wrong, expected):
            return text
    fitting = [key for key in hints if _fits(key, got, expected)]
    if fitting:
        return hints[fitting[0]]
    if otherwise:
        return otherwise
    general = [text for key, text in GENERAL.items() if _fits(key, got, expected)]
    return general[0] if general else _factor(got, expected)


def _fits(key: str | float, got: np.ndarray, expected: np.ndarray) -> bool:
    if key == "shape":
        return got.shape != expected.shape
    if key == "transposed":
        return got.ndim > 1 and not _equal(got, expected) and _equal(got.swapaxes(-1, -2), expected)
    if key == "zero":
        return got.size > 0 and not got.any()
    if key == "nan":
        return bool(np.isnan(got).any() and not np.isnan(expected).any())
    if key == "none":
        return False  # an absent answer never comes here as an array
    return _equal(got, float(key) * expected)


def _factor(got: np.ndarray, expected: np.ndarray) -> str:
    """A remark when every element is wrong by one factor, as a mean without its 1/N is."""
    if got.shape != expected.shape or expected.size < 2 or not expected.all() or not np.isfinite(got).all():
        return ""
    ratio = np.divide(got, expected).ravel()
    if ratio[0] == 0 or not np.allclose(ratio, ratio[0], rtol=1e-5):
        return ""
    return f"Every element is {ratio[0]:.6g} times what it should be: one constant factor is wrong."


def _equal(left: np.ndarray, right: np.ndarray) -> bool:
    return left.shape == right.shape and np.allclose(left, right, rtol=1e-5, atol=1e-8)
