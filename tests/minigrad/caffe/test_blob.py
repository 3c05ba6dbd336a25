"""Blobs: shapes without memory, memory that stays, and memory that is shared."""

import numpy
import pytest

from minigrad.caffe import Blob
from minigrad.errors import ShapeError


def test_a_blob_takes_memory_when_it_is_looked_at():
    blob = Blob(256, 3, 224, 224)
    assert blob.bytes == 0
    assert (blob.num, blob.channels, blob.height, blob.width) == (256, 3, 224, 224)
    small = Blob((2, 3))
    assert small.data.sum() == 0
    assert small.bytes == 2 * 3 * 4
    assert (small.height, small.data.dtype) == (1, numpy.float32)


def test_who_keeps_the_data_sees_what_is_written_later():
    blob = Blob(2)
    kept = blob.data
    blob.data = [1, 2]
    blob.data[...] += 1
    numpy.testing.assert_array_equal(kept, [2, 3])


def test_a_reshape_to_as_many_numbers_keeps_them():
    blob = Blob(2, 3)
    blob.data = numpy.arange(6).reshape(2, 3)
    blob.reshape(3, 2)
    numpy.testing.assert_array_equal(blob.data, [[0, 1], [2, 3], [4, 5]])
    blob.reshape((1,))
    assert blob.data == [0]


def test_shared_data_is_one_memory_until_the_size_changes():
    x, z = Blob(2, 3), Blob(6)
    z.share_data(x)
    x.data[1, 2] = 7
    assert z.data[5] == 7
    assert z.shares_data(x)
    z.diff[0] = 1
    assert x.diff.sum() == 0
    x.reshape(4)
    assert not z.shares_data(x)
    with pytest.raises(ShapeError, match="as many numbers"):
        z.share_data(x)


def test_an_assignment_of_another_shape_is_an_error_with_both():
    blob = Blob(2, 3)
    with pytest.raises(ShapeError) as caught:
        blob.data = numpy.zeros((3, 2))
    assert "(3, 2)" in str(caught.value)
    assert "(2, 3)" in str(caught.value)
    with pytest.raises(ShapeError, match="not negative"):
        Blob(-1)
