"""`BatchView`: the images of a batch, and what a transform makes of an image, again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy
import traitlets

from minigrad.data.transforms import Compose
from minigrad_widgets import text
from minigrad_widgets.base import View, esm
from minigrad_widgets.batch_sheet import (
    GAP,
    LINE,
    Image,
    captions_of,
    one_by_one,
    picture,
    pixels_of,
    scale_of,
    span_of,
)
from minigrad_widgets.marks import SMALL, TITLE, mark, sheet, words
from minigrad_widgets.palette import picture_style
from minigrad_widgets.sliders import rebuilt, sliders_of

# How many images are shown, and of how many the draws.
MOST, MOST_DRAWN = 64, 8
WIDTH, PAD = 860.0, 12.0


class BatchView(View):
    """Look at images::

        BatchView(images, labels)                    # a sheet of a batch
        BatchView(next(iter(loader)))                # the same
        BatchView(image, transform=augment)          # one image and what `augment` makes of it, 14 times
        BatchView(images[:4], labels[:4], transform=augment, times=7)

    With a transform each of its numbers has a slider; "draw again" takes the next seed. The draws with one seed keep
    their random numbers while a slider moves, so that each picture changes smoothly. `view.transform` is the transform
    as the sliders have it.

    uint8 goes from black (0) to white (255); floats from 0 to 1, or where they go beyond, from the least to the largest.

    Args:
        images: tensors or arrays: floats (N, C, H, W), uint8 (N, H, W, C), either as (N, H, W), one image, or a list.
            Three dimensions of which the channels' is 1 to 4 are one image.
        labels: for each image a class, a text, or a share of each class.
        transform: a function of an image, such as those of `minigrad.data.transforms`.
        times: how often each image is drawn.
        seed: of the draws, a whole number from 0 on.
        classes: the names of the classes.
        columns: how many stand in a row.

    Attributes:
        seed: of what is shown.
        settings: the sliders' numbers by their keys, such as {"0.degrees": 10}.
        transform: the present transform.

    Errors: TypeError for what holds no images, ValueError for labels that do not go with them; those of the transform.
    """

    _esm = esm("batch")
    seed = traitlets.Int(0).tag(sync=True)
    settings = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        images: Any,
        labels: Any = None,
        *,
        transform: Callable[..., Any] | None = None,
        times: int = 14,
        seed: int = 0,
        classes: Sequence[str] | None = None,
        columns: int | None = None,
    ) -> None:
        if labels is None and _is_pair(images):
            images, labels = images
        if times < 1:
            raise ValueError(
                f"BatchView: nothing to draw.\n  got:      times={times}\n  expected: 1 or more\n  try:      times=14"
            )
        self._given = one_by_one(images, "images")
        self._images = [pixels_of(image) for image in self._given]
        self._captions = captions_of(labels, len(self._images), classes)
        self._times, self._columns = times, columns
        self.transform = self._first = transform
        self._sliders = sliders_of(transform)
        self._note = ""
        settings = {slider.key: slider.value for slider in self._sliders}
        self._parts = self._arranged(seed)
        super().__init__(_data=self._told(), seed=seed, settings=settings)
        self.observe(self._again, ["seed", "settings"])

    @traitlets.validate("seed")
    def _whole(self, proposal: dict) -> int:
        return max(0, proposal["value"])

    @traitlets.validate("settings")
    def _known(self, proposal: dict) -> dict:
        known = {slider.key: slider.value for slider in self._sliders}
        unknown = set(proposal["value"]) - set(known)
        if unknown:
            raise traitlets.TraitError(
                "BatchView: the transform has no such number.\n"
                f"  got:      {', '.join(sorted(unknown))}\n  expected: {', '.join(known) or 'nothing to set'}\n"
                "  try:      view.settings, which has all of them"
            )
        return {**known, **proposal["value"]}

    def _again(self, _: Any) -> None:
        """Draw anew, as the sliders and the seed say. What the transform refuses leaves the drawing as it is."""
        before = self.transform
        try:
            self.transform = rebuilt(self._first, self.settings)
            self._parts = self._arranged(self.seed)
            self._note = ""
        except Exception as error:  # the transform may be the reader's own, and raise anything
            self.transform, self._note = before, str(error).partition("\n")[0]
        self._data = self._told()

    def _draws(self, place: int, seed: int) -> list[numpy.ndarray]:
        """What the transform makes of image `place`: draw n always with the same random numbers for one seed."""
        step = Compose([self.transform])  # type: ignore[list-item]
        drawn = []
        for n in range(self._times):
            image = self._given[place].copy()  # a transform may write into it
            result = step(image, numpy.random.default_rng((seed, place, n)))
            drawn.append(pixels_of(one_by_one(result, "what the transform gave")[0]))
        return drawn

    def _most(self) -> int:
        return MOST if self.transform is None else MOST_DRAWN

    def _arranged(self, seed: int) -> tuple[float, float, list[str]]:
        """Width, height and marks of the sheet."""
        shown, self._shown_seed = self._images[: self._most()], seed
        if self.transform is None:
            pictures = [Image(values, caption) for values, caption in zip(shown, self._captions)]
            return _grid(pictures, span_of(shown), self._columns, PAD, PAD)
        draws = [self._draws(place, seed) for place in range(len(shown))]
        black_to_white, made = span_of(shown), span_of([one for some in draws for one in some])
        scale = scale_of(shown)
        first = max(
            max(image.shape[1] * scale for image in shown), *(text.width(c, SMALL) for c in self._captions), 44.0
        )
        left, y, across, marks = PAD + first + 2 * GAP, PAD + LINE, 0.0, []
        for values, caption, some in zip(shown, self._captions, draws):
            x = PAD + (first - values.shape[1] * scale) / 2
            marks.append(picture(Image(values, caption), x, y, scale, black_to_white))
            right, low, rest = _grid([Image(one) for one in some], made, self._columns or 7, left, y)
            marks += rest
            across, y = max(across, right), max(low, y + values.shape[0] * scale + (LINE if caption else 0) + GAP)
        head = [
            words("original", PAD, PAD + 10, size=SMALL, fill="soft"),
            words(f"{self._times} draws, seed {seed}", left, PAD + 10, size=SMALL, fill="soft"),
        ]
        return max(across, left + 130), y, [*head, *marks]

    def _told(self) -> dict[str, Any]:
        width, height, marks = self._parts
        told = {"svg": sheet(width + PAD, height, *marks, role="img", aria_label=self.describe()), "note": self._note}
        if self.transform is not None:
            told |= {"sliders": [slider.told() for slider in self._sliders], "transform": repr(self.transform)}
        return told

    def picture(self) -> str:
        """The sheet with the transform written below it, as SVG text."""
        width, height, marks = self._parts
        lines = repr(self.transform).split("\n") if self.transform is not None else []
        wide = max([width + PAD, *(text.width(line, TITLE) + 2 * PAD for line in lines)])
        below = [
            words(line, PAD, height + 16 + LINE * n, size=TITLE, fill="soft", **{"xml:space": "preserve"})
            for n, line in enumerate(lines)
        ]
        high = height + (LINE * len(lines) + 10 if lines else 0)
        ground = mark("rect", width=wide, height=high, rx=8, fill="surface")
        style = f"<style>{picture_style()}</style>"
        return sheet(wide, high, style, ground, *marks, *below, role="img", aria_label=self.describe())

    def describe(self) -> str:
        """How many images of which size; their labels, or what is done with them."""
        high, wide = self._images[0].shape[:2]
        count = len(self._images)
        told = f"{count} image{'s' if count > 1 else ''} of {high} × {wide}"
        if count > self._most():
            told += f", the first {self._most()} shown"
        if self.transform is not None:
            name = " ".join(repr(self.transform).split())
            return f"{told}, {self._times} draws of {text.cut(name, 200)}, seed {self._shown_seed}"
        labels = [caption for caption in self._captions[:10] if caption]
        more = ", …" if len(self._captions) > 10 else ""
        return told + (f": {', '.join(labels)}{more}" if labels else "")


def _grid(
    images: Sequence[Image], span: tuple[float, float], columns: int | None, x: float, y: float
) -> tuple[float, float, list[str]]:
    """Pictures in rows, from (x, y) on: the right end, where to go on below, the marks."""
    scale = scale_of([image.values for image in images])
    high, wide = (max(image.values.shape[axis] for image in images) * scale for axis in (0, 1))
    across = max([wide, *(text.width(image.caption, SMALL) for image in images)]) + GAP
    down = high + (LINE if any(image.caption for image in images) else 0) + GAP
    columns = max(1, min(columns or 10, int(WIDTH // across), len(images)))
    marks = [
        picture(image, x + n % columns * across + (across - GAP - wide) / 2, y + n // columns * down, scale, span)
        for n, image in enumerate(images)
    ]
    return x + columns * across - GAP, y + -(-len(images) // columns) * down, marks


def _is_pair(given: Any) -> bool:
    """Whether this is (images, labels) of a loader, or (image, label) of a data set."""
    if not isinstance(given, (list, tuple)) or len(given) != 2:
        return False
    first, second = (_dimensions(part) for part in given)
    return first >= 2 and second < min(first, 3) and (second == 0 or len(given[0]) == len(given[1]))


def _dimensions(part: Any) -> int:
    """Of an array, or of a list of arrays, which need not be of one size."""
    if isinstance(part, (list, tuple)):
        return 1 + (_dimensions(part[0]) if part else 0)
    return numpy.asarray(part).ndim
