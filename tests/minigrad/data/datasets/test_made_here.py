"""Data sets that need no download: digits, points in the plane, sums."""

import sys

import numpy as np
import pytest

import minigrad as mg
from minigrad.data import transforms
from minigrad.data.datasets import Addition, Digits, ImageDataset, circles, moons, spirals
from minigrad.errors import MinigradError, ShapeError


def test_digits_are_parted_once_for_all():
    train, test = Digits(), Digits(train=False)
    assert (len(train), len(test)) == (1437, 360) and train.data.dtype == np.uint8 and train.data.max() == 255
    both = np.concatenate((train.data, test.data)).reshape(1797, -1)
    from sklearn.datasets import load_digits

    known = load_digits()
    assert sorted(map(bytes, both)) == sorted(map(bytes, np.rint(known.data * 255 / 16).astype(np.uint8)))
    assert np.bincount(test.targets).min() > 20
    assert np.array_equal(Digits().data, train.data) and not np.array_equal(Digits(seed=1).data, train.data)
    image, target = train[3]
    assert image.shape == (8, 8) and target == train.targets[3] and isinstance(target, int)


def test_a_sample_draws_from_its_own_generator():
    steps = transforms.Compose([transforms.RandomAffine(30, (0.2, 0.2)), transforms.ToTensor()])
    data = Digits(transform=steps, target_transform=lambda t: t % 2)
    first, second = (data.get(0, np.random.default_rng(7))[0] for _ in range(2))
    assert np.array_equal(first, second) and first.shape == (1, 8, 8) and first.dtype == np.float32
    assert not np.array_equal(first, data.get(0, np.random.default_rng(8))[0])
    mg.manual_seed(1)
    third = data[0]
    mg.manual_seed(1)
    assert np.array_equal(data[0][0], third[0]) and third[1] in (0, 1)
    assert Digits(transform=lambda x: x[::2])[0][0].shape == (4, 8)
    assert repr(Digits(transform=transforms.ToTensor())) == (
        "Digits(train=True): 1,437 images of 8 x 8\ntransform=ToTensor()"
    )


@pytest.mark.parametrize("classes", [np.arange(2), np.zeros((3, 1), int), np.int64(3)])
def test_each_image_has_a_class(classes):
    with pytest.raises(ShapeError, match="not one class for each image"):
        ImageDataset(np.zeros((3, 8, 8), np.uint8), classes)


def test_without_scikit_learn_one_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ModuleNotFoundError, match=r"minigrad\[data\]"):
        Digits()


@pytest.mark.parametrize("n", [1, 2, 20, 21])
def test_moons_and_circles_are_scikit_learns(n):
    from sklearn.datasets import make_circles, make_moons

    for ours, theirs in ((moons, make_moons), (circles, make_circles)):
        x, y = ours(n)
        assert x.dtype == np.float32 and y.dtype == np.int64 and x.shape == (n, 2)
        expected, classes = theirs(n, shuffle=False)
        rows = lambda points, labels: sorted(np.column_stack((points, labels)).round(4).tolist())
        np.testing.assert_allclose(np.array(rows(x, y)) + 0.0, np.array(rows(expected, classes)) + 0.0, atol=2e-4)


def test_spirals_and_seeds():
    x, y = spirals(301, classes=3, turns=2, generator=np.random.default_rng(0))
    assert np.bincount(y).tolist() == [101, 100, 100]
    radius, angle = np.hypot(*x.T), np.arctan2(x[:, 1], x[:, 0])
    off = (angle - 2 * np.pi * (2 * radius + y / 3) + np.pi) % (2 * np.pi) - np.pi
    assert np.abs(off[radius > 0.01]).max() < 1e-3 and radius.max() == pytest.approx(1)
    for make in (moons, circles, spirals):
        (a, _), (b, _), (c, _) = (make(50, 0.1, mg.Generator(s)) for s in (3, 3, 4))
        assert np.array_equal(a, b) and not np.array_equal(a, c)
    with pytest.raises(MinigradError, match="noise=-1"):
        moons(5, -1)
    with pytest.raises(MinigradError, match="no arm"):
        spirals(5, classes=0)


@pytest.mark.parametrize("reverse", [False, True])
def test_sums_are_right_and_those_for_testing_unseen(reverse):
    train, test = Addition(reverse=reverse), Addition(train=False, reverse=reverse)
    for data in (train, test):
        for i in range(0, len(data), 97):
            text = data.text(i)
            a, b = data.pairs[i]
            left, _, total = text.partition("=")
            assert left == f"{a:02}+{b:02}" and int(total[::-1] if reverse else total) == a + b and len(text) == 9
            x, y = data[i]
            assert data.tokenizer.decode(x) == text[:-1] and (y[:5] == -100).all()
            assert data.tokenizer.decode(y[5:]) == text[6:]
    seen, asked = ({tuple(sorted(pair)) for pair in data.pairs.tolist()} for data in (train, test))
    assert not seen & asked and len(train) + len(test) == 10_000 and 900 < len(test) < 1100
    assert len({tuple(p) for p in np.concatenate((train.pairs, test.pairs)).tolist()}) == 10_000


def test_what_makes_no_task():
    with pytest.raises(MinigradError, match="a million pairs"):
        Addition(digits=4)
    with pytest.raises(MinigradError, match="no pair is left"):
        Addition(digits=1, train=False, test_share=1e-9)
