"""Checks: gradients against finite differences, and answers to exercises against what they should be."""

from minigrad.check.draw import Draw
from minigrad.check.exercise import (
    ExerciseError,
    check,
    expect,
    expect_close,
    expect_equal,
    expect_raises,
    expect_shape,
)
from minigrad.check.gradcheck import GradcheckError, Report, gradcheck, gradgradcheck

__all__ = [
    "Draw",
    "ExerciseError",
    "GradcheckError",
    "Report",
    "check",
    "expect",
    "expect_close",
    "expect_equal",
    "expect_raises",
    "expect_shape",
    "gradcheck",
    "gradgradcheck",
]
