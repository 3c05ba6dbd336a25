"""An operation that fails by its values, in the middle of a training step that is replayed."""

import numpy as np

import minigrad as mg
from minigrad.errors import IndexingError
from minigrad.nn import functional as F


def made():
    weight = mg.tensor(np.ones((4, 3), "float32"), requires_grad=True)
    scale = mg.tensor(np.full(3, 0.5, "float32"), requires_grad=True)
    optimizer = mg.optim.Adam([weight, scale], lr=0.1)

    def step(index):
        optimizer.zero_grad()
        loss = ((F.embedding(index, weight) * scale).sum(dim=1) - 1.5).square().mean()
        loss.backward()
        optimizer.step()
        return loss

    return [weight, scale], optimizer, step


def outcome(function, index) -> float:
    """The loss; NaN where the index is refused."""
    try:
        return function(index).item()
    except IndexingError:
        return float("nan")


def test_an_index_out_of_range_changes_nothing_and_the_next_step_goes_on() -> None:
    (ours, optimizer, step), (theirs, reference, as_written) = made(), made()
    compiled = mg.compile(step)
    good, bad = mg.tensor([0, 3]), mg.tensor([1, 9])
    for index in (good, good, good, bad, good, bad, good):
        found, expected = outcome(compiled, index), outcome(as_written, index)
        assert np.isnan(expected) == (index is bad)
        np.testing.assert_allclose(found, expected, rtol=1e-6)
        assert [s["step"] for s in optimizer.state.values()] == [s["step"] for s in reference.state.values()]
        for x, y in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(x.numpy(), y.numpy(), rtol=1e-6)
    assert compiled.quick is not None and not compiled.traces[0][1].breaks


def test_an_error_in_the_first_step_leaves_the_optimiser_at_its_beginning() -> None:
    """With dampening the first step of SGD is another than the next ones."""

    def made():
        weight = mg.tensor(np.ones((4, 3), "float32"), requires_grad=True)
        optimizer = mg.optim.SGD([weight], lr=0.1, momentum=0.9, dampening=0.5)

        def step(index):
            optimizer.zero_grad()
            loss = F.embedding(index, weight).square().sum()
            loss.backward()
            optimizer.step()
            return loss

        return weight, step

    (ours, step), (theirs, as_written) = made(), made()
    compiled = mg.compile(step)
    for index in ([1, 9], [0, 3], [1, 2]):
        outcome(compiled, mg.tensor(index)), outcome(as_written, mg.tensor(index))
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-6)
