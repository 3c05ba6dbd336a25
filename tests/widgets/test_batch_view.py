"""`BatchView`: what is drawn is what the arrays hold, and what the transform makes of them."""

import base64
import re
import struct
import zlib
from xml.etree import ElementTree

import numpy as np
import pytest
import traitlets

import minigrad as mg
from minigrad.data import transforms
from minigrad.data.transforms import Compose, RandomAffine, RandomErasing, RandomHorizontalFlip, ToTensor
from minigrad_widgets import BatchView
from minigrad_widgets.png import STORED, png
from minigrad_widgets.sliders import rebuilt, sliders_of

MARKUP = '<img src=x onerror="alert(1)">&\'"</script>'
R = np.random.default_rng(0)
IMAGES = R.integers(0, 256, (5, 4, 6), dtype=np.uint8)
AUGMENT = Compose([RandomAffine(20, (0.25, 0.25)), ToTensor(), RandomErasing(0.5, scale=(0.1, 0.3))])


def read(content):
    """The pixels of a PNG without filters, and nothing taken on trust: checksums, sizes, order."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, place = [], 8
    while place < len(content):
        (length,) = struct.unpack_from(">I", content, place)
        name, body = content[place + 4 : place + 8], content[place + 8 : place + 8 + length]
        assert struct.unpack_from(">I", content, place + 8 + length)[0] == zlib.crc32(name + body)
        chunks.append((name, body))
        place += 12 + length
    assert [name for name, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"]
    wide, high, bits, colour, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    assert bits == 8 and rest == [0, 0, 0]
    rows = np.frombuffer(zlib.decompress(chunks[1][1]), np.uint8).reshape(high, -1)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(high, wide, {0: 1, 4: 2, 2: 3, 6: 4}[colour])


def drawn(view):
    """The pixels of every image in a view's picture."""
    addresses = re.findall(r'href="data:image/png;base64,([^"]+)"', view.picture())
    ElementTree.fromstring(view.picture())
    return [read(base64.b64decode(address)) for address in addresses]


@pytest.mark.parametrize("shape", [(1, 1, 1), (8, 8, 1), (3, 5, 2), (7, 2, 3), (4, 4, 4), (90, 80, 3)])
def test_png(shape):
    pixels = R.integers(0, 256, shape, dtype=np.uint8)
    assert np.array_equal(read(png(pixels)), pixels)
    assert shape[0] < 90 or pixels.size > STORED  # both ways of writing


@pytest.mark.parametrize(
    "given",
    [
        IMAGES, IMAGES[..., None], list(IMAGES), (IMAGES, [0, 1, 2, 3, 4]), IMAGES[:, None].astype(np.float32) / 255,
        mg.as_tensor(IMAGES[:, None].astype(np.float32) / 255), IMAGES.astype(np.float64) / 255,
        [mg.as_tensor(IMAGES[:, None] / 255.0), mg.as_tensor(np.arange(5))],
    ],
    ids=range(8),
)  # fmt: skip
def test_a_batch_in_any_form_is_drawn_as_it_is(given):
    pictures = drawn(BatchView(given))
    assert len(pictures) == 5 and all(np.array_equal(p[..., 0], x) for p, x in zip(pictures, IMAGES))


def test_colours_and_ranges():
    colour = R.integers(0, 256, (2, 5, 4, 3), dtype=np.uint8)
    assert np.array_equal(drawn(BatchView(colour))[1], colour[1])
    assert np.array_equal(drawn(BatchView(colour.transpose(0, 3, 1, 2) / 255.0))[1], colour[1])
    assert [p.shape for p in drawn(BatchView(([colour[0], IMAGES[0]], [1, 2])))] == [(5, 4, 3), (4, 6, 1)]
    assert len(drawn(BatchView(colour[0]))) == 1  # (H, W, C) is one image
    levels = drawn(BatchView(np.array([[[-1.0, 0.0], [1.0, np.nan]]])))[0][..., 0]
    assert levels.tolist() == [[0, 128], [255, 0]]
    assert drawn(BatchView(np.full((1, 2, 2), 7.0)))[0].max() == 0
    assert len(drawn(BatchView(np.zeros((100, 2, 2))))) == 64 and "the first 64 shown" in repr(
        BatchView(np.zeros((100, 2, 2)))
    )


@pytest.mark.parametrize("side", [4, 400])
def test_what_is_infinite_is_black_or_white_and_what_is_no_number_black(side):
    image = np.full((side, side), 0.5, np.float32)
    image[: side // 2, : side // 2], image[: side // 2, side // 2 :], image[side // 2 :, : side // 2] = (
        np.inf, -np.inf, np.nan,
    )  # fmt: skip
    levels = drawn(BatchView(image))[0][..., 0]
    assert [levels[y, x] for y, x in ((0, 0), (0, -1), (-1, 0), (-1, -1))] == [255, 0, 0, 128]


def test_captions():
    text = lambda *a, **k: re.findall(r"<text[^>]*>([^<]*)</text>", BatchView(*a, **k).picture())
    assert text(IMAGES[:2], np.array([3, 0])) == ["3", "0"]
    assert text(IMAGES[:2], [1, 0], classes=["cat", "dog"]) == ["dog", "cat"]
    assert text(IMAGES[:1], np.array([[0.0, 0.25, 0.75]])) == ["2 75%, 1 25%"]
    assert text(IMAGES[:1], np.array([[0.0, 1.0, 0.0]])) == ["1"]
    assert text(IMAGES[0], mg.tensor(3)) == ["3"] == text((IMAGES[0], np.int64(3)))
    assert text(IMAGES[0], "a shoe") == ["a shoe"] == text((IMAGES[0], "a shoe"))
    assert repr(BatchView(IMAGES[:2], [3, 0])) == "<BatchView: 2 images of 4 × 6: 3, 0>"


def test_draws_are_the_transforms_own_and_move_smoothly():
    view = BatchView(IMAGES[0], 7, transform=AUGMENT, times=5)
    original, *rest = drawn(view)
    assert np.array_equal(original[..., 0], IMAGES[0]) and len(rest) == 5
    for n, picture in enumerate(rest):
        expected = AUGMENT(IMAGES[0], np.random.default_rng((0, 0, n)))
        assert np.array_equal(picture[..., 0], np.rint(expected[0] * 255))
    before = [p.copy() for p in rest]
    view.seed = 3
    assert not all(np.array_equal(p, q) for p, q in zip(drawn(view)[1:], before))
    view.seed = 0
    view.settings = {"0.degrees": 0, "0.translate.0": 0.0, "0.translate.1": 0.0, "2.p": 0.0}
    assert all(np.array_equal(p[..., 0], IMAGES[0]) for p in drawn(view)) and view.transform.transforms[2].p == 0
    assert view.settings["2.scale.1"] == 0.3 and AUGMENT.transforms[0].degrees == 20
    assert "RandomAffine(degrees=0, translate=(0.0, 0.0))" in view._data["transform"]


def test_several_images_and_a_function_of_the_readers_own():
    view = BatchView(
        IMAGES[:3], [1, 2, 3], transform=lambda x, generator: x if generator.random() < 0.5 else 255 - x, times=6
    )
    pictures = drawn(view)
    assert len(pictures) == 21 and view._data["sliders"] == []
    flipped = [bool((p[..., 0] != IMAGES[n // 7]).any()) for n, p in enumerate(pictures) if n % 7]
    assert 3 < sum(flipped) < 15
    seen = []
    for given in (IMAGES[0], IMAGES[:1], IMAGES[0, :, :3][None] / 255, IMAGES[:2, None] / 255):
        BatchView(given, transform=lambda x: seen.append(x.shape) or x, times=1)
    assert seen == [(4, 6), (4, 6), (1, 4, 3), (1, 4, 6), (1, 4, 6)]  # in the reader's own layout
    assert len(drawn(BatchView(np.zeros((9, 3, 3)), transform=RandomHorizontalFlip(), times=1))) == 16  # of eight
    sample = mg.data.datasets.ImageDataset(IMAGES, np.arange(5))[2]
    assert len(drawn(BatchView(sample, transform=RandomHorizontalFlip(), times=3))) == 4


def test_a_transform_that_writes_into_its_image_does_not_reach_the_readers():
    image = np.zeros((8, 8), np.uint8)
    view = BatchView(image, transform=RandomErasing(p=1.0, value=255, inplace=True), times=3)
    assert not image.any()
    assert [(levels == 255).any() for levels in drawn(view)] == [False, True, True, True]


def test_what_a_transform_refuses_is_said_and_the_drawing_stays():
    view = BatchView(IMAGES[0], transform=Compose([transforms.RandomCrop(3)]))
    before = view._data["svg"]
    view.settings = {"0.size": 30}
    assert view._data["note"] == "RandomCrop: the crop is larger than the image." and view._data["svg"] == before
    assert view.transform.transforms[0].size == 3
    view.settings = {"0.size": 2}
    assert view._data["note"] == "" and drawn(view)[1].shape == (2, 2, 1)
    with pytest.raises(traitlets.TraitError, match="no such number"):
        view.settings = {"0.sise": 2}


def test_every_transform_has_sliders_that_make_it_again():
    for transform in (
        RandomAffine((-5, 10), None, (0.5, 2), (1, 2, 3, 4)), transforms.Pad((1, 2)), transforms.ColorJitter(0.1, (0, 2)),
        transforms.Resize((3, 4)), transforms.RandomCrop(3, 1), transforms.GaussianNoise(), RandomErasing(),
        transforms.RandomRotation(5), transforms.Normalize((0.1, 0.2), 0.5), RandomHorizontalFlip(),
    ):  # fmt: skip
        sliders = sliders_of(transform)
        assert sliders and all(s.low <= s.value <= s.high and s.by > 0 for s in sliders)
        assert repr(rebuilt(transform, {s.key: s.value for s in sliders})) == repr(transform)
        changed = rebuilt(transform, {s.key: s.value + s.by for s in sliders})
        assert [s.value for s in sliders_of(changed)] == pytest.approx([s.value + s.by for s in sliders])
    nested = Compose([ToTensor(), Compose([RandomHorizontalFlip(0.25)])])
    assert [(s.key, s.label) for s in sliders_of(nested)] == [("1.0.p", "p")]
    assert rebuilt(nested, {"1.0.p": 0.5}).transforms[1].transforms[0].p == 0.5


def test_the_picture_is_the_same_every_time_and_stands_alone():
    view, again = (BatchView(IMAGES[0], 3, transform=AUGMENT, seed=2) for _ in range(2))
    assert view.picture() == again.picture() and view._data == again._data
    assert "seed 2" in repr(view) and "0x" not in repr(view)
    assert len(view.picture()) < 15_000
    large = BatchView(R.integers(0, 256, (1000, 600, 3), dtype=np.uint8))
    assert drawn(large)[0].shape == (160, 96, 3)


def test_markup_stays_text():
    class Named(transforms.Transform):
        def transform(self, planes, params):
            return planes

        def __repr__(self):
            return MARKUP

    view = BatchView(IMAGES[0], MARKUP, transform=Named(), classes=[MARKUP])
    assert "<img" not in view.picture() and "<img" not in view._data["svg"] and view.static_html().count("<img") == 1
    ElementTree.fromstring(view.picture())


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: BatchView(np.zeros(3)), TypeError, r"float64 of shape \(3,\)"),
        (lambda: BatchView(np.zeros((2, 9, 4, 4))), TypeError, "1 to 4 channels"),
        (lambda: BatchView([]), TypeError, "holds no images"),
        (lambda: BatchView(IMAGES, transform=RandomHorizontalFlip(), times=0), ValueError, "times=0"),
        (lambda: BatchView("digits"), TypeError, "holds no images"),
        (lambda: BatchView(IMAGES, [1, 2]), ValueError, "2 labels for 5 images"),
        (lambda: BatchView(IMAGES[0], transform=lambda x: 3), TypeError, "what the transform gave"),
    ],
)
def test_errors_say_what_is_wrong(call, error, words):
    with pytest.raises(error, match=words):
        call()
