"""The picture of a confusion matrix: its counts, shares and words are right, and hold no markup of the reader's."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from minigrad.metrics import ConfusionMatrix
from minigrad_widgets import pictures

SVG = "{http://www.w3.org/2000/svg}"
MARKUP = "<img src=x onerror=alert(1)>\"'&"
COUNTS = np.array([[8, 2, 0], [1, 199, 0], [0, 0, 0]])


@pytest.fixture
def metric():
    made = ConfusionMatrix(3, normalize="true")
    true, predicted = np.indices((3, 3)).reshape(2, -1).repeat(COUNTS.ravel(), axis=1)
    made.update(predicted, true)
    return made


def texts(picture):
    return [element.text for element in ElementTree.fromstring(picture.svg).iter(f"{SVG}text")]


def test_counts_recalls_and_precisions(metric):
    picture = pictures.confusion(metric)
    assert picture.svg == pictures.confusion(COUNTS).svg  # shares or not, the counts are drawn
    told = texts(picture)
    assert told[:8] == ["predicted", "true", "0", "0", "1", "1", "2", "2"]
    assert told[8:13] == ["8", "2", "1", "199", "0"]
    # 199 of 200 are not "100 %", nor is nothing of nothing
    assert told[13:19] == ["80 %", "89 %", "99 %", "99 %", "—", "—"]
    assert (
        picture.alt == "a confusion matrix of 3 classes: 207 of 210 right; 0 taken for 1 2 times; 1 taken for 0 1 time"
    )


def test_colour_is_the_share_of_the_row_and_the_diagonal_is_framed(metric):
    cells = list(ElementTree.fromstring(pictures.confusion(metric).svg).iter(f"{SVG}rect"))
    fills = [cell.get("fill") for cell in cells[:9]]
    blue = [int(fill[1:3], 16) for fill in fills if fill != "none"]
    assert blue[3] < blue[0] < blue[1] < blue[2]  # the redder, the paler: 199 of 200, 8 of 10, 2 of 10, 1 of 200
    assert [fill == "none" for fill in fills] == [False, False, True, False, False, True, True, True, True]
    assert [n for n, cell in enumerate(cells[:9]) if float(cell.get("stroke-width")) > 1] == [0, 4, 8]


def test_long_labels_are_turned_and_all_is_on_the_sheet(metric):
    assert "rotate(-45" not in pictures.confusion(metric).svg
    picture = pictures.confusion(metric, labels=["airplane", "automobile", "a very long name of a class"])
    assert picture.svg.count("rotate(-45") == 3
    assert "airplane taken for automobile 2 times" in picture.alt
    drawing = ElementTree.fromstring(picture.svg)
    right = max(float(cell.get("x")) + float(cell.get("width")) for cell in drawing.iter(f"{SVG}rect"))
    assert right < float(drawing.get("width"))
    assert min(float(text.get("x")) for text in drawing.iter(f"{SVG}text")) >= 0


def test_labels_hold_no_markup(metric):
    picture = pictures.confusion(metric, labels=[MARKUP, "b", "c"], names=(MARKUP, MARKUP))
    assert texts(picture).count(MARKUP) == 4
    assert "<img src=x" not in picture.svg
    assert "<img src=x" not in picture._repr_html_()


def test_the_mistakes_made_most_often(metric):
    assert pictures.most_confused(metric) == [(0, 1, 2), (1, 0, 1)]
    assert pictures.most_confused(np.ones((3, 3), int), 2) == [(0, 1, 1), (0, 2, 1)]


@pytest.mark.parametrize(
    ("counts", "labels", "told"),
    [
        (np.eye(3), (), "float64"),
        (np.ones((2, 3), int), (), r"\(2, 3\)"),
        (-np.eye(3, dtype=int), (), "at least 0"),
        (np.eye(31, dtype=int), (), "31 classes"),
        (np.eye(3, dtype=int), ("a", "b"), "2 labels"),
    ],
)
def test_what_cannot_be_drawn_is_refused(counts, labels, told):
    with pytest.raises(ValueError, match=told):
        pictures.confusion(counts, labels=labels)
