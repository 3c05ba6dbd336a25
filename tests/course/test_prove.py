"""The prover: a sound chapter is proved, and each way in which a check can be worthless is found."""

import pytest

from minigrad_course.cells import CourseError
from minigrad_course.prove import prove

from .conftest import MISTAKES, cell


def replace(course, grade_id: str, old: str, new: str) -> None:
    def change(notebook):
        assert old in cell(notebook, grade_id).source
        cell(notebook, grade_id).source = cell(notebook, grade_id).source.replace(old, new)

    course.edit(course.chapter, change)


def test_the_sample_is_proved(course):
    assert prove(course.chapter) == []


def test_a_check_that_accepts_a_mistake_is_found(course):
    replace(course, "test_mul_rule", 'expect_close(gy, 6.0, "gy"', 'expect_close(6.0, 6.0, "gy"')
    assert prove(course.chapter) == ["mul_rule: the mistake 'the sign of gy' is accepted"]


def test_a_mistake_with_another_hint_is_found(course):
    course.mistakes.write_text(MISTAKES.replace('"The sign"', '"The chain rule"'))
    (problem,) = prove(course.chapter)
    assert "'the sign of gy' gets another hint than 'The chain rule'" in problem
    assert "d(xy) = y dx + x dy" in problem


def test_a_check_that_cannot_fail_is_found(course):
    replace(course, "test_mean", "mean([1.0, 2.0, 6.0])", "3.0")
    problems = "\n".join(prove(course.chapter))
    assert "test_mean does not say that mean is not solved yet" in problems
    assert "mean: its check does not fail without a solution" in problems


def test_a_cell_that_depends_on_a_solution_is_found(course):
    def depend(notebook):
        later = next(found for found in notebook.cells if found.source == "print(x.sum())")
        later.source = "print(mul_rule(1.0, 0.0, x.sum())[0])"

    course.edit(course.chapter, depend)
    (problem,) = prove(course.chapter)
    assert "it depends on a solution" in problem
    assert "NotImplementedError" not in problem.splitlines()[1]


def test_a_check_that_depends_on_another_exercise_is_found(course):
    replace(course, "test_mean", "[1.0, 2.0, 6.0]", "[*mul_rule(1.0, 1.0, 2.0), 6.0]")
    assert any("mul_rule: unsolved, it also fails the check of mean" in problem for problem in prove(course.chapter))


def test_a_check_that_fails_when_run_again_is_found(course):
    replace(
        course,
        "test_mean",
        'with check("mean"):',
        'again = "again" in globals()\nwith check("mean"):\n    assert not again',
    )
    assert any("mean: its solution fails a second run of its check" in problem for problem in prove(course.chapter))


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ('[[nothing]]\nname = "a"\nhint = "b"\nbody = "c"', "exercises that 01_sample.ipynb does not have"),
        ('[[mean]]\nname = "a"\nhint = "b"', "the wrong keys"),
        ('[[mean]]\nname = "a"\nhint = "b"\nold = "absent"\nnew = ""', "stands in it 0 times"),
        ("[[mean", "not valid TOML"),
    ],
)
def test_a_list_of_mistakes_that_does_not_fit_is_refused(course, entry, complaint):
    course.mistakes.write_text(entry)
    with pytest.raises(CourseError, match=complaint):
        prove(course.chapter)


def test_a_solution_that_never_ends_is_stopped(course, monkeypatch):
    monkeypatch.setattr("minigrad_course.prove.SECONDS", 1.0)
    course.mistakes.write_text('[[mean]]\nname = "a loop"\nbody = "while True: pass"\nhint = "end"')
    (problem,) = prove(course.chapter)
    assert "no answer within 1 s" in problem
