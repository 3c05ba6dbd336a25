"""What a check cell says: success in one line, each usual mistake by its name, and never nothing."""

import numpy as np
import pytest

from minigrad.check.exercise import (
    ExerciseError,
    check,
    expect,
    expect_close,
    expect_equal,
    expect_raises,
    expect_shape,
)


def said(*arguments, **options) -> str:
    """What `expect_close` says inside the check of an exercise."""
    with pytest.raises(ExerciseError) as caught, check("rule"):
        expect_close(*arguments, **options)
    return str(caught.value)


def test_success_is_one_line_whatever_the_solution_prints(capsys):
    with check("rule"):
        print("looking inside")
        expect_close([1.0, 2.0], np.array([1.0, 2.0 + 1e-9]), "z")
    assert capsys.readouterr() == ("rule: correct\n", "")


def test_failure_shows_what_the_solution_printed(capsys):
    with pytest.raises(ExerciseError), check("rule"):
        print("looking inside")
        expect(False, "no")
    assert capsys.readouterr().out == "looking inside\n"


def test_a_failure_reads_as_three_lines():
    assert said(-3.0, 3.0, "gy", formula="g*x", hints={-1: "The sign."}).splitlines() == [
        "exercise rule: not right yet",
        "  gy: expected g*x = 3.0, got -3.0",
        "  hint: The sign.",
    ]


def test_the_notebook_shows_no_traceback():
    with pytest.raises(ExerciseError) as caught, check("rule"):
        expect(False, "no", "yes")
    assert caught.value._render_traceback_() == ["exercise rule: not right yet", "  no", "  hint: yes"]


SQUARE = np.array([[1.0, 2.0], [3.0, 4.0]])
LAST = np.array([[1.0, 2.0], [3.0, 5.0]])
HINTS = {
    0.5: "half",
    "transposed": "flipped",
    "shape": "form",
    "zero": "nought",
    "nan": "none of it",
    "none": "void",
}


@pytest.mark.parametrize(
    ("got", "hint"),
    [
        (SQUARE / 2, "half"),
        (SQUARE.T, "flipped"),
        (SQUARE.sum(0), "form"),
        (SQUARE * 0, "nought"),
        (np.where(SQUARE > 3, np.nan, SQUARE), "none of it"),
        (None, "void"),
        (LAST, "last"),
        (SQUARE + 7, "otherwise"),
    ],
)
def test_usual_mistakes_are_recognised(got, hint):
    text = said(got, SQUARE, "z", hints=HINTS, mistakes=[(LAST, "last")], hint="otherwise")
    assert text.endswith(f"hint: {hint}")


@pytest.mark.parametrize(
    ("got", "remark"),
    [
        (-SQUARE, "Every element has the wrong sign."),
        (SQUARE.T, "transposed"),
        (SQUARE * 4, "4 times what it should be"),
        (SQUARE * 0, "Every element is zero"),
        (None, "without `return`"),
    ],
)
def test_without_hints_the_numbers_are_read(got, remark):
    assert remark in said(got, SQUARE, "z")


def test_the_first_wrong_element_is_named():
    text = said(SQUARE + np.array([[0, 0], [5, 0]]), SQUARE, "gx")
    assert "gx[1, 0]: expected 3.0, got 8.0 (1 of 4 elements differ)" in text


def test_a_mistake_that_is_right_on_this_example_is_no_mistake():
    assert "swapped" not in said(5.0, 2.0, "z", mistakes=[(2.0, "swapped")])


def test_what_is_no_number_is_named():
    assert "got Ellipsis, a value of type ellipsis" in said(..., 1.0, "z")


def test_a_hint_that_nothing_recognises_is_the_authors_error():
    with pytest.raises(ValueError, match="nothing recognises"), check("rule"):
        expect_close(1.0, 2.0, "z", hints={"negated": "?"})


class Tensor:
    """As much of a tensor as the checks use."""

    def __init__(self, value):
        self.value = value

    def detach(self):
        return Tensor(self.value)

    def numpy(self):
        return np.array(self.value)


def test_tensors_are_compared_as_arrays():
    with check("rule"):
        expect_close(Tensor([1.0, 2.0]), Tensor([1.0, 2.0]), "z")
        expect_shape(Tensor([1.0, 2.0]), (2,), "z")
        expect_equal(np.arange(3), np.arange(3), "order")
    with pytest.raises(ExerciseError, match=r"z: expected shape \(3,\), got \(2,\)"):
        expect_shape(Tensor([1.0, 2.0]), (3,), "z", hint="count")
    with pytest.raises(ExerciseError, match="order: expected 1, got 2\n  hint: off by one"):
        expect_equal(2, 1, "order", mistakes=[(2, "off by one")])


@pytest.mark.parametrize("message", ["exercise rule", ""])
def test_an_unsolved_exercise_says_so(message):
    with pytest.raises(ExerciseError, match="exercise rule: not solved yet"), check("rule"):
        raise NotImplementedError(message)


def test_unsolved_does_not_pass_for_the_error_that_was_due():
    with (
        pytest.raises(ExerciseError, match="not solved yet"),
        check("rule"),
        expect_raises(RuntimeError, "a wrong shape"),
    ):
        raise NotImplementedError("exercise rule")


def test_a_missing_error_is_noticed():
    due = expect_raises(ValueError, "a wrong shape")
    with (
        pytest.raises(ExerciseError, match="a wrong shape: expected ValueError, but nothing"),
        check("rule"),
        due,
    ):
        pass


def test_the_readers_own_errors_keep_their_traceback_and_name_the_exercise():
    with pytest.raises(KeyError) as caught, check("rule"):
        raise KeyError("w")
    assert "exercise rule" in caught.value.__notes__[0]


def test_a_foreseen_error_gives_its_hint():
    with (
        pytest.raises(ExerciseError, match=r"raised KeyError: 'w'\n  hint: Names."),
        check("rule", hints={KeyError: "Names."}),
    ):
        raise KeyError("w")


def test_a_check_without_expectations_is_refused(capsys):
    with pytest.raises(RuntimeError, match="could not fail"), check("rule"):
        pass
    assert "correct" not in capsys.readouterr().out
