"""Data sets: what their samples are, whoever asks; and where random numbers come from."""

import numpy
import pytest

import minigrad
from minigrad.data import (
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    LoaderError,
    Subset,
    TensorDataset,
    random_split,
    sample_generator,
)
from minigrad.errors import IndexingError, MinigradError, ShapeError


class Noisy(Dataset):
    def __len__(self):
        return 6

    def get(self, index, generator):
        return generator.random()


class Numbered(Noisy):
    """A subclass that puts something beside what it inherits, as data sets written for PyTorch do."""

    def __getitem__(self, index):
        return index, super().__getitem__(index)


def test_tensor_dataset_gives_rows_and_shares_the_memory_of_arrays():
    x = numpy.arange(6.0).reshape(3, 2)
    data = TensorDataset(x, minigrad.arange(3))
    assert data[-1][0].tolist() == [4, 5] and data[1][1].item() == 1
    x[2] = 9
    assert data[2][0].tolist() == [9, 9]
    with pytest.raises(IndexingError):
        data[3]


def test_tensor_dataset_names_the_shapes():
    with pytest.raises(ShapeError, match=r"\(3, 2\), \(4,\)"):
        TensorDataset(numpy.zeros((3, 2)), numpy.zeros(4))


def test_concatenation_and_subsets_reach_the_right_sample():
    data = ConcatDataset([[0, 1], [2], [], [3, 4]])
    assert [data[i] for i in (0, 1, 2, 3, 4, -1, -5)] == [0, 1, 2, 3, 4, 4, 0]
    assert len(data) == 5
    with pytest.raises(IndexingError, match="-5 to 4"):
        data[5]
    assert list(Subset(data, [4, 0])) == [4, 0]
    both = TensorDataset(minigrad.arange(2)) + TensorDataset(minigrad.arange(3))
    assert len(both) == 5


def test_data_sets_that_only_iterate_are_chained_and_not_indexed():
    class Lines(IterableDataset):
        def __iter__(self):
            return iter("ab")

    assert list(ChainDataset([Lines(), Lines()])) == list("abab")
    with pytest.raises(IndexingError, match="one after another"):
        Lines()[0]
    with pytest.raises(MinigradError, match="ChainDataset"):
        ConcatDataset([Lines()])


def test_a_data_set_without_samples_says_so():
    with pytest.raises(MinigradError, match="__getitem__"):
        Dataset()[0]


@pytest.mark.parametrize(
    "lengths, sizes",
    [((7, 3), [7, 3]), (numpy.array([7, 3]), [7, 3]), ((0.5, 0.3, 0.2), [5, 3, 2]), ((0.25, 0.75), [3, 7])],
)
def test_random_split_shares_out_every_sample_once(lengths, sizes):
    parts = random_split(range(10), lengths, generator=minigrad.Generator(0))
    assert [len(part) for part in parts] == sizes
    assert sorted(x for part in parts for x in part) == list(range(10))
    again = random_split(range(10), lengths, generator=minigrad.Generator(0))
    assert [list(part) for part in parts] == [list(part) for part in again]


@pytest.mark.parametrize("lengths", [(5, 4), (0.5, 0.4), (11, -1)])
def test_random_split_refuses_what_does_not_sum_up(lengths):
    with pytest.raises(LoaderError, match="sum to 10"):
        random_split(range(10), lengths)


def test_a_sample_draws_the_same_wherever_it_stands():
    def drawn(index):
        return sample_generator(7, 1, index).random()

    data = Noisy()
    loader = DataLoader(data, batch_size=4, generator=minigrad.Generator(0))
    batches = iter(loader)
    alone = next(batches).tolist()
    seed = loader.state_dict()["seed"]
    alone += next(batches).tolist()
    assert alone == [sample_generator(seed, 0, index).random() for index in range(6)]
    inside = DataLoader(
        ConcatDataset([Subset(data, [0, 1, 2]), Subset(data, [3, 4, 5])]), generator=minigrad.Generator(0)
    )
    assert [x.item() for x in inside] == alone
    assert len({drawn(0), drawn(1), drawn("a.png"), drawn("b.png"), sample_generator(7, 2, 0).random()}) == 5
    assert drawn("a.png") == drawn("a.png") and drawn(numpy.int64(3)) == drawn(3)


def test_neighbouring_samples_have_nothing_in_common():
    z = numpy.array([sample_generator(0, 0, i).standard_normal(50) for i in range(200)])
    off = numpy.corrcoef(z) - numpy.eye(200)
    assert abs(off.mean()) < 0.002 and abs(off).max() < 0.7


def test_outside_of_a_loader_the_default_generator_decides():
    minigrad.manual_seed(3)
    first = Noisy()[0]
    minigrad.manual_seed(3)
    assert Noisy()[5] == first == numpy.random.default_rng(3).random()


def test_a_getitem_over_an_inherited_get_is_what_a_loader_asks():
    class Last(Subset):
        def __getitem__(self, index):
            return (*super().__getitem__(index), "last")

    plain = [sample_generator(3, 0, i).random() for i in range(6)]
    for data in (Numbered(), ConcatDataset([Numbered()]), Last(Numbered(), range(6))):
        loader = DataLoader(data, batch_size=None)
        loader.load_state_dict({**loader.state_dict(), "seed": 3})
        samples = list(loader)
        assert [sample[0] for sample in samples] == list(range(6))
        assert [sample[1] for sample in samples] == plain
        assert all(len(sample) == (3 if type(data) is Last else 2) for sample in samples)
