"""The judge's answer as a short table: exercise, points, and the hint of what is not right yet."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .cells import NOTEBOOKS, CourseError, find
from .restore import PRISTINE


@dataclass
class Report:
    """What the judge found in one notebook."""

    scores: dict[str, tuple[float, float]] = field(default_factory=dict)  # exercise: (points, of how many)
    remarks: dict[str, str] = field(default_factory=dict)  # exercise or cell: why not

    @property
    def passed(self) -> bool:
        return bool(self.scores) and not self.remarks

    def __str__(self) -> str:
        width = max(map(len, [*self.scores, "exercise"]))
        lines = [f"{'exercise':{width}}  points"]
        for name, (got, points) in self.scores.items():
            lines.append(f"{name:{width}}  {got:g} / {points:g}  {'correct' if got else ''}".rstrip())
            lines += [f"    {line.strip()}" for line in self.remarks.get(name, "").splitlines()]
        total = [sum(column) for column in zip(*self.scores.values(), strict=True)] or [0, 0]
        lines.append(f"{'total':{width}}  {total[0]:g} / {total[1]:g}")
        for name, remark in self.remarks.items():
            if name not in self.scores:
                lines += [f"{name}:", *(f"    {line}" for line in remark.splitlines())]
        return "\n".join(lines)


def judge(notebook: Path, against: Path | None = None) -> Report:
    """Run the judge (nbval with our hooks) on one notebook."""
    try:
        import pytest

        from . import judge as hooks
    except ModuleNotFoundError as error:
        raise CourseError(
            f"The judge needs pytest and nbval.\n  got: {error}\n  try: python -m pip install pytest nbval"
        ) from None
    if not notebook.exists():
        raise CourseError(f"No notebook at {notebook}.\n  try: python -m minigrad_course judge 03")
    report = Report()
    collector = _Collector(report)
    options = ["--nbval", "--nbval-current-env", "--noconftest", "--color=no", "-p", "no:cacheprovider"]
    options += ["-o", "addopts=", "-o", "filterwarnings=default", "--rootdir", str(notebook.resolve().parent)]
    options += ["--judge-against", str(against)] if against else []
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = pytest.main([*options, str(notebook)], plugins=[hooks, collector])
    if collector.problem or code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise CourseError(collector.problem or said.getvalue())
    return report


class _Collector:
    """A pytest plugin that keeps what the judge reports."""

    def __init__(self, report: Report) -> None:
        self.report, self.problem = report, ""
        self.ranks: dict[str, int] = {}

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.problem = str(report.longrepr)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when != "call" and report.passed:
            return
        known = dict(report.user_properties)
        cell = report.nodeid.rpartition("::")[2]
        name = known.get("exercise", cell)
        for exercise, points in known.get("exercises", {}).items():
            self.report.scores[exercise] = (0, points)  # until its check passes
        if "points" in known and report.passed:
            self.report.scores[name] = (known["points"], known["points"])
        if report.failed:
            # The nearest to the cause is told: the solution cell, else the check, else the cell that shows the target.
            rank = 0 if cell == name else 1 if "points" in known else 2
            if rank <= self.ranks.get(name, 2):
                self.report.remarks[name], self.ranks[name] = str(report.longrepr), rank


def student_notebook(name: str) -> Path:
    """The notebook a student means by ``03``: of the folder that was handed out, if this is one, or of the course."""
    here = Path.cwd()
    folder = here if (here / PRISTINE).is_dir() else NOTEBOOKS / "exercises"
    return find(name, folder)
