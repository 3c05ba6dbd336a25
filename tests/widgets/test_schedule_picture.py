"""`plot_schedule`: the picture says what the schedules are going to set, and they stay where they are."""

import math
import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest

import minigrad as mg
from minigrad import optim
from minigrad.optim.lr_scheduler import CosineAnnealingLR, CyclicLR, ReduceLROnPlateau, StepLR
from minigrad_widgets import plot_schedule
from minigrad_widgets.pictures.axes import round_range, round_ticks, spread

SVG = "{http://www.w3.org/2000/svg}"


def sgd(rate=0.1):
    return optim.SGD([mg.ones(2, requires_grad=True)], lr=rate, momentum=0.9)


def curves(picture):
    """The corners of every curve, in the units of a frame of 460 by 220."""
    lines = ElementTree.fromstring(picture.svg).iter(f"{SVG}polyline")
    return [[tuple(map(float, p.split(","))) for p in line.attrib["points"].split()] for line in lines]


def texts(picture):
    return [element.text for element in ElementTree.fromstring(picture.svg).iter(f"{SVG}text")]


def test_few_steps_are_a_staircase():
    (curve,) = curves(plot_schedule(StepLR(sgd(), 2), 4))
    across = [round((x - 58) / 460 * 4, 2) for x, _ in curve]
    assert across == [0, 1, 2, 2, 3, 4]
    assert curve[2][1] < curve[3][1] and curve[3][1] == curve[4][1] == curve[5][1]


def test_many_steps_are_a_line_that_keeps_its_jumps_and_its_extremes():
    (curve,) = curves(plot_schedule(StepLR(sgd(), 100), 300))
    assert [x for (x, y), (x1, y1) in pairwise(curve) if x == x1 and y != y1] == [211.3, 364.7]
    (saw,) = curves(plot_schedule(CyclicLR(sgd(), 0.01, 0.1, 7), 5000))
    assert len(saw) < 400 and {min(y for _, y in saw)} == {saw[1][1]}


def test_nothing_is_changed_and_each_has_its_name():
    optimizer = sgd()
    schedule = CosineAnnealingLR(optimizer, 50)
    picture = plot_schedule({"<b>cosine</b>": schedule, "by hand": lambda n: 0.1 / (1 + n)}, 50, unit="step")
    assert (schedule.last_epoch, optimizer.param_groups[0]["lr"]) == (0, 0.1)
    assert {"<b>cosine</b>", "by hand", "step", "learning rate", "0.1"} <= set(texts(picture))
    assert "<b>" not in picture.svg
    twice = texts(plot_schedule([StepLR(sgd(), 2), StepLR(sgd(), 3)], 9))
    assert {"StepLR", "StepLR 2"} <= set(twice)


def test_a_plateau_is_drawn_from_what_is_measured():
    schedule = ReduceLROnPlateau(sgd(), patience=1)
    (curve,) = curves(plot_schedule(schedule, [1.0, 1.0, 1.0, 1.0, 1.0], log=True))
    assert [round((x - 58) / 460 * 5, 2) for x, _ in curve] == [0, 1, 2, 3, 3, 4, 5] and curve[3][1] < curve[4][1]
    with pytest.raises(ValueError, match="depends on what is measured"):
        plot_schedule(schedule, 5)


@pytest.mark.parametrize(
    ("schedule", "steps", "options", "words"),
    [(0.1, 5, {}, "no schedule"), (math.sqrt, 0, {}, "no step"), (lambda n: 0, 5, {"log": True}, "logarithmic axis")],
)
def test_what_cannot_be_drawn_is_refused(schedule, steps, options, words):
    with pytest.raises((TypeError, ValueError), match=words) as error:
        plot_schedule(schedule, steps, **options)
    assert re.search("got: .*expected: .*try: ", str(error.value), re.DOTALL)


def test_axes_have_round_numbers():
    assert round_ticks(0, 0.1) == [0, 0.02, 0.04, 0.06, 0.08, 0.1]
    assert round_ticks(-1.3, 2.2, 4) == [-1, 0, 1, 2]
    assert round_range(0, 0.093) == (0, 0.1) and round_range(3, 3) == (3, 4)


@pytest.mark.parametrize("wanted", [[5, 5, 5], [0, 100, 99, 98], [50, 20, 90]])
def test_labels_keep_apart_and_in_order(wanted):
    found = spread(wanted, 16, 0, 100)
    order = sorted(range(len(wanted)), key=lambda n: wanted[n])
    gaps = [found[b] - found[a] for a, b in pairwise(order)]
    assert min(gaps) >= 16 and min(found) >= 0 and max(found) <= 100
