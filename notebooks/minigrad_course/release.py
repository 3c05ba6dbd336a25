"""Make what a class needs: a folder to hand out, without solutions, and a course folder for nbgrader.

::

    class/students/                 hand this out
        03_backward.ipynb           the exercises
        conftest.py                 the judge
        .pristine/03_backward.ipynb the locked cells that the judge restores
    class/instructor/               keep this
        nbgrader_config.py
        source/03_backward/03_backward.ipynb   the solved chapter, nbgrader's starting point
"""

from __future__ import annotations

import shutil
from pathlib import Path

from .cells import NOTEBOOKS, CourseError, exercises, read, write
from .restore import PRISTINE
from .strip import strip

CONFIG = '''"""nbgrader's settings: run `nbgrader generate_assignment 03_backward` in this folder."""

import os

c = get_config()  # noqa: F821  (nbgrader provides it)
c.CourseDirectory.course_id = "minigrad"
# The line that stands in place of a solution; a check then says "not solved yet".
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("exercise")'}
# What is said while a kernel is compiled would count as an error of the student's.
os.environ.setdefault("MINIGRAD_QUIET", "1")
# A chapter may train for a minute.
c.Execute.timeout = 300
# Outputs are handed out too (nbgrader would clear them): they show a student the target.
c.GenerateAssignment.preprocessors = [
    f"nbgrader.preprocessors.{name}"
    for name in (
        "IncludeHeaderFooter",
        "LockCells",
        "ClearSolutions",
        "CheckCellMetadata",
        "ComputeChecksums",
        "SaveCells",
        "ClearHiddenTests",
        "ClearMarkScheme",
        "ComputeChecksums",
        "CheckCellMetadata",
    )
]
'''


def release(chapters: list[Path], folder: Path) -> tuple[Path, Path]:
    """Write ``students/`` and ``instructor/`` under ``folder``; returns both.

    Errors: a folder that already holds notebooks is a `CourseError`: somebody's work may stand in it.
    """
    students, instructor = folder / "students", folder / "instructor"
    if any(students.glob("*.ipynb")):
        raise CourseError(
            f"{students} already holds notebooks.\n  got: a folder where students may have worked\n"
            "  expected: a new or empty folder\n  try: another name, such as class-2"
        )
    for path in chapters:
        chapter = read(path)
        if not exercises(chapter):
            raise CourseError(
                f"{path.name} has no exercise to release.\n  try: python -m minigrad_course lint {path.stem}"
            )
        write(strip(chapter), students / path.name)
        write(strip(chapter), students / PRISTINE / path.name)
        write(chapter, instructor / "source" / path.stem / path.name)
    shutil.copy(NOTEBOOKS / "exercises" / "conftest.py", students / "conftest.py")
    (instructor / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    return students, instructor
