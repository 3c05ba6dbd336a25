"""Collation: PyTorch's structures, dtypes and values; errors that name the sample."""

from collections import OrderedDict

import numpy
import pytest
from samples import Pair

import minigrad
from minigrad.data import DataLoader, default_collate, default_convert
from minigrad.errors import DTypeError, ShapeError

# Each line is a batch of two samples; `tensor` makes a tensor in either library.
BATCHES = {
    "floats": lambda tensor: [1.5, 2.5],
    "whole numbers": lambda tensor: [1, 2],
    "truth values": lambda tensor: [True, False],
    "NumPy scalars": lambda tensor: [numpy.float32(1), numpy.float32(2)],
    "arrays": lambda tensor: [numpy.ones((2, 3), "float32"), numpy.zeros((2, 3), "float32")],
    "bytes of images": lambda tensor: [numpy.ones(2, "uint8"), numpy.zeros(2, "uint8")],
    "tensors": lambda tensor: [tensor([1.0, 2]), tensor([3.0, 4])],
    "scalar tensors": lambda tensor: [tensor(1), tensor(2)],
    "texts": lambda tensor: ["a", "b"],
    "tuples": lambda tensor: [(1, 2.0), (3, 4.0)],
    "lists": lambda tensor: [[1, "a"], [3, "b"]],
    "named tuples": lambda tensor: [Pair(1, 2.0), Pair(3, 4.0)],
    "mappings": lambda tensor: [{"x": tensor([1.0]), "y": 0}, {"x": tensor([2.0]), "y": 1}],
    "other mappings": lambda tensor: [OrderedDict(b=1, a=2), OrderedDict(b=3, a=4)],
    "nested": lambda tensor: [({"x": [1, 2]}, "a"), ({"x": [3, 4]}, "b")],
}


def plain(batch, tensor):
    """The structure with (dtype, values) for each tensor."""
    if isinstance(batch, tensor):
        return str(batch.dtype).removeprefix("torch."), batch.tolist()
    if isinstance(batch, dict):
        return type(batch), [(key, plain(part, tensor)) for key, part in batch.items()]
    if isinstance(batch, (tuple, list)):
        return type(batch), [plain(part, tensor) for part in batch]
    return batch


@pytest.mark.parametrize("name", BATCHES)
def test_batches_are_pytorchs(name, torch, count):
    ours = default_collate(BATCHES[name](minigrad.tensor))
    theirs = torch.utils.data.default_collate(BATCHES[name](torch.tensor))
    assert plain(ours, minigrad.Tensor) == plain(theirs, torch.Tensor)
    one = BATCHES[name](minigrad.tensor)[0]
    other = BATCHES[name](torch.tensor)[0]
    converted = plain(default_convert(one), minigrad.Tensor)
    assert converted == plain(torch.utils.data.default_convert(other), torch.Tensor)
    count("collated structures compared with PyTorch's", 1)


def test_gradients_pass_through_a_batch():
    x = minigrad.ones(2, requires_grad=True)
    default_collate([x, x * 2])[1].sum().backward()
    assert x.grad.tolist() == [2, 2]


def test_uneven_samples_are_named():
    samples = [{"x": numpy.zeros((3, n))} for n in (5, 5, 7, 5, 8)]
    with pytest.raises(ShapeError, match=r"\(3, 7\) in sample 2, \(3, 8\) in sample 4") as caught:
        list(DataLoader(samples, batch_size=5))
    assert "sample['x']" in str(caught.value) and "pad_sequence" in str(caught.value)
    assert caught.value.__notes__ == ["The batch's samples were 0, 1, 2, 3, 4."]


@pytest.mark.parametrize("samples", [[{"x": 1}, {"y": 1}], [(1, 2), (1,)]])
def test_samples_of_other_structure_are_refused(samples):
    with pytest.raises(ShapeError, match="in sample 1"):
        default_collate(samples)


def test_what_makes_no_batch():
    with pytest.raises(DTypeError, match="got:      object, at sample\\[1\\]"):
        default_collate([(1, object()), (2, object())])
