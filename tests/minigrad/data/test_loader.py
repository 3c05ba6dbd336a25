"""Loaders in one process: batches, options, errors that name the sample, and epochs that are resumed."""

import itertools
import json

import numpy
import pytest
from samples import Drawn, Failing, Shared

import minigrad
from minigrad.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    DistributedSampler,
    LoaderError,
    RandomSampler,
    Sampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
)


def given(loader):
    return [batch.tolist() for batch in loader]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batch_size": 4},
        {"batch_size": 4, "drop_last": True},
        {"batch_size": None},
        {"batch_size": 3, "sampler": [5, 1, 1, 0]},
        {"batch_sampler": [[0, 1], [5], [2, 2, 2]]},
        {"batch_size": 4, "collate_fn": sum},
    ],
    ids=str,
)
def test_batches_are_pytorchs(options, torch):
    samples = [numpy.array(i) for i in range(10)]
    ours, theirs = DataLoader(samples, **options), torch.utils.data.DataLoader(samples, **options)
    assert given(ours) == given(theirs) and len(ours) == len(theirs)


def test_one_seed_gives_the_same_epochs_and_the_next_epoch_another_order():
    def epochs():
        minigrad.manual_seed(0)
        loader = DataLoader(range(20), 6, shuffle=True)
        return given(loader), given(loader)

    first, second = epochs()
    assert (first, second) == epochs()
    assert first != second and sorted(itertools.chain(*second)) == list(range(20))


def test_rows_taken_at_one_go_are_the_rows_stacked():
    x, y = numpy.random.default_rng(0).random((10, 3)), numpy.arange(10)
    data = Subset(TensorDataset(x, y), [7, 1, 3])
    at_once = next(iter(DataLoader(data, 3)))
    stacked = next(iter(DataLoader([data[i] for i in range(3)], 3)))
    assert [(a.tolist(), a.dtype) for a in at_once] == [(b.tolist(), b.dtype) for b in stacked]
    assert type(at_once) is type(stacked) is list


def test_samples_that_are_fetched_together():
    class Together(Dataset):
        def __len__(self):
            return 4

        def __getitems__(self, indices):
            return [10 * i for i in indices]

    assert given(DataLoader(Together(), 4)) == [[0, 10, 20, 30]]


def test_a_sample_that_comes_twice_draws_twice():
    class Noisy(Dataset):
        def __len__(self):
            return 1

        def get(self, index, generator):
            return generator.random()

    loader = DataLoader(Noisy(), 1, sampler=[0, 0, 0], generator=minigrad.Generator(0))
    first, second = given(loader), given(loader)
    assert len({x for batch in first + second for x in batch}) == 6


def test_an_error_names_the_sample():
    with pytest.raises(KeyError) as caught:
        list(DataLoader(Failing(KeyError, "x"), 4))
    assert caught.value.__notes__ == ["This was sample 5 of Failing."]
    with pytest.raises(IndexError) as caught:
        list(DataLoader(TensorDataset(numpy.zeros(4)), sampler=[0, 7], batch_size=2))
    assert caught.value.__notes__ == ["These were samples 0, 7."]
    with pytest.raises(RuntimeError, match="StopIteration"):
        list(DataLoader(Failing(StopIteration), 4))


def test_data_sets_that_iterate_are_cut_into_batches():
    assert given(DataLoader(Shared(), 4)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert given(DataLoader(Shared(), 4, drop_last=True)) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert list(DataLoader(Shared(), None)) == list(range(10))
    with pytest.raises(TypeError, match="len"):
        len(DataLoader(Shared(), 4))


@pytest.mark.parametrize(
    "options",
    [
        {"sampler": [0], "shuffle": True},
        {"batch_sampler": [[0]], "batch_size": 2},
        {"batch_size": None, "drop_last": True},
        {"batch_size": 0},
        {"num_workers": -1},
        {"timeout": -1},
        {"timeout": 1},
        {"persistent_workers": True},
        {"prefetch_factor": 2},
        {"prefetch_factor": 0, "num_workers": 1},
    ],
    ids=str,
)
def test_options_that_contradict_each_other(options):
    with pytest.raises(LoaderError, match="DataLoader: "):
        DataLoader(range(4), **options)


def test_data_sets_that_iterate_have_no_order_to_choose():
    with pytest.raises(LoaderError, match="IterableDataset"):
        DataLoader(Shared(), shuffle=True)


def epoch_by_epoch(loader, state, at):
    """The batches from `at` on, of this epoch and the next; `state` is set when the first `at` were given."""
    batches = []
    for number, batch in enumerate(loader):
        if number + 1 == at:
            state.update(json.loads(json.dumps(loader.state_dict())))
        if number >= at:
            batches.append(batch)
    return batches + list(loader)


LOADERS = {
    "shuffled": lambda: DataLoader(range(20), 3, shuffle=True, generator=minigrad.Generator(1)),
    "own generator": lambda: DataLoader(
        range(20), 3, sampler=RandomSampler(range(20), generator=minigrad.Generator(1))
    ),
    "subset": lambda: DataLoader(range(20), None, sampler=SubsetRandomSampler([3, 1, 2, 9, 5])),
    "weighted": lambda: DataLoader(Drawn(4, 1), 2, sampler=WeightedRandomSampler([1, 2, 3, 4], 12)),
    "distributed": lambda: DataLoader(range(20), 3, sampler=DistributedSampler(range(20), 2, 0)),
    "batches": lambda: DataLoader(range(20), batch_sampler=BatchSampler(RandomSampler(range(20)), 3)),
    "iterable": lambda: DataLoader(Shared(), 2),
}


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("at", [1, 3])
def test_a_resumed_epoch_goes_on_as_if_nothing_had_happened(name, at):
    state = {}
    minigrad.manual_seed(0)
    loader = LOADERS[name]()
    list(loader)
    expected = epoch_by_epoch(loader, state, at)
    # A checkpoint of training restores the default generator; its state is that of two epochs' seeds drawn.
    minigrad.default_generator().stream.bit_generator.state = second_epoch_has_drawn()
    resumed = LOADERS[name]()
    resumed.load_state_dict(state)
    assert resumed.state_dict() == state
    assert str([*resumed, *resumed]) == str(expected)


def second_epoch_has_drawn():
    stream = numpy.random.default_rng(0)
    stream.integers(2**63)
    stream.integers(2**63)
    return stream.bit_generator.state


def test_a_state_between_epochs_begins_the_next_one():
    loader = DataLoader(range(9), 2, shuffle=True, generator=minigrad.Generator(4))
    list(loader)
    state = loader.state_dict()
    expected = given(loader)
    resumed = DataLoader(range(9), 2, shuffle=True, generator=minigrad.Generator(5))
    resumed.load_state_dict(state)
    assert given(resumed) == expected


def test_an_epoch_that_is_left_is_not_gone_on_with():
    loader = DataLoader(range(9), 2, shuffle=True, generator=minigrad.Generator(4))
    next(iter(loader))
    assert len(given(loader)) == 5 and loader.state_dict()["epoch"] == 2


def test_a_changed_order_is_not_passed_over_in_silence():
    class Unsteady(Sampler):
        def __len__(self):
            return 8

        def __iter__(self):
            return iter(numpy.random.default_rng().permutation(8).tolist())

    loader = DataLoader(range(8), 2, sampler=Unsteady())
    batches = iter(loader)
    next(batches), next(batches)
    other = DataLoader(range(8), 2, sampler=Unsteady())
    other.load_state_dict(loader.state_dict())
    with pytest.raises(LoaderError, match="cannot be resumed"):
        list(other)
    with pytest.raises(LoaderError, match="no state of a loader"):
        other.load_state_dict({"epoch": 1})
