"""The known mistakes of a chapter: wrong solutions, and the hint that each must provoke.

They stand in ``notebooks/mistakes/NN_name.toml``, outside the student's notebook, as changes to the
solution::

    [[mul_rule]]
    name = "the sign of gy"
    old = "g * x"
    new = "-g * x"
    hint = "The sign"

``old`` must stand exactly once in the solution cell. Instead of ``old`` and ``new``, ``body`` replaces
everything between the solution marks. ``hint`` is a part of what the check must say.
"""

from __future__ import annotations

import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path

from .cells import REGION, CourseError, Exercise, bodies


@dataclass(frozen=True)
class Mistake:
    """A wrong solution of an exercise: its name, the source of its cell, part of the hint it provokes."""

    exercise: str
    name: str
    source: str
    hint: str


def mistakes_path(chapter: Path) -> Path:
    """Where the known mistakes of a chapter stand."""
    return chapter.parent / "mistakes" / f"{chapter.stem}.toml"


def known_mistakes(chapter: Path, of: list[Exercise]) -> dict[str, list[Mistake]]:
    """The known mistakes by exercise. An entry that does not fit the chapter is a `CourseError`."""
    path = mistakes_path(chapter)
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{path} is not valid TOML.\n  got: {error}\n  try: quote code with three ' marks") from None
    solutions = {exercise.name: exercise.solution.source for exercise in of}
    unknown = set(tables) - set(solutions)
    if unknown:
        raise CourseError(
            f"{path.name} lists mistakes of exercises that {chapter.name} does not have.\n"
            f"  got: {', '.join(sorted(unknown))}\n  expected: {', '.join(solutions)}\n  try: rename them"
        )
    return {name: [_mistake(name, solutions[name], entry, path) for entry in tables[name]] for name in tables}


def _mistake(exercise: str, solution: str, entry: dict[str, str], path: Path) -> Mistake:
    if set(entry) not in ({"name", "hint", "body"}, {"name", "hint", "old", "new"}):
        raise CourseError(
            f"{path.name}: a mistake of {exercise} has the wrong keys.\n  got: {', '.join(entry)}\n"
            "  expected: name, hint, and either body or old and new\n  try: compare it with the others"
        )
    if "body" in entry:
        return Mistake(exercise, entry["name"], _with_body(solution, entry["body"], exercise), entry["hint"])
    count = solution.count(entry["old"])
    if count != 1:
        raise CourseError(
            f"{path.name}: the mistake {entry['name']!r} of {exercise} does not fit the solution.\n"
            f"  got: {entry['old']!r} stands in it {count} times\n  expected: once\n"
            "  try: quote a longer part of the solution"
        )
    return Mistake(exercise, entry["name"], solution.replace(entry["old"], entry["new"]), entry["hint"])


def _with_body(solution: str, body: str, exercise: str) -> str:
    if len(bodies(solution)) != 1:
        raise CourseError(
            f"A mistake of {exercise} gives one body, but its solution has {len(bodies(solution))}.\n"
            "  try: `old` and `new` instead of `body`"
        )
    body = textwrap.dedent(body).strip("\n")
    return REGION.sub(lambda match: textwrap.indent(body, match["indent"]), solution)
