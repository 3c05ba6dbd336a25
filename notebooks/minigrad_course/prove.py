"""Prove that a chapter's checks judge what they claim to: no more and no less.

Three things are shown of every exercise, in one run of the chapter:

1. Everything that is no exercise works, and shows what it should, with *every* body taken out: nothing later
   depends on a body except through its own check.
2. With all solutions in, every check passes. With one body taken out, exactly its own check fails.
3. Each known mistake is rejected by its own check, with the hint that is listed for it.

The chapter runs once in a clean kernel, without its solutions; the versions of 2 and 3 are tried in forks of
the state it leaves (`minigrad_course.variants`), so each costs milliseconds. Needs ``os.fork``: Linux or
macOS.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from .cells import CourseError, Exercise, exercise_of, exercises, grade_id, is_solution, read
from .mistakes import Mistake, known_mistakes
from .run import execute, normalise
from .strip import strip, stub
from .variants import Outcome, Variant

SECONDS = 30.0
# One thread each: a thread pool does not survive a fork, and chapters run side by side.
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "NUMBA_THREADING_LAYER": "workqueue",
    "MINIGRAD_QUIET": "1",
}


def prove(path: Path) -> list[str]:
    """What does not hold of the chapter at ``path``; empty when it is proved."""
    if not hasattr(os, "fork"):
        raise CourseError("Proofs need os.fork.\n  got: a system without it\n  try: Linux, macOS, or WSL on Windows")
    chapter = read(path)
    found = exercises(chapter)
    if not found:
        raise CourseError(f"{path.name} has no exercise to prove.\n  try: python -m minigrad_course lint {path.stem}")
    mistakes = [m for listed in known_mistakes(path, found).values() for m in listed]
    solved = {cell_id: cell.source for cell_id, cell in _solutions(chapter).items()}
    stubs = {exercise.name: stub(exercise.solution) for exercise in found}
    checks = {exercise.name: exercise.check.source for exercise in found}
    versions = [Variant(solutions=[*solved.values()], checks=checks)]
    versions += [
        Variant(solutions=[*{**solved, name: source}.values()], checks=checks) for name, source in stubs.items()
    ]
    # Of a mistake only its own check is asked.
    versions += [
        Variant(solutions=[*{**solved, m.exercise: m.source}.values()], checks={m.exercise: checks[m.exercise]})
        for m in mistakes
    ]
    shown, outcomes = _run_and_try(chapter, path.parent, versions)

    problems = _without_bodies(chapter, shown, found)
    problems += _all_pass(outcomes[0], found)
    for exercise, outcome in zip(found, outcomes[1:], strict=False):
        problems += _one_fails(outcome, exercise)
    for mistake, outcome in zip(mistakes, outcomes[1 + len(found) :], strict=True):
        problems += _rejected(outcome, mistake)
    return problems


def prove_all(paths: list[Path], workers: int = 2) -> dict[Path, list[str]]:
    """Prove several chapters, ``workers`` of them side by side."""
    with ThreadPoolExecutor(workers) as pool:
        return dict(zip(paths, pool.map(prove, paths), strict=True))


def _solutions(chapter: NotebookNode) -> dict[str, NotebookNode]:
    return {grade_id(cell): cell for cell in chapter.cells if is_solution(cell)}


def _run_and_try(
    chapter: NotebookNode, folder: Path, variants: list[Variant]
) -> tuple[NotebookNode, list[dict[str, Outcome]]]:
    """Run the chapter without its solutions, then the variants in forks of its kernel."""
    running = strip(chapter)
    asked = json.dumps(json.dumps(variants))
    running.cells.append(
        nbformat.v4.new_code_cell(
            "import json\nfrom minigrad_course.variants import try_variants\n"
            f"print(json.dumps(try_variants(json.loads({asked}), {SECONDS})))"
        )
    )
    limit = 600 + SECONDS * len(variants)
    execute(running, folder, timeout=limit, allow_errors=True, env={**os.environ, **ENVIRONMENT})
    answer = running.cells.pop()
    if not answer.outputs or answer.outputs[-1].output_type == "error":
        raise CourseError("The versions of the exercises could not be tried.\n  got: " + str(answer.outputs))
    normalise(running)
    return running, json.loads(answer.outputs[-1].text)


def _without_bodies(chapter: NotebookNode, shown: NotebookNode, found: list[Exercise]) -> list[str]:
    """Statement 1: cells outside exercises show what is stored; the checks say that nothing is solved."""
    problems = []
    names = {exercise.name for exercise in found}
    for number, (stored, fresh) in enumerate(zip(chapter.cells, shown.cells, strict=True)):
        if stored.cell_type != "code" or "nbval-ignore-output" in stored.metadata.get("tags", []):
            continue
        exercise = exercise_of(stored)
        if exercise not in names:
            if _visible(stored) != _visible(fresh):
                problems.append(
                    f"cell {number} shows something else when no exercise is solved: "
                    "it depends on a solution, or on chance\n"
                    f"    stored: {_visible(stored)!s:.300}\n    now: {_visible(fresh)!s:.300}"
                )
        elif stored.metadata.nbgrader.grade:
            said = "".join(output.get("evalue", "") for output in fresh.outputs)
            if f"exercise {exercise}: not solved yet" not in said:
                problems.append(
                    f"{grade_id(stored)} does not say that {exercise} is not solved yet, but: {said or 'nothing'}"
                )
    return problems


def _visible(cell: NotebookNode) -> list[object]:
    """What nbval would compare of a cell's outputs."""
    skipped = ("image/png", "image/jpeg")
    return [
        (
            o.output_type,
            o.get("text"),
            o.get("evalue"),
            sorted((k, v) for k, v in o.get("data", {}).items() if k not in skipped),
        )
        for o in cell.outputs
    ]


def _all_pass(outcome: dict[str, Outcome], found: list[Exercise]) -> list[str]:
    problems = []
    for exercise in found:
        told = _told(outcome, exercise.name)
        stored = "".join(output.get("text", "") for output in exercise.check.outputs)
        if told["error"]:
            problems.append(f"{exercise.name}: its solution fails a second run of its check: {told['message']}")
        elif told["printed"] != stored:
            problems.append(f"{exercise.name}: its check prints {told['printed']!r}, stored is {stored!r}")
    return problems


def _one_fails(outcome: dict[str, Outcome], exercise: Exercise) -> list[str]:
    problems = []
    own = _told(outcome, exercise.name)
    if "not solved yet" not in own["message"]:
        problems.append(f"{exercise.name}: its check does not fail without a solution, but says: {own}")
    for name in outcome:
        if name != exercise.name and outcome[name]["error"]:
            problems.append(f"{exercise.name}: unsolved, it also fails the check of {name}: {outcome[name]['message']}")
    return problems


def _rejected(outcome: dict[str, Outcome], mistake: Mistake) -> list[str]:
    own = _told(outcome, mistake.exercise)
    if not own["error"]:
        return [f"{mistake.exercise}: the mistake {mistake.name!r} is accepted"]
    if own["error"] != "ExerciseError" or mistake.hint not in own["message"]:
        said = f"{own['error']}: {own['message']}"
        return [
            f"{mistake.exercise}: the mistake {mistake.name!r} gets another hint than {mistake.hint!r}:\n    {said}"
        ]
    return []


def _told(outcome: dict[str, Outcome], name: str) -> Outcome:
    """The outcome of one check, or of the solutions when already they raised (under the empty name)."""
    return outcome.get(name) or outcome[""]
