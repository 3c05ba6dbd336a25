"""Networks that are trained on device="cuda": the losses are those of the CPU."""

from typing import Any

import numpy
import pytest

import minigrad
from minigrad import nn, optim
from minigrad.data import DataLoader, Subset, TensorDataset
from minigrad.metrics import AUROC, MSE, Accuracy, ConfusionMatrix, Perplexity, TopK
from minigrad.train import EMA, Checkpoint, EarlyStopping, StopOnNaN, evaluate, fit


def perceptron() -> nn.Module:
    # A bias before a batch norm has a gradient of rounding errors only, which Adam makes whole steps of.
    return nn.Sequential(nn.Linear(4, 8, bias=False), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.25), nn.Linear(8, 3))


def convolutional() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1),
        nn.BatchNorm2d(2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(2 * 3 * 3, 3),
    )


NETWORKS: dict[str, Any] = {
    "MLP": (perceptron, (12, 4), lambda p: optim.Adam(p, lr=0.02)),
    "CNN": (convolutional, (4, 1, 6, 6), lambda p: optim.SGD(p, lr=0.05, momentum=0.9)),
}


def losses(name: str, device: str, steps: int = 4) -> list[float]:
    """The losses of a few steps: the data are the same ones, so they must go down."""
    make, shape, optimiser = NETWORKS[name]
    minigrad.manual_seed(5)
    model = make().to(device)
    x = minigrad.randn(*shape).to(device)
    y = minigrad.randint(3, size=shape[:1]).to(device)
    optimizer, loss_function = optimiser(model.parameters()), nn.CrossEntropyLoss()
    found = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_trains_to_the_losses_of_the_cpu(name: str) -> None:
    here, there = losses(name, "cpu"), losses(name, "cuda")
    numpy.testing.assert_allclose(there, here, rtol=1e-5)
    assert there[-1] < there[0]


def data(count: int = 12) -> DataLoader:
    random = numpy.random.default_rng(2)
    x = random.standard_normal((count, 4)).astype("float32")
    return DataLoader(TensorDataset(minigrad.tensor(x), minigrad.tensor((x[:, 0] > 0).astype("int64"))), batch_size=4)


def run(device: Any, folder: Any = None, *, epochs: int = 2, resume: Any = None) -> Any:
    minigrad.manual_seed(5)
    model = perceptron()
    return fit(
        model, data(), nn.CrossEntropyLoss(), optim.AdamW(model.parameters(), lr=0.02),
        epochs=epochs, validation=data(8), metrics={"accuracy": Accuracy()}, clip_grad_norm=1.0, accumulate=2, progress=False,
        callbacks=[EMA(0.9), StopOnNaN(), EarlyStopping(restore_best=True), *([Checkpoint(folder)] if folder else [])],
        resume=resume, device=device,
    )  # fmt: skip


def told(run: Any) -> list[float]:
    return [value for row in run.tracker.history for value in row.values()]


def test_fit_carries_model_and_batches_to_the_device() -> None:
    here, there = run("cpu"), run("cuda")
    numpy.testing.assert_allclose(told(there), told(here), rtol=1e-5)
    assert all(p.is_cuda for p in there.model.parameters()) and there.prediction.is_cuda
    result = evaluate(there.model, data(), Accuracy(), nn.CrossEntropyLoss(), device="cuda")
    again = evaluate(there.model.cpu(), data(), Accuracy(), nn.CrossEntropyLoss())
    numpy.testing.assert_allclose(result["loss"], again["loss"], rtol=1e-5)


def test_what_was_begun_on_the_gpu_goes_on_on_the_cpu(tmp_path) -> None:
    whole = run("cpu")
    run("cuda", tmp_path, epochs=1)
    gone_on = run("cpu", tmp_path, resume=tmp_path)
    numpy.testing.assert_allclose(told(gone_on), told(whole), rtol=1e-5)
    assert not next(gone_on.model.parameters()).is_cuda


@pytest.mark.parametrize("wrapped", [False, True])
def test_data_that_are_there_already_stay_there(wrapped: bool) -> None:
    rows = TensorDataset(minigrad.arange(6, device="cuda").float().reshape(3, 2), minigrad.arange(3, device="cuda"))
    x, y = next(iter(DataLoader(Subset(rows, [2, 0]) if wrapped else rows, batch_size=2)))
    assert x.is_cuda and y.is_cuda
    assert (x.tolist(), y.tolist()) == (([[4, 5], [0, 1]], [2, 0]) if wrapped else ([[0, 1], [2, 3]], [0, 1]))


def test_metrics_count_what_is_on_the_device() -> None:
    scores = minigrad.tensor([[0.2, 0.8], [0.6, 0.4], [0.3, 0.7]], device="cuda")
    true = minigrad.tensor([1, 0, 0], device="cuda")
    for metric in (Accuracy(), AUROC(2), ConfusionMatrix(2), TopK(1), Perplexity()):
        metric.update(scores, true)
        there = metric.compute()
        metric.reset()
        metric.update(scores.cpu(), true.cpu())
        numpy.testing.assert_array_equal(there, metric.compute())
    error = MSE()
    error.update(scores.requires_grad_(), scores.detach() + 1)
    assert error.compute() == pytest.approx(1)


def test_a_small_gpt_learns_and_writes_there() -> None:
    results = []
    for device in ("cpu", "cuda"):
        minigrad.manual_seed(1)
        model = minigrad.models.GPT(5, 6, embed_dim=4, num_heads=2, num_layers=1).to(device)
        tokens = minigrad.tensor([[0, 1, 2, 3]], device=device)
        loss = nn.functional.cross_entropy(model(tokens)[0], minigrad.tensor([1, 2, 3, 4], device=device))
        loss.backward()
        written = model.generate([0, 1], 3, temperature=0)
        assert written.device.name == device
        results.append((loss.item(), written.tolist(), model.head.weight.grad.cpu().numpy()))
    assert results[0][0] == pytest.approx(results[1][0], rel=1e-5) and results[0][1] == results[1][1]
    numpy.testing.assert_allclose(results[1][2], results[0][2], rtol=1e-3, atol=1e-6)
