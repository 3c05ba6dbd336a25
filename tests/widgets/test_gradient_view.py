"""The health of gradients: what is measured, when a run is stopped, and what is drawn."""

import math
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.train import fit
from minigrad_widgets import GradientView
from minigrad_widgets.gradient_history import KEPT, measured

TEXT = "{http://www.w3.org/2000/svg}text"


def model(scale=1.0):
    mg.manual_seed(0)
    made = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2))
    (made(mg.ones(2, 4)).sum() * scale).backward()
    return made


def words(view):
    return [e.text for e in ElementTree.fromstring(view.picture()).iter(TEXT)]


@pytest.mark.parametrize(
    ("gradient", "norm", "zeros", "nonfinite"),
    [
        ([3.0, -4.0, 0.0, 0.0], 5.0, 0.5, 0),
        ([math.nan, math.inf, 2.0, 0.0], math.nan, 0.25, 2),
        ([3e30, 4e30], 5e30, 0.0, 0),  # whose squares a float32 cannot hold
        ([3e-30, 4e-30], 5e-30, 0.0, 0),
        ([0.0, 0.0], 0.0, 1.0, 0),
        ([], 0.0, 0.0, 0),
    ],
)
def test_a_gradient_in_a_few_numbers(gradient, norm, zeros, nonfinite):
    told = measured(mg.tensor(np.array(gradient, np.float32)))
    assert told.norm == pytest.approx(norm, rel=1e-6, abs=0, nan_ok=True) and (told.zeros, told.nonfinite) == (
        zeros,
        nonfinite,
    )
    assert sum(told.counts) in (0, np.isfinite(gradient).sum())


def test_its_histogram_is_centred_at_zero_and_loses_nothing():
    counts = measured(np.array([-1.0, -0.01, 0.01, 0.5, 1.0])).counts
    assert (counts[0], counts[15], counts[30], sum(counts)) == (1, 2, 1, 5)
    assert measured(None).norm == -1


@pytest.mark.parametrize("limit", [None, 4.0])
def test_a_breakpoint_stops_fit_before_the_weights_are_changed(limit):
    made = nn.Sequential(nn.Linear(2, 1))
    data = [(mg.ones(4, 2) * size, mg.zeros(4, 1)) for size in (1.0, 1.0, 1e3 if limit else math.inf, 1.0)]
    view = GradientView(limit=limit)
    kept = []
    run = fit(made, data, nn.MSELoss(), optim.SGD(made.parameters(), lr=1e-3), progress=False, callbacks=[
        view, SimpleNamespace(on_step_end=lambda run: kept.append(made[0].weight.numpy().copy()))
    ])  # fmt: skip
    assert run.step == 2 and view.history.steps == [1, 2, 3] and (made[0].weight.numpy() == kept[-1]).all()
    expected = "above the limit of 4" if limit else "2 of 2 elements not finite at step 3"
    assert run.stopped == view.stopped and expected in run.stopped and f"Stopped: {run.stopped}" in words(view)


def test_it_can_pause_or_only_watch():
    broken = model(math.nan)
    asked = []
    control = SimpleNamespace(pause=lambda: asked.append("pause"), stop=asked.append)
    run = SimpleNamespace(model=broken, step=0, films={}, control=control)
    GradientView(pause=True).on_backward_end(run)
    watching = GradientView(watch_only=True)
    watching.on_backward_end(run)
    assert asked == ["pause"] and watching.stopped is None and watching.films is run.films
    assert GradientView().log(broken) and GradientView().log(model()) is None
    seldom = GradientView(every=5)
    for run.step in range(20):
        seldom.on_backward_end(run)
    assert seldom.history.steps == [5, 10, 15, 20]


def test_many_steps_share_columns_and_the_worst_of_them_is_shown():
    view, made = GradientView(watch_only=True), model()
    for step in range(300):
        made[2].weight.grad = mg.full((2, 3), 100.0 if step == 77 else math.nan if step == 205 else 1.0)
        view.log(made, step)
    view.flush()
    row = view.history.names.index("2.weight")
    assert [view._map.cells[row][column] for column in (25, 68, 30)] == [77, 205, 90]
    assert view._data["numbers"][row].split()[25].startswith("245;") and len(view._data["numbers"][row].split()) == 100
    view.selection = f"{row} 77"
    assert ["step", "77"] in view._card["facts"] and ["norm", "245"] in view._card["facts"]


def test_histograms_of_a_long_run_thin_out_and_the_numbers_stay():
    view, made = GradientView(), model()
    for step in range(KEPT + 300):
        view.history.add(made, step)
    held = [n for n in range(len(view.history)) if view.history.at(n, 0).counts]
    assert KEPT // 2 < len(held) <= KEPT and held[-1] == KEPT + 299 and 0 not in held
    assert view.history.at(0, 0).norm == view.history.at(KEPT, 0).norm > 0


def test_the_browser_is_told_ten_times_a_second_at_most(monkeypatch):
    now, told = [0.0], []
    monkeypatch.setattr("minigrad_widgets.kept.time.monotonic", lambda: now[0])
    view, made = GradientView(), model()
    view.observe(lambda change: told.append(now[0]), "_data")
    for step in range(200):
        now[0] = step / 200
        view.log(made, step)
    assert 9 <= len(told) <= 11
    view.flush()
    assert view._data["steps"].endswith(" 199")


def test_the_films_of_a_run_are_opened_from_here():
    view, made = GradientView(), model()
    with mg.record() as film:
        made(mg.ones(1, 4)).sum().backward()
    view.log(made, 7, film=film)
    view.log(made, 8)
    view.flush()
    assert not view._card["film"]
    view.selection = "0 0"
    assert view._card["film"]
    view._handle_custom_msg({"ask": "film", "step": 8}, [])  # it has none: nothing happens
    assert view.film_view is None
    view._handle_custom_msg({"ask": "film", "step": 7}, [])
    assert view.film_step == 7 and view.film_view.film is film


def test_a_parameter_without_a_gradient_and_one_that_comes_late():
    view, made = GradientView(), nn.Sequential(nn.Linear(2, 2))
    view.log(made)
    made.add_module("more", nn.Linear(2, 2))
    made(mg.ones(1, 2)).sum().backward()
    view.log(made)
    assert view.history.at(0, 0).norm == view.history.at(0, 2).norm == -1 and view.history.at(1, 3).norm > 0
    assert ["gradient", "none"] in view._facts(0, 0)


def test_the_picture_does_not_depend_on_the_clock_and_names_are_escaped():
    def draw():
        view, made = GradientView(), model()
        made.add_module('<img src=x>"', nn.Linear(1, 1))
        made[2].bias.grad = mg.zeros(2)
        for step in range(5):
            view.log(made, step)
        return view

    assert draw().picture() == draw().picture()
    assert '<img src=x>".weight' in words(draw()) and draw().static_html().count("<") == 1
    assert "nothing logged yet" in GradientView().describe() and "no step yet" in words(GradientView())


def test_what_it_refuses():
    with pytest.raises(ValueError, match="limit above 0"):
        GradientView(limit=-1)
    with pytest.raises(TypeError, match="got:      int"):
        GradientView().log(3)


def test_a_model_that_learns_nothing_has_nothing_to_show():
    view = GradientView()
    assert view.log(nn.ReLU()) is None
    view.flush()
    assert view._card == {} and view.picture()
    assert view.describe() == "gradients of 0 parameters at 1 steps"
