"""Races: real optimisers on surfaces, their contour lines, and what the picture says of them."""

import base64
import dataclasses
from xml.etree import ElementTree

import numpy as np
import pytest
import traitlets

import minigrad as mg
from minigrad import optim
from minigrad.errors import DTypeError
from minigrad.optim.lr_scheduler import LambdaLR
from minigrad_widgets import OptimizerPlayground, Surface, race
from minigrad_widgets.racing import SURFACES, bowl
from minigrad_widgets.racing.contours import levels, rings

MARKUP = '<img src=x onerror="alert(1)">'


def by_hand(steps, rate, momentum):
    """SGD with momentum on the bowl of condition number 10, in plain arithmetic."""
    w, v, ways = np.array([-3.5, 2.0]), np.zeros(2), [np.array([-3.5, 2.0])]
    for _ in range(steps):
        v = momentum * v + w * [1, 10]
        w = w - rate * v
        ways.append(w)
    return np.array(ways)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_the_ways_are_those_of_the_optimiser(momentum):
    options = {"lr": 0.05, "momentum": momentum}
    lane = race(bowl(10), {"SGD": (optim.SGD, options)}, steps=30)["SGD"]
    expected = by_hand(30, rate=0.05, momentum=momentum)
    np.testing.assert_allclose(lane.points, expected, rtol=1e-12)
    np.testing.assert_allclose(lane.losses, (expected**2 @ [1, 10]) / 2, rtol=1e-12)
    assert lane.diverged is None


def test_racers_do_not_disturb_each_other():
    both = race("rosenbrock", steps=40)
    alone = race("rosenbrock", {"Adam": (optim.Adam, {"lr": 0.2})}, steps=40)
    np.testing.assert_array_equal(both["Adam"].points, alone["Adam"].points)


def test_what_diverges_is_said_and_stays_where_it_was_last():
    result = race(bowl(10), {"SGD": (optim.SGD, {"lr": 0.3}), "slow": (optim.SGD, {"lr": 0.01})}, steps=50)
    lane = result["SGD"]
    size = np.abs(by_hand(50, 0.3, 0.0)).max(axis=1)
    assert lane.diverged == int(np.argmax(size >= 8000))
    assert np.isinf(lane.losses[lane.diverged :]).all() and np.isfinite(lane.losses[: lane.diverged]).all()
    assert (lane.points[lane.diverged :] == lane.points[lane.diverged - 1]).all()
    assert f"SGD: diverged at step {lane.diverged}; slow: loss" in repr(result)


def test_noise_is_the_same_for_all_and_averages_to_nothing():
    still = race(bowl(1), [optim.SGD], steps=400)
    ground = bowl(1, noise=2.0)
    rates = {"one": (optim.SGD, {"lr": 1e-3}), "two": (optim.SGD, {"lr": 1e-3})}
    noisy = race(ground, rates, steps=400)
    np.testing.assert_array_equal(noisy["one"].points, noisy["two"].points)
    shift = (noisy["one"].points - still["SGD"].points)[-1]
    assert 0 < np.abs(shift).max() < 4 * 2.0 * 1e-3 * 400**0.5
    assert (race(ground, rates, seed=1)["one"].points[-1] != noisy["one"].points[-1]).all()


def test_a_schedule_races_with_its_optimiser():
    def halving(params, lr):
        optimizer = optim.SGD(params, lr=lr)
        return optimizer, LambdaLR(optimizer, lambda n: 0.5**n)

    lane = race(bowl(1), {"halving": (halving, {"lr": 0.5})}, steps=3)["halving"]
    np.testing.assert_allclose(lane.points[:, 0] / -3.5, np.cumprod([1, 0.5, 0.75, 0.875]))


@pytest.mark.parametrize("name", SURFACES)
def test_known_minima_are_minima_and_every_start_is_on_the_map(name):
    ground = SURFACES[name]()
    losses, slopes = ground.gradients(np.array(ground.minima))
    np.testing.assert_allclose(losses, ground.lowest, atol=1e-9)
    np.testing.assert_allclose(slopes, 0, atol=1e-3)
    assert ground.heights.min() >= ground.lowest
    assert all(low < n < high for n, (low, high) in zip(ground.start, (ground.x, ground.y)))


def test_a_turned_bowl_is_the_same_bowl_seen_askew():
    plain, turned = bowl(30), bowl(30, angle=30)
    c, s = np.cos(np.pi / 6), np.sin(np.pi / 6)
    points = np.random.default_rng(0).standard_normal((9, 2))
    np.testing.assert_allclose(turned.losses(points @ np.array([[c, s], [-s, c]])), plain.losses(points), rtol=1e-12)


def test_contour_lines_lie_where_the_height_is_the_level():
    x, y = np.meshgrid(np.linspace(-2, 2, 41), np.linspace(-1, 1, 21))
    heights = x**2 + 4 * y**2
    found = rings(heights, 1.0)
    inner = min(found, key=lambda ring: np.ptp(ring[:, 0]))
    at = inner / [10, 10] - [2, 1]
    np.testing.assert_allclose((at**2) @ [1, 4], 1, atol=0.02)
    # what lies above the level is the map less the ellipse
    inside, outside = sorted(abs(np.sum(x * np.roll(y, 1) - y * np.roll(x, 1))) / 200 for x, y in (r.T for r in found))
    assert outside - inside == pytest.approx(8 - np.pi / 2, abs=0.02)


@pytest.mark.parametrize(("middle", "count"), [(3.0, 1), (-3.0, 2)])
def test_at_a_saddle_the_middle_of_the_cell_decides(middle, count):
    corners = np.array([[1.0, middle - 1.0 if middle < 0 else -1.0], [-1.0, 1.0 + max(middle, 0)]])
    assert len(rings(corners, 0.0)) == count


@pytest.mark.parametrize("top", [1e-3, 1.0, 1e5])
def test_there_are_enough_levels_and_not_too_many(top):
    heights = np.linspace(0, 1, 400).reshape(20, 20) ** 3 * top
    assert 5 <= len(levels(heights, 0.0)) <= 14
    assert len(levels(heights + 100 * top, 0.0)) >= 4
    assert levels(np.zeros((3, 3)), 0.0) == []


def test_a_function_of_ones_own():
    def f(x, y):
        return mg.log(x + y)

    result = race(Surface(f, x=(-1, 3), y=(-1, 3), start=(2, 2)), [optim.SGD], steps=5)
    assert result["SGD"].losses[0] == pytest.approx(np.log(4)) and np.isfinite(result.surface.heights).all()
    for wrong in (lambda x, y: (x + y).sum(), lambda x, y: 3.0):
        with pytest.raises(ValueError, match="element by element"):
            race(wrong)
    with pytest.raises(ValueError, match="nothing to draw"):
        OptimizerPlayground(lambda x, y: mg.log(-1 - x * x))


def test_racers_of_one_kind_have_names_of_their_own():
    pairs = [(optim.SGD, {"lr": 0.1}), (optim.SGD, {"lr": 0.2}), optim.Adam, (optim.SGD, {"lr": 0.3})]
    result = race(bowl(10), pairs, steps=3)
    assert list(result) == ["SGD", "SGD 2", "Adam", "SGD 3"]
    assert len({lane.losses[-1] for lane in result.values()}) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("valley",), "no surface of this name"),
        (("bowl", {}), "1 to 6 optimisers"),
        (("bowl", {"x": 3}), "cannot race"),
        (("bowl", {"x": lambda p: 3}), "cannot race"),
        (("bowl", {"x": (optim.SGD, 0.1)}), "cannot race"),
        (("bowl", None, {"steps": 0}), "1 to 2,000 steps"),
        (("bowl", None, {"start": (float("nan"), 0)}), "finite"),
    ],
)
def test_what_cannot_race_is_refused(arguments, words):
    *first, more = arguments if isinstance(arguments[-1], dict) and len(arguments) == 3 else (*arguments, {})
    with pytest.raises(ValueError, match=words) as error:
        race(*first, **more)
    assert "try:" in str(error.value)


def small(**keywords):
    two = {"SGD": (optim.SGD, {"lr": 0.1}), "Adam": (optim.Adam, {"lr": 0.2, "betas": (0.9, 0.99)})}
    return OptimizerPlayground(bowl(10), two, steps=20, **keywords)


def test_the_playground_runs_the_race_anew_when_something_changes():
    view = small()
    first, told = view.race["SGD"].losses[-1], view._data["answers"]
    assert view.options == {"SGD": {"lr": 0.1}, "Adam": {"lr": 0.2, "beta1": 0.9, "beta2": 0.99}}
    view.change("SGD", lr=0.05)
    assert view.race["SGD"].losses[-1] != first
    view.start = [1.0, -1.0]
    assert view.race.start == (1.0, -1.0)
    view.terrain = {**view.terrain, "condition": 50}
    assert view.race.surface.condition == 50 and "50 y²" in view.picture()
    assert view._data["answers"] == told + 3
    assert view._data["svg"] != small()._data["svg"]  # the map of another surface


def test_another_surface_has_its_own_start_and_rates():
    view = OptimizerPlayground(steps=20)
    view.start = [0.0, 1.0]
    view.surface = "himmelblau"
    assert tuple(view.start) == SURFACES["himmelblau"]().start and view.terrain == {"noise": 0.0}
    assert view.options["Adam"]["lr"] == SURFACES["himmelblau"]().rates["Adam"]
    view.terrain = {"noise": 0.5}
    assert view.race.surface.noise == 0.5


@pytest.mark.parametrize(
    ("name", "value"),
    [("surface", "valley"), ("start", [0, float("inf")]), ("options", {"SGD": {}}), ("terrain", {"depth": 1})],
)
def test_settings_that_make_no_race_are_refused(name, value):
    view = small()
    with pytest.raises(traitlets.TraitError, match="expected"):
        setattr(view, name, value)
    assert view.race.told() == small().race.told()


def test_what_an_optimiser_refuses_leaves_the_race_that_was():
    view = small()
    with pytest.raises(DTypeError, match="lr=-1"):
        view.change("SGD", lr=-1.0)
    assert view.options["SGD"] == {"lr": 0.1} and view.race.told() == small().race.told()
    view.change("SGD", lr=0.05)
    assert view.options["SGD"] == {"lr": 0.05}


def test_the_picture_is_the_end_or_what_was_asked_for():
    view, asked = small(), small(position=-18)
    assert asked.position == 3 and "step 3 of 20" in asked.still_words()
    data, _ = view._repr_mimebundle_()
    stored = base64.b64decode(data["text/html"].partition("base64,")[2].partition('"')[0]).decode()
    assert stored == view.still() == small().still() and "after step 20 of 20" in stored
    assert "0x" not in repr(view) and view.position == 0
    ElementTree.fromstring(stored)
    view.left_out = ["Adam"]
    assert ">Adam<" in stored and view.still().count(">Adam<") == 1 and 'visibility="hidden"' in view.still()


def test_markup_in_names_is_escaped():
    ground = dataclasses.replace(bowl(10), title=MARKUP, formula=MARKUP)
    view = OptimizerPlayground(ground, {MARKUP: optim.SGD}, steps=3)
    assert "<img" not in view.picture() and "&lt;img" in view.picture() and "<img" not in view._data["svg"]
    assert view.static_html().count("<img") == 1
