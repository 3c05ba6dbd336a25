"""The judge's answer as a short table: exercise, points, and the hint of what is not right yet."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
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
    """Run the judge (nbval with our hooks, `minigrad_course.judge`) on one notebook."""
    missing = [name for name in ("pytest", "nbval") if importlib.util.find_spec(name) is None]
    if missing:
        raise CourseError(f"The judge needs {' and '.join(missing)}.\n  try: python -m pip install pytest nbval")
    if not notebook.exists():
        raise CourseError(f"No notebook at {notebook}.\n  try: python -m minigrad_course judge 03")
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "report.jsonl"
        command = [sys.executable, "-m", "pytest", str(notebook.resolve()), "-p", "minigrad_course.judge"]
        command += ["--nbval", "--nbval-current-env", "--judge-report", str(found)]
        # Nothing of the surrounding project's settings, and no plugin that happens to be installed: the judge answers the
        # same everywhere, and a second sooner where there are many.
        alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        command += ["-p", "nbval.plugin", "--noconftest", "--color=no", "-p", "no:cacheprovider", "-o", "addopts="]
        command += ["-o", "filterwarnings=ignore", "--rootdir", str(notebook.resolve().parent)]
        command += ["--judge-against", str(against.resolve())] if against else []
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=alone)
        lines = found.read_text(encoding="utf-8").splitlines() if found.exists() else []
    answers = [json.loads(line) for line in lines]
    if not answers or not all(answer["cell"] for answer in answers):
        raise CourseError(answers[0]["said"] if answers else done.stdout + done.stderr)
    return _report(answers)


def _report(answers: list[dict[str, Any]]) -> Report:
    report, ranks = Report(), {}
    for answer in answers:
        name = answer.get("exercise", answer["cell"])
        for exercise, points in answer.get("exercises", {}).items():
            report.scores[exercise] = (0, points)  # until its check passes
        if "points" in answer and answer["passed"]:
            report.scores[name] = (answer["points"], answer["points"])
        # The nearest to the cause is told: the solution cell, else the check, else the see cell.
        rank = 0 if answer["cell"] == name else 1 if "points" in answer else 2
        if not answer["passed"] and rank <= ranks.get(name, 2):
            report.remarks[name], ranks[name] = answer["said"], rank
    return report


def student_notebook(name: str) -> Path:
    """The notebook a student means by ``03``: of the handed-out folder, if this is one, or of the course."""
    here = Path.cwd()
    folder = here if (here / PRISTINE).is_dir() else NOTEBOOKS / "exercises"
    return find(name, folder)
