"""The judge: nbval, told to believe no locked cell. `notebooks/exercises/conftest.py` brings it to pytest.

``pytest --nbval --nbval-current-env notebooks/exercises/03_backward.ipynb`` runs the notebook in a clean
kernel, with its locked cells restored (`minigrad_course.restore`), and reports one test for each exercise:

- a check cell passes when it raises nothing and shows exactly what the solved chapter shows;
- a solution cell and any other locked cell likewise;
- the reader's own cells are run, and neither their outputs nor their errors count.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError, find_comment_markers, find_metadata_tags

from .cells import CourseError, doubled, exercise_of, exercises, grade_id, is_check, is_locked, is_solution
from .restore import load

# What is said while a kernel is compiled would be taken for a cell's output.
os.environ.setdefault("MINIGRAD_QUIET", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the locked cells from a notebook that is named, where it is not found by its place."""
    group = parser.getgroup("minigrad", "judging the exercises of minigrad")
    group.addoption("--judge-against", type=Path, help="the notebook as it was handed out, to take locked cells from")
    group.addoption("--judge-report", type=Path, help="write what was found to this file, a JSON object a line")


def pytest_configure(config: pytest.Config) -> None:
    """Record for `minigrad_course.report`, when it asks."""
    if file := config.getoption("judge_report", None):
        config.pluginmanager.register(Recorder(file), "minigrad-recorder")


class Recorder:
    """Writes a JSON object for each cell: its name, exercise, points, whether it passed, what was said."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.failed:
            self._write(report.nodeid.rpartition("::")[2], report, **dict(report.user_properties))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._write("", report)

    def _write(self, cell: str, report: pytest.TestReport | pytest.CollectReport, **known: Any) -> None:
        line = json.dumps({"cell": cell, "passed": report.passed, "said": str(report.longrepr or ""), **known})
        with self.file.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: Any) -> Generator[None, list[Any], list[Any]]:
    """Let nbval find the notebooks, and judge them instead of comparing them with themselves."""
    found = yield
    return [
        JudgedNotebook.from_parent(parent, path=file_path) if isinstance(node, IPyNbFile) else node for node in found
    ]


class JudgedNotebook(IPyNbFile):
    """A student's notebook, its locked cells restored from the truth."""

    def collect(self) -> Iterator[pytest.Item]:
        try:
            self.nb, self.truth, problems = load(self.path, self.config.getoption("judge_against", None))
        except CourseError as error:
            raise self.CollectError(str(error)) from None
        points = {exercise.name: exercise.points for exercise in exercises(self.truth)}
        yield Structure.from_parent(self, name="structure", problems=problems, points=points)
        graded = {grade_id(cell): cell for cell in self.truth.cells if grade_id(cell)}
        twice = set(doubled(self.nb))
        for number, cell in enumerate(cell for cell in self.nb.cells if cell.cell_type == "code"):
            name, seen = grade_id(cell), ""
            if name in graded and name in twice:
                seen = f" (cell {number})"
            if name in graded and is_locked(graded[name]):
                options = defaultdict(bool, find_metadata_tags(cell.metadata))
                options.update(find_comment_markers(cell.source))
                options.setdefault("check", True)
            elif name in graded and is_solution(graded[name]):
                options = defaultdict(bool, check=False)
            else:
                name, options = f"own cell {number}", defaultdict(bool, check=False, check_exception=True)
            yield JudgedCell.from_parent(self, name=name + seen, cell_num=number, cell=cell, options=options)

    def teardown(self) -> None:
        # nbval opens the null device for its kernel's stderr and leaves closing it to chance.
        opened = getattr(getattr(self.kernel, "km", None), "_launch_args", {}).get("stderr")
        super().teardown()
        if opened is not None:
            opened.close()


class Structure(pytest.Item):
    """Fails when a cell that the judge needs is missing, doubled or no longer code."""

    def __init__(self, *, problems: list[str], points: dict[str, float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.problems = problems
        self.user_properties.append(("exercises", points))

    def runtest(self) -> None:
        if self.problems:
            raise CourseError(
                "\n".join(["the notebook cannot be judged as it is:", *(f"  {p}" for p in self.problems)])
            )

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, "the notebook's cells"


class JudgedCell(IPyNbCell):
    """One cell; its failure reads as the hint of its exercise, not as a traceback of ours."""

    def runtest(self) -> None:
        if exercise := exercise_of(self.cell):
            self.user_properties.append(("exercise", exercise))
        if is_check(self.cell):
            self.user_properties.append(("points", self.cell.metadata.nbgrader.points))
        super().runtest()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        if not isinstance(excinfo.value, NbCellError):
            return super().repr_failure(excinfo)
        errors = [output for output in self.test_outputs or [] if output.output_type == "error"]
        if not errors:
            return f"{self.name} shows something else than it should\n" + self._both(self.test_outputs or [])
        if errors[-1].ename == "ExerciseError":
            return errors[-1].evalue
        if errors[-1].ename == "NotImplementedError":
            return f"{errors[-1].evalue}: not solved yet"
        where = f"the cell {self.name} raised {errors[-1].ename}\n"
        return _plain(where + "\n".join(errors[-1].traceback))

    def _both(self, fresh: list[Any]) -> str:
        lines = []
        for told, outputs in (("expected", self.cell.outputs), ("got", fresh)):
            texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs]
            lines += [f"  {told}:", *(f"    {line}" for line in "\n".join(texts).splitlines())]
        return "\n".join(lines)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
