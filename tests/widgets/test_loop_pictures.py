"""The roofline and the loop orders: what they show is right, and holds no markup of the reader's."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from minigrad_widgets import pictures, trace

SVG = "{http://www.w3.org/2000/svg}"
MARKUP = "<img src=x onerror=alert(1)>\"'&"


def texts(picture):
    return [element.text for element in ElementTree.fromstring(picture.svg).iter(f"{SVG}text")]


def roof(points, **keywords):
    return pictures.roofline(points, **{"bandwidth": 20.0, "peak": 100.0, **keywords})


def test_the_share_is_of_what_memory_allows_left_of_the_corner_and_of_the_peak_right_of_it():
    told = texts(roof({"stream": (0.1, 1.0), "blas": (40.0, 75.0)}))
    assert "1 GFLOP/s, 50% of its roof" in told and "75 GFLOP/s, 75% of its roof" in told


def test_points_stand_where_their_numbers_say():
    picture = roof({"a": (1.0, 10.0), "b": (10.0, 10.0), "c": (100.0, 1.0)}, peak={"one lane": 5.0, "vectors": 100.0})
    circles = list(ElementTree.fromstring(picture.svg).iter(f"{SVG}circle"))[::2]  # the others are the list beside
    a, b, c = [(float(e.get("cx")), float(e.get("cy"))) for e in circles]
    assert a[1] == b[1] < c[1] and b[0] - a[0] == pytest.approx(c[0] - b[0], abs=0.2)
    # on the memory's line: a is 10 GFLOP/s at 1, the line 20
    assert "memory decides below 5 operations per byte" in picture.alt


@pytest.mark.parametrize("points", [{"copy": (0.0, 1.0)}, {"off": (1.0, -1.0)}, {"nan": (1.0, float("nan"))}])
def test_what_has_no_logarithm_is_refused(points):
    with pytest.raises(ValueError, match="positive numbers alone"):
        roof(points)


def test_several_roofs_have_names():
    told = texts(roof({}, bandwidth={"memory": 21.0, "cache": 90.0}, peak={"one lane": 7.2, "vectors": 115.0}))
    assert {"memory 21 GB/s", "cache 90 GB/s", "one lane 7.2 GFLOP/s", "vectors 115 GFLOP/s"} <= set(told)


@pytest.mark.parametrize(("order", "entered"), [("rows", 8), ("columns", 64), ("tiles", 16)])
def test_how_often_a_path_goes_on_to_another_line_of_memory(order, entered):
    assert f"{entered} times to another line" in texts(pictures.loop_order(order, shape=(8, 8), line=8))


def test_tiles_visit_every_element_once_where_they_do_not_fit():
    picture = pictures.loop_order("tiles", shape=(5, 7), block=(2, 3))
    assert "35 steps" in texts(picture)
    drawn = re.findall(r"M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)", picture.svg)
    ends = {tuple(map(float, d[2:])) for d in drawn} | {tuple(map(float, d[:2])) for d in drawn}
    assert len(drawn) == 34 and len(ends) == 35


def test_a_trace_gives_a_path():
    def kernel(x):
        for j in range(x.shape[1]):
            for i in range(x.shape[0]):
                x[i, j]

    path = trace(kernel, np.zeros((3, 4))).visits("x")
    own, known = (pictures.loop_order(p, shape=(3, 4), line=4).svg for p in ({"columns": path}, "columns"))
    assert own == known


@pytest.mark.parametrize(
    ("orders", "words"),
    [
        (["diagonal"], "not known"),
        ([{"x": [(0, 0), (8, 0)]}], r"'x' with \(8, 0\)"),
        ([{"x": [(0,)]}], "does not stay on the grid"),
        ([{"x": []}], "no element"),
        ([{"x": [(0, 0)] * 401}], "too large to draw"),
    ],
)
def test_orders_that_cannot_be_drawn_are_refused(orders, words):
    with pytest.raises(ValueError, match=words):
        pictures.loop_order(*orders)


@pytest.mark.parametrize(
    "draw",
    [
        lambda name: pictures.loop_order({name: [(0, 0), (0, 1)]}),
        lambda name: roof({name: (1.0, 2.0)}),
        lambda name: roof({"x": (1.0, 2.0)}, bandwidth={name: 20.0}, peak={name: 100.0}),
    ],
)
def test_names_are_text_and_never_markup(draw):
    picture = draw(MARKUP)
    assert any(MARKUP in (text or "") for text in texts(picture)), "the name is not shown as it was given"
    assert re.sub('base64,[^"]*', "", picture._repr_html_()).count("<") == 1, "the name became a tag"
    assert picture.svg == draw(MARKUP).svg
