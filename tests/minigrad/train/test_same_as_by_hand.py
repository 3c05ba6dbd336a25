"""`fit` takes the very steps of a loop by hand: the same draws of random numbers, in the same order."""

import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.data import DataLoader, TensorDataset
from minigrad.train import fit


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_losses_of_fit_are_those_of_a_loop_by_hand(dropout: float) -> None:
    mg.manual_seed(0)
    dataset, loss_function = TensorDataset(mg.randn(50, 6), mg.randint(3, size=(50,))), nn.CrossEntropyLoss()

    def parts() -> tuple:
        mg.manual_seed(1)
        model = nn.Sequential(nn.Linear(6, 8), nn.Dropout(dropout), nn.Linear(8, 3))
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        return model, DataLoader(dataset, batch_size=20, shuffle=True), optimizer

    model, loader, optimizer = parts()
    by_hand = []
    for _ in range(2):
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_function(model(x), y)
            loss.backward()
            optimizer.step()
            by_hand.append(loss.item())
    model, loader, optimizer = parts()
    run = fit(model, loader, loss_function, optimizer, epochs=2, progress=False)
    assert run.tracker.series("loss")[1] == by_hand
