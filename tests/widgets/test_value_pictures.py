"""Tables of numbers: every number is there, its colour says its sign and size, and what is too large is refused."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import minigrad as mg
from minigrad_widgets import pictures

SVG = "{http://www.w3.org/2000/svg}"


def read(picture):
    tree = ElementTree.fromstring(picture.svg)
    return [text.text for text in tree.iter(f"{SVG}text")], [cell.get("fill") for cell in tree.iter(f"{SVG}rect")]


def test_the_numbers_stand_row_by_row_under_their_name_with_the_signs_between():
    tables = {"x": mg.tensor([[1.0, -2.0], [0.5, 0.0]], requires_grad=True), "y": np.array([3, 4])}
    texts, _ = read(pictures.values(tables, rows=["a", "b"], columns=["p", "q"], between=["="], digits=1))
    assert texts == ["x", "p", "q", "1.0", "−2.0", "a", "0.5", "0.0", "b", "=", "y", "p", "q", "3", "4"]


def test_only_tables_with_as_many_columns_are_headed():
    texts, _ = read(pictures.values({"x": [[1, 2]], "sum": [[3]]}, columns=["p", "q"]))
    assert [text for text in texts if text] == ["x", "p", "q", "1", "2", "sum", "3"]


def test_colour_says_the_sign_and_how_large_a_number_is_in_its_table():
    _, (small, large, zero, below) = read(pictures.values({"x": [0.5, 2.0, 0.0, -2.0]}))
    red = [int(fill[1:3], 16) for fill in (zero, small, large)]
    blue = [int(fill[5:], 16) for fill in (zero, small, large)]
    assert blue[0] > blue[1] > blue[2] and red[0] >= red[2] > int(below[1:3], 16)


def test_what_is_not_a_number_and_what_rounds_to_zero_is_written_so():
    texts, cells = read(pictures.values({"x": [float("nan"), float("inf"), -1e-9]}))
    assert texts[1:] == ["nan", "inf", "0.00"] and cells[0] == cells[1]


@pytest.mark.parametrize("shape", [(17,), (2, 2, 2)])
def test_what_cannot_be_a_table_is_refused(shape):
    with pytest.raises(ValueError, match="too large to be drawn"):
        pictures.values({"x": np.zeros(shape)})
