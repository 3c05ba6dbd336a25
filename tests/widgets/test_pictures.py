"""The still pictures: what they show is right, is the same every time, and holds no markup of the reader's."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import minigrad
from minigrad_widgets import pictures

SVG = "{http://www.w3.org/2000/svg}"


def texts(picture):
    return [element.text for element in ElementTree.fromstring(picture.svg).iter(f"{SVG}text")]


def rects(picture):
    return list(ElementTree.fromstring(picture.svg).iter(f"{SVG}rect"))


def grid(shape):
    return minigrad.arange(int(np.prod(shape))).reshape(*shape)


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x,
        lambda x: x.T,
        lambda x: x[1:, ::2],
        lambda x: x[::-1],
        lambda x: x[0].broadcast_to(3, 4),
        lambda x: x.reshape(2, 2, 3),
        lambda x: x[1, 2],
    ],
)
def test_every_element_is_drawn_with_the_address_at_which_it_lies(view):
    # arange: the number that lies at an address is the address
    y = view(grid((3, 4)))
    shown = texts(pictures.strides(y))
    addresses = [int(text.removeprefix("at ")) for text in shown if text.startswith("at ")]
    values = [int(shown[place - 1]) for place, text in enumerate(shown) if text.startswith("at ")]
    assert addresses == values == y.numpy().ravel().tolist()


def test_cells_that_a_view_passes_over_stay_empty():
    memory = rects(pictures.strides(grid((3, 4))[1:, ::2]))[:12]
    assert [n for n, cell in enumerate(memory) if cell.get("fill") != "none"] == [4, 6, 8, 10]


def test_tensors_of_two_memories_are_refused():
    with pytest.raises(ValueError, match="do not lie in one memory"):
        pictures.strides(grid((3, 4)), grid((3, 4)))


@pytest.mark.parametrize("shape", [(33,), (1, 1, 1, 2)])
def test_what_cannot_be_drawn_is_refused(shape):
    with pytest.raises(ValueError, match="too large to draw"):
        pictures.strides(grid(shape))


def test_broadcasting_shows_the_result_and_marks_what_is_used_again():
    picture = pictures.broadcasting(minigrad.tensor([[0], [10]]), minigrad.tensor([1, 2, 3]), names=("c", "r"))
    assert texts(picture)[-6:] == ["1", "2", "3", "11", "12", "13"]
    # the column: each of its 2 elements twice more; the row: each of its 3 once more; the two sizes that stretch
    dashed = [cell for cell in rects(picture) if cell.get("stroke-dasharray")]
    assert len(dashed) == 4 + 3 + 2


@pytest.mark.parametrize("shapes", [((3, 4), (3,)), ((0,), (2,))])
def test_a_clash_is_drawn_not_raised(shapes):
    picture = pictures.broadcasting(*shapes)
    assert "do not broadcast" in picture.alt
    assert any(text and text.startswith("no result") for text in texts(picture))


@pytest.mark.parametrize(
    "shapes", [((3, 1), (4,)), ((), (2, 3)), ((0, 4), (1, 1)), ((8, 1, 6, 1), (7, 1, 5)), ((), ())]
)
def test_the_aligned_shapes_are_numpy_s(shapes):
    assert pictures.broadcasting(*shapes).alt.endswith(f"broadcast to {np.broadcast_shapes(*shapes)}")


@pytest.mark.parametrize(
    ("shape", "sums"), [((4,), [12, 15, 18, 21]), ((3, 1), [6, 22, 38]), ((1, 1), [66]), ((), [66])]
)
def test_gradients_of_one_colour_are_added(shape, sums):
    shown = texts(pictures.sum_to(np.arange(12).reshape(3, 4), shape))
    assert [int(text) for text in shown[-len(sums) :]] == sums


def test_digits_show_ink_by_how_dark_it_is():
    picture = pictures.digits(np.array([[[0, 16], [8, 16]]]), ["seven"])
    opacities = {
        e.get("fill-opacity"): e.get("d").count("M") for e in ElementTree.fromstring(picture.svg).iter(f"{SVG}path")
    }
    assert opacities == {"0.5": 1, "1": 2}
    assert texts(picture) == ["seven"]


@pytest.mark.parametrize(
    "draw",
    [
        lambda name: pictures.strides(grid((2, 2)), names=(name,)),
        lambda name: pictures.broadcasting((2,), (2,), names=(name, "y")),
        lambda name: pictures.sum_to(np.ones((2, 2)), (2,), names=(name, "y")),
        lambda name: pictures.digits(np.ones((1, 2, 2)), [name]),
        lambda name: pictures.lines({name: ([1, 2], [3, 4])}, x=name, y=name),
    ],
)
def test_names_are_text_and_never_markup(draw):
    name = "<img src=x onerror=alert(1)>\"'&"
    picture = draw(name)
    assert any(name in (text or "") for text in texts(picture)), "the name is not shown as it was given"
    html = re.sub('base64,[^"]*', "", picture._repr_html_())
    assert html.count("<") == 1, "the name became a tag"
    assert picture.svg == draw(name).svg


@pytest.mark.parametrize("options", [{}, {"direct": True}, {"log_y": True}])
def test_a_loss_that_is_no_number_leaves_the_rest_of_its_curve(options):
    losses = [3.0, float("nan"), 2.0, float("inf"), 1.0]
    (curve,) = ElementTree.fromstring(pictures.lines({"a": (range(5), losses)}, **options).svg).iter(f"{SVG}polyline")
    points = [tuple(map(float, point.split(","))) for point in curve.get("points").split()]
    assert len(points) == 3 and np.isfinite(points).all()
    with pytest.raises(ValueError, match="no point to draw"):
        pictures.lines({"a": ([1.0], [float("nan")])}, **options)
