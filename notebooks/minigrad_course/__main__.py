"""The course's commands: python -m minigrad_course {run,strip,lint,prove,judge,release} --help"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import cells


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when all is well, 1 when something does not hold, 2 when it could not be done."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except cells.CourseError as error:
        print(error, file=sys.stderr)
        return 2


def _chapters(options: argparse.Namespace) -> list[Path]:
    found = [cells.find(name) for name in options.chapters] or cells.chapters()
    if not found:
        raise cells.CourseError(f"There is no chapter in {cells.NOTEBOOKS}.\n  try: the path of a notebook")
    return found


def _run(options: argparse.Namespace) -> int:
    from .run import run

    for path in _chapters(options):
        notebook = run(path)
        print(f"{path.name}: {sum(cell.cell_type == 'code' for cell in notebook.cells)} cells ran")
    return 0


def _strip(options: argparse.Namespace) -> int:
    from .strip import stale, write_exercises

    if not options.check:
        for path in _chapters(options):
            print(f"written: {write_exercises(path)}")
        return 0
    found = [answer for path in _chapters(options) if (answer := stale(path))]
    print("\n".join([*found, "try: python -m minigrad_course strip"]) if found else "exercises: up to date")
    return bool(found)


def _lint(options: argparse.Namespace) -> int:
    from .lint import lint

    return _tell({path: lint(path) for path in _chapters(options)}, "well formed")


def _prove(options: argparse.Namespace) -> int:
    from .prove import prove_all

    return _tell(prove_all(_chapters(options), options.workers), "proved")


def _tell(problems: dict[Path, list[str]], fine: str) -> int:
    for path, found in problems.items():
        print(f"{path.name}: {'' if found else fine}")
        for problem in found:
            print(f"  {problem}")
    return any(problems.values())


def _judge(options: argparse.Namespace) -> int:
    from .report import judge, student_notebook

    report = judge(student_notebook(options.notebook), options.against)
    print(report)
    return not report.passed


def _release(options: argparse.Namespace) -> int:
    from .release import release

    students, instructor = release(_chapters(options), options.to)
    print(f"to hand out:     {students}\nto grade with:   {instructor}   (holds the solutions)")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m minigrad_course", description="Make, check and judge the course.")
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, command: object, summary: str, *, chapters: bool = True) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=summary, description=summary)
        added.set_defaults(command=command)
        if chapters:
            added.add_argument("chapters", nargs="*", help="numbers, names or paths (default: every chapter)")
        return added

    add("run", _run, "execute chapters in place from a clean kernel")
    add("strip", _strip, "generate notebooks/exercises/ from the chapters").add_argument(
        "--check", action="store_true", help="write nothing; fail when the exercises are stale"
    )
    add("lint", _lint, "check what chapters must be, without running them")
    add("prove", _prove, "prove that each check rejects what it should, and nothing else").add_argument(
        "--workers", type=int, default=2, help="chapters side by side (default 2)"
    )
    judging = add("judge", _judge, "judge a student's notebook: points and hints", chapters=False)
    judging.add_argument("notebook", help="a chapter's number or name, or the path of a notebook")
    judging.add_argument("--against", type=Path, help="the notebook as it was handed out")
    add("release", _release, "make the folders for a class").add_argument(
        "--to", type=Path, default=Path("class"), help="where (default: class)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
