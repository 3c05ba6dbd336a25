"""What a network's numbers are like by depth: measured right, leaving no trace, drawn the same every time."""

from xml.etree import ElementTree

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.nn import functional
from minigrad_widgets import LayerStatistics, record_activations
from minigrad_widgets.distributions import Distribution

TEXT = "{http://www.w3.org/2000/svg}text"


def net():
    mg.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3)).to("float64")


def batch():
    return mg.randn(32, 6, dtype="float64", generator=mg.Generator(1)), mg.tensor(np.arange(32) % 3)


def test_outputs_and_their_gradients_are_those_of_the_run():
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3)).to("float64")
    x, y = batch()
    told = record_activations(model, x, loss=lambda z: functional.cross_entropy(z, y))
    hidden = model[0](x).detach().requires_grad_()
    squashed = model[1](hidden)
    squashed.retain_grad()
    functional.cross_entropy(model[2](squashed), y).backward()
    assert [d.name for d in told.values] == ["0 Linear", "1 Tanh", "2 Linear"]
    for d, g, z in zip(told.values, told.gradients, (hidden, squashed)):
        assert d.mean == pytest.approx(float(z.mean())) and d.std == pytest.approx(float(z.detach().numpy().std()))
        assert d.shape == z.shape and g.std == pytest.approx(float(z.grad.numpy().std()))


def test_measuring_changes_nothing():
    model, (x, y) = net(), batch()
    before = {name: value.numpy().copy() for name, value in model.state_dict().items()}
    mg.manual_seed(5)
    expected = float(mg.rand(1))
    mg.manual_seed(5)
    told = record_activations(model, x, loss=lambda z: functional.cross_entropy(z, y))
    assert 0.3 < told.values[3].zeros < 0.9  # dropout ran: the mode is the model's own
    assert float(mg.rand(1)) == expected
    assert all(p.grad is None for p in model.parameters()) and model.training
    assert all((value.numpy() == before[name]).all() for name, value in model.state_dict().items())
    assert not any(module._hooks for module in model.modules())


def test_a_layer_that_runs_twice_has_two_rows_and_one_in_place_is_seen_before():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.relu = nn.Linear(4, 4), nn.ReLU(inplace=True)

        def forward(self, x):
            return self.layer(self.relu(self.layer(x)))

    mg.manual_seed(0)
    told = record_activations(Twice(), mg.randn(16, 4), loss=lambda z: z.square().mean())
    assert [d.name for d in told.values] == ["layer Linear", "relu ReLU", "layer Linear, call 2"]
    assert told.values[0].zeros == 0 < told.values[1].zeros
    assert all(g is not None for g in told.gradients)


def test_only_chosen_types_and_nothing_chosen():
    told = record_activations(net(), batch()[0], only=nn.Linear)
    assert [d.name for d in told.values] == ["0 Linear", "4 Linear"] and told.gradients == ()
    with pytest.raises(ValueError, match="nothing was measured"):
        record_activations(net(), batch()[0], only=nn.LSTM)
    with pytest.raises(TypeError, match="got:      int"):
        record_activations(3)


@pytest.mark.parametrize(
    ("array", "kind", "expected"),
    [
        ([-1.0, -0.95, 0.0, 0.5], "Tanh", {"saturated": 0.5, "zeros": 0.25}),
        ([0.99, 0.5, 0.5, 0.01], "Sigmoid", {"saturated": 0.5}),
        ([1.0, -1.0], "Linear", {"saturated": None}),
        ([[0.0, 1.0], [0.0, 0.0]], "ReLU", {"dead": 0.5, "zeros": 0.75}),
        ([np.nan, np.inf, 1.0, 3.0], "", {"nonfinite": 2, "mean": 2.0, "std": 1.0}),
        ([], "", {"nonfinite": 0, "zeros": 0.0}),
    ],
)
def test_what_is_counted(array, kind, expected):
    told = Distribution.of("x", np.array(array), activation=kind)
    assert {name: getattr(told, name) for name in expected} == expected


def test_the_histogram_counts_what_is_not_zero_around_zero():
    told = Distribution.of("x", np.array([-1.0, 0.0, 0.02, 1.0]), reach=1.0)
    assert [place for place, n in enumerate(told.counts) if n] == [0, 20, 40] and sum(told.counts) == 3


def test_the_picture_is_the_same_twice_and_its_rows_are_named():
    def draw(own):
        x, y = batch()
        told = record_activations(net(), x, loss=lambda z: functional.cross_entropy(z, y))
        return told.picture(own_axes=own).svg

    for own in (False, True):
        assert draw(own) == draw(own)
        words = [e.text for e in ElementTree.fromstring(draw(own)).iter(TEXT)]
        assert {"0 Linear", "4 Linear", "outputs", "gradients", "zeros"} <= set(words)


def test_what_vanished_or_broke_can_still_be_drawn():
    picture = LayerStatistics(
        {"a": np.zeros(4), "b": np.full(3, np.nan), "c": np.ones((0, 2)), "d": [1e-30, 2e-30]},
        {"a": None, "b": np.zeros(3)},
    ).picture()
    assert "3 not finite" in picture.svg and "none arrives" in picture.svg and "nan" not in picture.svg


def test_names_are_escaped():
    html = LayerStatistics({'<img src=x>"': [1.0]})._repr_html_()
    assert html.count("<") == 1
