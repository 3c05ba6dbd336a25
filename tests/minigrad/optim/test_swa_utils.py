"""Averages of weights against PyTorch's: parameters, buffers, statistics of batch normalisation, and the schedule."""

from types import ModuleType
from typing import Any

import numpy
import pytest

import minigrad
from minigrad.errors import MinigradError


def model(library: ModuleType) -> Any:
    """The same weights in both libraries, in float64."""
    made = library.nn.Sequential(library.nn.Linear(3, 4), library.nn.BatchNorm1d(4), library.nn.Linear(4, 2)).double()
    stream = numpy.random.default_rng(0)
    for p in made.parameters():
        with library.no_grad():
            p.copy_(library.tensor(stream.standard_normal(tuple(p.shape))))
    return made


def arrays(state: dict[str, Any]) -> dict[str, numpy.ndarray]:
    return {name: value.numpy() for name, value in state.items()}


KINDS = {
    "mean": lambda u: {},
    "moving average": lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn(0.7)},
    "moving average of each": lambda u: {"avg_fn": u.get_ema_avg_fn(0.7)},
    "mean, by hand": lambda u: {"multi_avg_fn": u.get_swa_multi_avg_fn()},
    "mean, buffers too": lambda u: {"use_buffers": True},
    "moving average, buffers too": lambda u: {"use_buffers": True, "multi_avg_fn": u.get_ema_multi_avg_fn(0.7)},
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_average_of_a_model_in_training(kind: str, torch: ModuleType) -> None:
    x = numpy.random.default_rng(1).standard_normal((6, 3))

    def train(library: ModuleType) -> list[dict[str, numpy.ndarray]]:
        net = model(library)
        averaged = library.optim.swa_utils.AveragedModel(net, **KINDS[kind](library.optim.swa_utils))
        optimizer, found = library.optim.SGD(net.parameters(), lr=0.1), []
        for _ in range(4):
            optimizer.zero_grad()
            (net(library.tensor(x)) ** 2).mean().backward()
            optimizer.step()
            averaged.update_parameters(net)
            found.append({k: v.copy() for k, v in arrays(averaged.state_dict()).items()})
        averaged.eval()
        found.append({"output": averaged(library.tensor(x)).detach().numpy()})
        return found

    for mine, theirs in zip(train(minigrad), train(torch), strict=True):
        assert list(mine) == list(theirs)
        for name, value in theirs.items():
            # PyTorch divides by the count in float32 there.
            tolerance = 1e-7 if kind == "mean, by hand" else 1e-10
            numpy.testing.assert_allclose(mine[name], value, rtol=tolerance, atol=1e-14, err_msg=name)


def test_its_state_goes_on_where_it_was() -> None:
    net, stream = model(minigrad), numpy.random.default_rng(2)
    one, two = (minigrad.optim.swa_utils.AveragedModel(model(minigrad)) for _ in range(2))
    for n in range(4):
        with minigrad.no_grad():
            net[0].weight.add_(minigrad.tensor(stream.standard_normal((4, 3))))
        if n == 2:
            two.load_state_dict(arrays(one.state_dict()))
        one.update_parameters(net)
        if n >= 2:
            two.update_parameters(net)
    numpy.testing.assert_array_equal(two.module[0].weight.numpy(), one.module[0].weight.numpy())
    with pytest.raises(MinigradError, match="not that of an average"):
        two.load_state_dict(net.state_dict())


def test_statistics_of_batch_normalisation_are_measured_again(torch: ModuleType) -> None:
    batches = numpy.random.default_rng(3).standard_normal((5, 6, 3))

    def measured(library: ModuleType) -> dict[str, numpy.ndarray]:
        net = model(library)
        net(library.tensor(batches[0] * 9))
        net.eval()
        averaged = library.optim.swa_utils.AveragedModel(net)
        averaged.eval()
        loader = [(library.tensor(x), None) for x in batches[:4]] + [library.tensor(batches[4])]
        library.optim.swa_utils.update_bn(loader, averaged)
        assert not averaged.training and averaged.module[1].momentum == 0.1
        return arrays(averaged.state_dict())

    mine, theirs = measured(minigrad), measured(torch)
    for name, value in theirs.items():
        numpy.testing.assert_allclose(mine[name], value, rtol=1e-10, err_msg=name)


@pytest.mark.parametrize(
    "options", [{}, {"anneal_epochs": 4, "anneal_strategy": "linear"}, {"anneal_epochs": 0}], ids=str
)
def test_its_schedule(options: dict[str, Any], torch: ModuleType) -> None:
    def rates(library: ModuleType) -> list[list[float]]:
        groups = [{"params": [library.zeros(1, requires_grad=True)]} for _ in range(2)]
        optimizer = library.optim.SGD(groups, lr=0.5)
        scheduler = library.optim.swa_utils.SWALR(optimizer, [0.05, 0.8], **options)
        if library is minigrad:
            curve = scheduler.curve(14, group=1)
        found = []
        for n in range(14):
            found.append([g["lr"] for g in optimizer.param_groups])
            if library is minigrad:
                assert found[-1][1] == curve[n]
            optimizer.step()
            scheduler.step()
        return found

    numpy.testing.assert_allclose(rates(minigrad), rates(torch), rtol=1e-10)


def test_what_does_not_fit_is_explained() -> None:
    utils, net = minigrad.optim.swa_utils, minigrad.nn.Linear(1, 1)
    with pytest.raises(MinigradError, match="is a share"):
        utils.get_ema_multi_avg_fn(1.5)
    with pytest.raises(MinigradError, match="one kind of average"):
        utils.AveragedModel(net, avg_fn=utils.get_swa_avg_fn(), multi_avg_fn=utils.get_swa_multi_avg_fn())
    with pytest.raises(MinigradError, match="no schedule"):
        utils.SWALR(minigrad.optim.SGD(net.parameters()), 0.1, anneal_strategy="steps")
