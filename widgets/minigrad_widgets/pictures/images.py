"""Small grey images, such as scikit-learn's digits, in a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from minigrad_widgets.pictures.canvas import ALARM, DARK, INK, Canvas, Picture, text_width

LEVELS = 8


def digits(
    images: Any, captions: Sequence[Any] = (), *, columns: int = 10, size: float = 56, wrong: Sequence[bool] = ()
) -> Picture:
    """Images side by side, dark ink on white paper, each with a caption below it.

    Args:
        images: (N, height, width), or (N, height × width) for square ones; 0 is paper, the largest is ink.
        captions: a text or number for each image.
        columns: how many stand in a row.
        size: how wide an image is, in pixels of the screen.
        wrong: for each image, whether its frame and caption are marked as an error.
    """
    sheet = numpy.asarray(images)
    if sheet.ndim == 2:
        side = round(sheet.shape[1] ** 0.5)
        sheet = sheet.reshape(len(sheet), side, -1)
    top_value = float(sheet.max()) or 1.0
    levels = numpy.rint(sheet / top_value * LEVELS).astype(int)
    pixel = size / sheet.shape[2]
    wide, high = pixel * sheet.shape[2], pixel * sheet.shape[1]
    across = max(wide, *(text_width(caption, 12) for caption in captions)) if captions else wide
    canvas = Canvas()
    for place, image in enumerate(levels):
        x = (place % columns) * (across + 14) + (across - wide) / 2
        y = (place // columns) * (high + (34 if captions else 14))
        alarm = place < len(wrong) and bool(wrong[place])
        canvas.rect(x - 2, y - 2, wide + 4, high + 4, fill="#fbfbf8", line=ALARM if alarm else INK)
        for level in range(1, LEVELS + 1):
            rows, columns_of = numpy.nonzero(image == level)
            if len(rows):
                squares = "".join(
                    f"M{x + column * pixel:g} {y + row * pixel:g}h{pixel:g}v{pixel:g}h-{pixel:g}z"
                    for row, column in zip(rows, columns_of)
                )
                canvas.marks.append(f'<path d="{squares}" fill="{DARK}" fill-opacity="{level / LEVELS:g}"/>')
        if place < len(captions):
            canvas.text(x + wide / 2, y + high + 19, captions[place], size=12, colour=ALARM if alarm else INK)
    return canvas.finish(f"{len(levels)} images" + (f": {', '.join(map(str, captions))}" if captions else ""))
