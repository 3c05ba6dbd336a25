"""Views of what lies on device="cuda": they take copies, and show what they show of the CPU."""

import pytest

import minigrad as mg
from minigrad import nn
from minigrad.train import fit
from minigrad_widgets import BackwardStepper, GradientView, GraphView, ModuleTree, record_activations


@pytest.fixture(scope="module", autouse=True)
def simulated() -> None:
    mg.cuda.simulate()


def model(device: str) -> nn.Module:
    mg.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.BatchNorm1d(2)).to(device)


def test_gradients_modes_and_activations_are_those_of_the_cpu() -> None:
    norms, spreads = [], []
    for device in ("cpu", "cuda"):
        made = model(device)
        x = mg.randn(4, 3, generator=mg.Generator(1)).to(device)
        tree = ModuleTree(made, x)
        (made(x) ** 3).sum().backward()
        tree.update()
        norms.append(tree._live["norms"]["0·weight"][0])
        told = record_activations(made, x, loss=lambda z: (z**2 * z).sum())
        spreads.append([d.std for d in (*told.values, *told.gradients)])
    assert norms[0] == norms[1]
    assert spreads[0] == pytest.approx(spreads[1], rel=1e-4)


def test_a_run_can_be_watched_and_its_step_looked_into() -> None:
    view, made = GradientView(), model("cpu")
    data = [(mg.randn(4, 3, generator=mg.Generator(n)), mg.zeros(4, 2)) for n in range(2)]
    fit(
        made,
        data,
        nn.MSELoss(),
        mg.optim.SGD(made.parameters(), lr=0.1),
        callbacks=[view],
        progress=False,
        device="cuda",
    )
    assert "nothing logged yet" not in view.describe()
    with mg.record() as film:
        loss = (made(data[0][0].cuda()) ** 2).mean()
        loss.backward()
    for player in (GraphView(film), BackwardStepper(film), GraphView(loss)):
        assert "<svg" in player.picture()
