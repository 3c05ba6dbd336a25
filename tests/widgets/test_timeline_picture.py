"""`timeline`: bars where the work is, and how much of the time each lane is busy."""

import xml.etree.ElementTree as ElementTree

import pytest

from minigrad_widgets import pictures

SVG = "{http://www.w3.org/2000/svg}"


def test_bars_lie_where_the_work_does():
    picture = pictures.timeline({"loader": [(0, 3, 1), (3, 6, 2)], "training <b>": [(3, 4, 1), (6, 8, 2)]}, unit="ms")
    svg = ElementTree.fromstring(picture.svg)
    bars = [(float(r.get("x")), float(r.get("width")), r.get("fill")) for r in svg.iter(f"{SVG}rect")]
    left = bars[0][0]
    assert [(round(x - left), round(w)) for x, w, _ in bars] == [(0, 240), (240, 240), (240, 80), (480, 160)]
    assert bars[0][2] == bars[2][2] != bars[1][2] == bars[3][2]
    assert picture.alt == "timeline of 8 ms: loader busy 75%, training <b> busy 38%"
    assert "training <b>" in [text.text for text in svg.iter(f"{SVG}text")]


def test_what_lies_behind_the_end_is_cut_off():
    picture = pictures.timeline({"loader": [(0, 3, 1), (3, 9, 2), (9, 10, 3)]}, end=6)
    assert picture.alt == "timeline of 6: loader busy 100%"
    assert picture.svg.count("<rect") == 2


def test_time_goes_forwards():
    with pytest.raises(ValueError, match="from 3 to 2"):
        pictures.timeline({"loader": [(3, 2, "x")]})
