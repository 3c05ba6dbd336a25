"""Samplers: each index as often as it should be, in PyTorch's numbers where no chance is involved."""

import itertools

import numpy
import pytest

import minigrad
from minigrad.data import (
    BatchSampler,
    DistributedSampler,
    LoaderError,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)


def test_every_index_once_in_an_order_that_the_seed_decides():
    for sampler in (RandomSampler(range(9)), SubsetRandomSampler(list(range(9)))):
        minigrad.manual_seed(1)
        order = list(sampler)
        assert sorted(order) == list(range(9)) and order != list(range(9))
        assert list(sampler) != order
        minigrad.manual_seed(1)
        assert list(sampler) == order
        assert len(sampler) == 9
    assert all(type(i) is int for i in order)


def test_more_samples_than_there_are_go_round_again():
    order = list(RandomSampler(range(4), num_samples=10))
    assert len(order) == 10 and sorted(order[:4]) == sorted(order[4:8]) == [0, 1, 2, 3]
    drawn = list(RandomSampler(range(4), replacement=True, num_samples=9000, generator=minigrad.Generator(0)))
    assert numpy.bincount(drawn) == pytest.approx(numpy.full(4, 2250), rel=0.06)


def test_weights_decide_how_often():
    drawn = list(WeightedRandomSampler([1, 0, 3], 8000, generator=minigrad.Generator(0)))
    assert numpy.bincount(drawn) == pytest.approx([2000, 0, 6000], rel=0.05)
    assert sorted(WeightedRandomSampler([1, 0, 3], 2, replacement=False)) == [0, 2]


@pytest.mark.parametrize(
    "weights, count, options", [([], 1, {}), ([0, 0], 1, {}), ([1, -1], 1, {}), ([1, 0], 2, {"replacement": False})]
)
def test_weights_that_are_none(weights, count, options):
    with pytest.raises(LoaderError):
        WeightedRandomSampler(weights, count, **options)


def test_shares_are_pytorchs(torch):
    theirs = torch.utils.data.DistributedSampler
    for n in (1, 5, 10, 11):
        for drop_last in (False, True):
            for rank in range(3):
                options = {"num_replicas": 3, "rank": rank, "shuffle": False, "drop_last": drop_last}
                assert list(DistributedSampler(range(n), **options)) == list(theirs(range(n), **options))


def test_shares_are_disjoint_and_change_with_the_epoch():
    samplers = [DistributedSampler(range(9), num_replicas=3, rank=rank) for rank in range(3)]
    first = [list(sampler) for sampler in samplers]
    assert sorted(itertools.chain(*first)) == list(range(9))
    for sampler in samplers:
        sampler.set_epoch(1)
    assert [list(sampler) for sampler in samplers] != first


def test_batches_as_pytorch_cuts_them(torch):
    for n in (0, 6, 7):
        for drop_last in (False, True):
            ours = BatchSampler(SequentialSampler(range(n)), 3, drop_last)
            theirs = torch.utils.data.BatchSampler(torch.utils.data.SequentialSampler(range(n)), 3, drop_last)
            assert list(ours) == list(theirs) and len(ours) == len(theirs)


def test_a_sampler_without_an_order_says_so():
    with pytest.raises(LoaderError, match="draw"):
        list(Sampler())
