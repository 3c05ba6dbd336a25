import sys
from types import SimpleNamespace

import numpy
import pytest

from minigrad.events import Line
from minigrad.film import Value
from minigrad_widgets import text


@pytest.mark.parametrize(
    ("x", "written"),
    [
        (1.5, "1.5"),
        (-0.041666, "−0.0417"),
        (3, "3"),
        (-0.0, "0"),
        (True, "True"),
        (1e-12, "1e−12"),
        (3123456.0, "3.12e+06"),
    ],
)
def test_numbers_have_three_digits_and_a_real_minus(x, written):
    assert text.number(x) == written


def test_numbers_that_are_none():
    assert [text.number(x) for x in (numpy.nan, numpy.inf, -numpy.inf)] == ["nan", "∞", "−∞"]


def test_shapes_are_written_as_python_does():
    assert [text.shape(s) for s in ((), (3,), (2, 3))] == ["scalar", "(3,)", "(2, 3)"]


def test_a_small_matrix_is_shown_whole():
    assert text.grid(Value.of(numpy.array([[1.0, -2.0], [3.0, 4.0]]))) == [["1", "−2"], ["3", "4"]]


def test_a_large_matrix_shows_its_corner_and_says_that_more_is_there():
    cells = text.grid(Value.of(numpy.arange(200.0).reshape(20, 10)))
    assert cells[0] == ["0", "1", "2", "3", "4", "…"]
    assert cells[1][0] == "10"
    assert cells[-1] == ["⋮"] * 6 and len(cells) == 6


def test_of_more_dimensions_the_first_matrix_is_shown():
    assert text.grid(Value.of(numpy.arange(12.0).reshape(3, 2, 2))) == [["0", "1"], ["2", "3"]]


def test_a_vector_is_one_row():
    assert text.grid(Value.of(numpy.array([1.0, 2.0]))) == [["1", "2"]]


def test_an_array_in_brief_is_its_norm_and_a_number_itself():
    assert text.brief(Value.of(numpy.array([3.0, 4.0]))) == "‖g‖ 5"
    assert text.brief(Value.of(numpy.array([[-0.25]]))) == "−0.25"
    assert text.brief(Value.of(numpy.array([numpy.nan, 1.0]))) == "1 not finite"


def test_wide_letters_need_more_room_than_narrow_ones():
    assert text.width("MMMM", 12) > 2 * text.width("iiii", 12)
    assert text.width("linear", 12, bold=True) > text.width("linear", 12)


def test_a_line_of_a_notebook_is_named_by_its_cell(monkeypatch):
    line = Line("/somewhere/ipykernel_42/1234.py", 5)
    shell = SimpleNamespace(compile=SimpleNamespace(format_code_name={line.file: ("Cell", "In[12]")}.get))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert text.place(line) == "cell [12], line 5"
    assert text.place(line._replace(file="/gone/ipykernel_42/5678.py")) == "this notebook, line 5"
    assert text.place(Line("/somewhere/model.py", 7)) == "model.py, line 7"
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert text.place(line) == "this notebook, line 5"
