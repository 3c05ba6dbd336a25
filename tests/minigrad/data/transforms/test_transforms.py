import colorsys
import copy
import pickle

import numpy as np
import pytest

import minigrad as mg
from minigrad.data import transforms
from minigrad.data.transforms import (
    CenterCrop,
    ColorJitter,
    Compose,
    CutMix,
    GaussianNoise,
    Lambda,
    MixUp,
    Normalize,
    Pad,
    RandomAffine,
    RandomCrop,
    RandomErasing,
    RandomHorizontalFlip,
    RandomRotation,
    RandomVerticalFlip,
    Resize,
    ToTensor,
)
from minigrad.errors import DTypeError, MinigradError, ShapeError

R = np.random.default_rng(0)
PICTURE = R.integers(0, 256, (6, 9, 3), dtype=np.uint8)
PLANES = (PICTURE.transpose(2, 0, 1) / 255).astype(np.float32)

# Each with options that leave no part of it out.
ON_BOTH = [
    Pad((1, 2, 3, 0), fill=(255, 0, 255)), Pad(2, padding_mode="reflect"), CenterCrop((8, 4)), RandomCrop(4),
    RandomCrop((10, 3), padding=1, pad_if_needed=True, padding_mode="edge"), RandomHorizontalFlip(), RandomHorizontalFlip(0.0),
    RandomVerticalFlip(), RandomRotation(50, "bilinear"), RandomRotation((10, 80), expand=True),
    RandomAffine(20, (0.2, 0.2), (0.7, 1.4), (-9, 9, -9, 9), "bilinear", center=(2, 3)), Resize((4, 12)), Resize(3),
    ColorJitter(0.5, (0.2, 2), 0.9, 0.5), RandomErasing(1.0, value=(255, 0, 255)),
]  # fmt: skip
ON_FLOATS = [Normalize((0.5, 0.4, 0.3), (0.2, 0.3, 0.4)), GaussianNoise(), RandomErasing(1.0, value="random")]


def named(transform):
    return repr(transform)


def changed(transform, change):
    """The same transform with its numbers for each channel changed."""
    same = copy.copy(transform)
    for name in {"fill", "value"} & vars(same).keys():
        if not isinstance(getattr(same, name), str):
            setattr(same, name, change(getattr(same, name)))
    return same


@pytest.mark.parametrize("transform", ON_BOTH, ids=named)
def test_a_picture_and_its_planes_are_transformed_alike(transform):
    z = transform(PICTURE, np.random.default_rng(5))
    planes = changed(transform, lambda v: np.divide(v, 255))(PLANES, np.random.default_rng(5))
    assert z.dtype == np.uint8 and planes.dtype == np.float32
    assert np.abs(z.transpose(2, 0, 1) / 255 - planes).max() < 0.51 / 255


@pytest.mark.parametrize("transform", ON_BOTH + ON_FLOATS, ids=named)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_holds_of_every_transform(transform, dtype):
    x = np.ascontiguousarray(PLANES, dtype)
    grey = changed(transform, lambda v: 1) if not isinstance(transform, Normalize) else Normalize(0.5, 0.25)
    for one, same in [(x, transform), (x[::-1, ::-1, ::-1], transform), (x[:1], grey), (x[0], grey)]:
        before = one.copy()
        z, again = (same(one, np.random.default_rng(3)) for _ in range(2))
        assert z.dtype == dtype and z.ndim == one.ndim and z.flags.c_contiguous
        assert np.array_equal(z, again) and np.array_equal(one, before) and not np.shares_memory(z, one)
    for same in (eval(repr(transform), vars(transforms)), pickle.loads(pickle.dumps(transform))):
        assert repr(same) == repr(transform) == repr(type(transform)(**transform.settings()))
        assert np.array_equal(same(x, np.random.default_rng(3)), transform(x, np.random.default_rng(3)))


def test_draws_come_from_the_generator_given_else_from_the_default_one():
    noise = Compose([RandomHorizontalFlip(), GaussianNoise(clip=False)])
    mg.manual_seed(4)
    first, second = noise(PLANES), noise(PLANES)
    mg.manual_seed(4)
    assert np.array_equal(noise(PLANES), first) and not np.array_equal(first, second)
    assert np.array_equal(noise(PLANES, mg.Generator(4)), first)
    assert np.array_equal(noise(PLANES, np.random.default_rng(4)), first)


def test_compose_gives_its_generator_to_functions_that_take_one():
    steps = [lambda x: x[:2], lambda x, generator: x + generator.random(), Lambda(lambda x: x * 2), np.negative]
    z = Compose(steps)(np.ones((3, 1, 1)), np.random.default_rng(1))
    assert np.allclose(z, -2 * (1 + np.random.default_rng(1).random())) and z.shape == (2, 1, 1)
    assert repr(Compose([Pad(1), Compose([Resize(4)])])) == (
        "Compose([\n    Pad(padding=1),\n    Compose([\n        Resize(size=4),\n    ]),\n])"
    )


def test_to_tensor_and_normalize():
    z = ToTensor()(PICTURE)
    assert z.dtype == np.float32 and z.shape == (3, 6, 9) and np.array_equal(z, PLANES)
    assert ToTensor()(PICTURE[..., 0]).shape == (1, 6, 9)
    assert np.array_equal(ToTensor()(PICTURE / 2.0), PICTURE.transpose(2, 0, 1) / 2.0)
    assert np.allclose(Normalize((0.5, 0.4, 0.3), 0.25)(z)[1], (PLANES[1] - 0.4) / 0.25, atol=1e-6)
    same = Normalize(0.5, 0.5, inplace=True)(z)
    assert same is z and np.allclose(z, PLANES * 2 - 1)


def test_flips_move_what_they_say():
    x = np.arange(6.0).reshape(2, 3)
    assert RandomHorizontalFlip(1.0)(x).tolist() == [[2, 1, 0], [5, 4, 3]]
    assert RandomVerticalFlip(1.0)(x).tolist() == [[3, 4, 5], [0, 1, 2]]
    assert RandomVerticalFlip(0.0)(x).tolist() == x.tolist()
    flips = [
        RandomHorizontalFlip(0.25).make_params(x, g)["flip"] for g in [np.random.default_rng(0)] for _ in range(4000)
    ]
    assert abs(np.mean(flips) - 0.25) < 0.03


def test_padding_and_cropping():
    x = np.arange(1.0, 7).reshape(2, 3)
    assert Pad((1, 0, 0, 2), fill=9)(x).tolist() == [[9, 1, 2, 3], [9, 4, 5, 6], [9] * 4, [9] * 4]
    assert Pad((2, 1), padding_mode="symmetric")(x)[0].tolist() == [2, 1, 1, 2, 3, 3, 2]
    assert CenterCrop(1)(x).tolist() == [[2]]  # as torchvision: (2 - 1) / 2 is rounded to 0
    assert CenterCrop((4, 2))(x).tolist() == [[0, 0], [1, 2], [4, 5], [0, 0]]
    places = {tuple(RandomCrop(2, padding=1)(x, g).ravel()) for g in [np.random.default_rng(0)] for _ in range(300)}
    padded = np.pad(x, 1)
    assert places == {tuple(padded[i : i + 2, j : j + 2].ravel()) for i in range(3) for j in range(4)}


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_turns_by_right_angles_and_moves_by_whole_pixels(interpolation):
    x = np.arange(1.0, 13).reshape(3, 4)
    for quarters in range(-3, 4):
        turn = RandomRotation((90 * quarters,) * 2, interpolation, expand=True)
        assert np.allclose(turn(x), np.rot90(x, quarters))  # counter-clockwise
        affine = RandomAffine((90 * quarters,) * 2, interpolation=interpolation)  # clockwise
        assert np.allclose(affine(x[:, :3]), np.rot90(x[:, :3], -quarters))
    move = RandomAffine(0, interpolation=interpolation, fill=7)
    z = move.transform(x[None], {"angle": 0.0, "translate": (1, -2), "scale": 1.0, "shear": (0.0, 0.0)})
    assert np.allclose(z, [[[7, 9, 10, 11], [7] * 4, [7] * 4]])
    around = RandomRotation((180, 180), interpolation, center=(1, 1), fill=7)
    assert np.allclose(around(x), [[6, 5, 7, 7], [2, 1, 7, 7], [7] * 4])


def test_expansion_holds_the_whole_image():
    z = RandomRotation((45, 45), "bilinear", expand=True)(np.ones((10, 20)))
    assert z.shape == (22, 22)  # (10 + 20) / sqrt(2), rounded up
    assert abs(z.sum() - 200) < 4


def test_affine_draws_stay_within_their_ranges():
    x, g = np.zeros((1, 10, 20)), np.random.default_rng(0)
    draw = RandomAffine((10, 20), (0.25, 0.5), (0.5, 2), (1, 2, -4, -3))
    drawn = [draw.make_params(x, g) for _ in range(500)]
    for name, low, high in [("angle", 10, 20), ("scale", 0.5, 2)]:
        values = [d[name] for d in drawn]
        assert low <= min(values) < low + 0.1 * (high - low) and high - 0.1 * (high - low) < max(values) <= high
    assert {d["translate"][0] for d in drawn} == set(range(-5, 6)) == {d["translate"][1] for d in drawn}
    assert all(1 <= d["shear"][0] <= 2 and -4 <= d["shear"][1] <= -3 for d in drawn)


def test_colours():
    pixel = np.array([0.8, 0.3, 0.1]).reshape(3, 1, 1)
    h, s, v = colorsys.rgb_to_hsv(0.8, 0.3, 0.1)
    for shift in (-0.5, -0.2, 0.1, 0.5):
        expected = colorsys.hsv_to_rgb((h + shift) % 1, s, v)
        assert np.allclose(ColorJitter(hue=(shift, shift))(pixel).ravel(), expected)
    assert np.allclose(ColorJitter(brightness=(1.5, 1.5))(pixel).ravel(), [1, 0.45, 0.15])
    grey = 0.2989 * 0.8 + 0.587 * 0.3 + 0.114 * 0.1
    assert np.allclose(ColorJitter(saturation=(0, 0))(pixel).ravel(), grey)
    assert np.allclose(ColorJitter(contrast=(0.5, 0.5))(pixel).ravel(), (np.array([0.8, 0.3, 0.1]) + grey) / 2)
    orders = {ColorJitter(1, 1, 1, 0.1).make_params(pixel, np.random.default_rng(n))["order"] for n in range(200)}
    assert len(orders) == 24
    black = np.zeros((3, 2, 2))
    assert np.array_equal(ColorJitter(hue=0.5)(black), black)


def test_erasing():
    x, g = np.ones((3, 40, 30)), np.random.default_rng(0)
    shares = [1 - RandomErasing(1.0, scale=(0.1, 0.2))(x, g).mean() for _ in range(200)]
    assert 0.09 < min(shares) < 0.12 and 0.18 < max(shares) < 0.22
    assert np.mean([(RandomErasing(0.25)(x, g) == 0).any() for _ in range(1000)]) == pytest.approx(0.25, abs=0.04)
    written = RandomErasing(1.0, value=(4, 5, 6), inplace=True)(x, g)
    assert written is x and set(np.unique(x)) == {1, 4, 5, 6}
    assert len(np.unique(RandomErasing(1.0, value="random")(np.zeros((8, 8), np.uint8), g))) > 2
    assert (RandomErasing(1.0, scale=(1, 1))(x, g) == x).all()  # nothing that fits is ever drawn


@pytest.mark.parametrize("wrap", [np.asarray, mg.as_tensor])
def test_mixtures_of_a_batch(wrap):
    x, labels = R.random((5, 3, 8, 8)), np.array([0, 1, 2, 3, 1])
    z, y = MixUp(num_classes=4)(wrap(x), wrap(labels), np.random.default_rng(3))
    share = np.random.default_rng(3).beta(1, 1)
    assert type(z) is type(y) is type(wrap(x))
    assert np.allclose(np.asarray(z), share * x + (1 - share) * x[[4, 0, 1, 2, 3]])
    assert np.allclose(np.asarray(y)[1], [1 - share, share, 0, 0]) and np.allclose(
        np.asarray(y)[2], [0, 1 - share, share, 0]
    )
    z, y = (np.asarray(v) for v in CutMix(num_classes=4)(wrap(x), wrap(labels), np.random.default_rng(3)))
    other = (z == x[[4, 0, 1, 2, 3]]).all(axis=(0, 1))
    assert 0 < other.sum() < 64 and ((z == x).all(axis=(0, 1)) ^ other).all()
    rows, columns = np.nonzero(other)
    assert other.sum() == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)  # a rectangle
    assert np.allclose(y[2], [0, other.sum() / 64, 1 - other.sum() / 64, 0]) and np.allclose(y.sum(1), 1)
    assert np.allclose(MixUp()(x, y, np.random.default_rng(3))[1][0], share * y[0] + (1 - share) * y[4])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Pad(1)(mg.ones(3, 4, 4)), DTypeError, r"image\.numpy\(\)"),
        (lambda: Pad(1)([[1.0]]), DTypeError, r"numpy\.asarray"),
        (lambda: Pad(1)(np.ones((4, 4), int)), DTypeError, "how the image is laid out"),
        (lambda: Resize(3)(np.ones((8, 3, 4, 4))), ShapeError, "each image of a batch by itself"),
        (lambda: Resize(3)(np.ones((28, 28, 3))), ShapeError, r"\(C, H, W\) for floats"),
        (lambda: ToTensor()(np.ones((3, 28, 28))), ShapeError, "leave ToTensor out"),
        (lambda: Normalize(0.5, 0.5)(PICTURE), DTypeError, "ToTensor"),
        (lambda: Normalize((0.5, 0.5), 0.5)(PLANES), ShapeError, "2 means"),
        (lambda: Normalize(0.5, 0), MinigradError, "above 0"),
        (lambda: GaussianNoise()(PICTURE), DTypeError, "ToTensor"),
        (lambda: GaussianNoise(sigma=-1), MinigradError, "sigma"),
        (lambda: RandomCrop(10)(PLANES), ShapeError, "6 x 9"),
        (lambda: RandomCrop(0), MinigradError, "size is no size"),
        (lambda: Pad((1, 2, 3)), MinigradError, "left, top, right, bottom"),
        (lambda: Pad(1, padding_mode="wrap"), MinigradError, "padding_mode"),
        (lambda: Pad(6, padding_mode="reflect")(PLANES), ShapeError, "too small to be reflected"),
        (lambda: Pad(1, fill=(1, 2))(PLANES), ShapeError, "2 values for 3 channels"),
        (lambda: RandomHorizontalFlip(1.5), MinigradError, "p is no probability"),
        (lambda: RandomRotation((10, -10)), MinigradError, "degrees is no range"),
        (lambda: RandomRotation(-10), MinigradError, "degrees is no range"),
        (lambda: RandomRotation(10, "cubic"), MinigradError, "unknown interpolation"),
        (lambda: RandomAffine(0, (2, 0)), MinigradError, "translate"),
        (lambda: RandomAffine(0, scale=(0, 1)), MinigradError, "scale"),
        (lambda: Resize((3, 4), max_size=9), MinigradError, "max_size"),
        (lambda: ColorJitter(hue=0.6), MinigradError, "hue is out of range"),
        (lambda: ColorJitter(0.1)(np.ones((2, 4, 4))), ShapeError, "red, green and blue"),
        (lambda: RandomErasing(scale=(0.5, 2)), MinigradError, "scale"),
        (lambda: RandomErasing(value="noise"), MinigradError, "random"),
        (lambda: Compose([3]), DTypeError, "no function"),
        (lambda: Lambda(3), DTypeError, "no function"),
        (lambda: Pad(1)(PLANES, 7), DTypeError, "numpy.random.Generator"),
        (lambda: MixUp(alpha=0), MinigradError, "Beta"),
        (lambda: MixUp()(np.ones((2, 1, 4, 4)), np.array([0, 7])), ShapeError, "num_classes=8"),
        (lambda: CutMix(num_classes=3)(np.ones((2, 1, 4, 4)), np.array([0, 3])), ShapeError, "below num_classes"),
        (lambda: CutMix(num_classes=3)(PICTURE, 1), DTypeError, "a batch of the loader"),
    ],
)  # fmt: skip
def test_errors_say_what_to_try(call, error, words):
    with pytest.raises(error, match=words) as raised:
        call()
    assert raised.value.got or raised.value.expected
