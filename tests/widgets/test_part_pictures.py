"""Pictures of models and of what learning is made of: every part is there, inside the part that it belongs to."""

import xml.etree.ElementTree as ElementTree

import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad_widgets import pictures

SVG = "{http://www.w3.org/2000/svg}"
INSIDE = ["body: Sequential", "0: Linear", "1: ReLU"]


def texts(picture):
    return [element.text for element in ElementTree.fromstring(picture.svg).iter(f"{SVG}text")]


def model():
    body = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    return nn.Sequential({"first": nn.Linear(3, 4), "block": nn.Residual(body), "last": nn.Linear(4, 2, bias=False)})


@pytest.mark.parametrize(
    "depth, names",
    [
        (0, ["model: Sequential"]),
        (1, ["model: Sequential", "first: Linear", "block: Residual", "last: Linear"]),
        (None, ["model: Sequential", "first: Linear", "block: Residual", *INSIDE, "last: Linear"]),
    ],
)
def test_the_parts_are_opened_as_deep_as_asked(depth, names):
    assert [text for text in texts(pictures.parts(model(), depth=depth)) if ":" in text] == names


def test_each_part_says_how_many_numbers_it_learns():
    shown = texts(pictures.parts(model()))
    assert [shown[n + 1] for n, text in enumerate(shown) if text.endswith("Linear")] == ["16", "20", "8"]
    assert shown[:2] == ["model: Sequential", "44"]


def test_every_box_lies_inside_the_one_before_it_that_is_open():
    boxes = ElementTree.fromstring(pictures.parts(model()).svg).iter(f"{SVG}rect")
    places = [[float(box.get(key)) for key in ("x", "y", "width", "height")] for box in boxes]
    x, y, w, h = places[0]
    for left, top, wide, high in places[1:]:
        assert x < left and y < top and left + wide < x + w and top + high < y + h
    assert places[4][0] > places[3][0] > places[2][0]  # the linear map in the body in the block


def test_the_three_parts_stand_with_the_shapes_that_pass_between_them():
    net, x, y = model(), mg.randn(5, 3), mg.zeros(5, dtype="int64")
    step = optim.SGD(net.parameters(), lr=0.1)
    shown = texts(pictures.three_parts(net, nn.CrossEntropyLoss(), step, x=x, y=y, prediction=net(x)))
    assert {"CrossEntropyLoss", "SGD", "(5, 3)", "(5, 2)", "y (5,)", "()", "5 tensors, 44 numbers"} <= {*shown}


def test_a_name_is_text_and_never_markup():
    net = nn.Sequential({"<b>": nn.Linear(2, 2)})
    assert "<b>: Linear" in texts(pictures.parts(net))
