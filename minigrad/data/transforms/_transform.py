"""What every transform is: a function on one image that knows its settings and draws from an explicit generator."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy

from minigrad.errors import DTypeError, MinigradError, ShapeError
from minigrad.random import Generator, default_generator


class Transform:
    """One step of preparing an image.

    Its dtype says what an image is:

    - `uint8` is a picture as files hold it: (H, W) or (H, W, C), 0 to 255;
    - a float is what a network takes, after `ToTensor`: (C, H, W), or (H, W) for one grey plane, by custom 0 to 1.

    A transform gives back the layout and dtype that it was given, in new memory. A subclass sees neither layout: it
    defines `transform(planes, params)` on (C, H, W), and, if it draws, `make_params(planes, generator)`, which says as a
    dictionary what was drawn. Who has to move a label along with the image calls the two in turn.

    Called with a `numpy.random.Generator` (a data set's `get(index, generator)` has one for each sample) it draws from
    that, else from minigrad's default generator. Settings are attributes under the names of the constructor.

    Errors: DTypeError, ShapeError for what is no image.
    """

    def __call__(self, image: Any, generator: numpy.random.Generator | Generator | None = None) -> numpy.ndarray:
        planes = as_planes(image, self)
        z = self.transform(planes, self.make_params(planes, stream(generator)))
        return as_given(z, image)

    def make_params(self, planes: numpy.ndarray, generator: numpy.random.Generator) -> dict[str, Any]:
        """What this transform draws for one image."""
        return {}

    def transform(self, planes: numpy.ndarray, params: dict[str, Any]) -> numpy.ndarray:
        """The image's planes (C, H, W), transformed by what was drawn."""
        raise NotImplementedError(f"{type(self).__name__} needs a method transform(self, planes, params)")

    def settings(self) -> dict[str, Any]:
        """What the constructor was given, by name: `type(t)(**t.settings())` is an equal transform."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def __repr__(self) -> str:
        parameters = inspect.signature(type(self)).parameters
        told = [
            f"{name}={value!r}"
            for name, value in self.settings().items()
            if parameters[name].default is inspect.Parameter.empty or value != parameters[name].default
        ]
        return f"{type(self).__name__}({', '.join(told)})"


class Compose:
    """Several transforms, one after the other, drawing from one generator.

    A plain function may stand among them; if it has a parameter `generator`, it is given it.
    """

    def __init__(self, transforms: Sequence[Callable[..., Any]]):
        self.transforms = list(transforms)
        for step in self.transforms:
            if not callable(step):
                raise DTypeError(
                    "Compose: a step is no function of an image.",
                    got=repr(step),
                    expected="a transform, or a function",
                    hint="Compose([RandomHorizontalFlip(), ToTensor()])",
                )

    def __call__(self, image: Any, generator: numpy.random.Generator | Generator | None = None) -> Any:
        drawn = stream(generator)
        for step in self.transforms:
            image = step(image, generator=drawn) if takes_generator(step) else step(image)
        return image

    def __repr__(self) -> str:
        inside = "".join("    " + repr(step).replace("\n", "\n    ") + ",\n" for step in self.transforms)
        return f"Compose([\n{inside}])"


class Lambda(Transform):
    """A function of the reader's own as a transform; it is given the image as it is."""

    def __init__(self, lambd: Callable[[Any], Any]):
        if not callable(lambd):
            raise DTypeError("Lambda: no function.", got=repr(lambd), hint="Lambda(lambda image: 255 - image)")
        self.lambd = lambd

    def __call__(self, image: Any, generator: numpy.random.Generator | Generator | None = None) -> Any:
        return self.lambd(image)

    def __repr__(self) -> str:
        return f"Lambda({getattr(self.lambd, '__name__', type(self.lambd).__name__)})"


def takes_generator(step: Callable[..., Any]) -> bool:
    """Whether a step of a `Compose` draws from the sample's generator."""
    if isinstance(step, (Transform, Compose)):
        return True
    try:
        return "generator" in inspect.signature(step).parameters
    except (TypeError, ValueError):  # a function written in C may not tell
        return False


def stream(generator: Any) -> numpy.random.Generator:
    """NumPy's generator behind what a caller may give. Errors: DTypeError."""
    if isinstance(generator, numpy.random.Generator):
        return generator
    if generator is None:
        return default_generator().stream
    if isinstance(generator, Generator):
        return generator.stream
    raise DTypeError(
        "A transform draws from a generator.",
        got=repr(generator),
        expected="a numpy.random.Generator",
        hint="transform(image, numpy.random.default_rng(0))",
    )


def as_planes(image: Any, transform: Any) -> numpy.ndarray:
    """An image as (C, H, W), sharing its memory. Errors: DTypeError, ShapeError."""
    if not isinstance(image, numpy.ndarray):
        raise DTypeError(
            f"{type(transform).__name__}: transforms act on arrays.",
            got=type(image).__name__,
            expected="a NumPy array: uint8 (H, W, C), or float (C, H, W)",
            hint="image.numpy()" if hasattr(image, "numpy") else "numpy.asarray(image)",
        )
    picture = image.dtype == numpy.uint8
    if not picture and image.dtype.kind != "f":
        raise DTypeError(
            f"{type(transform).__name__}: this dtype does not say how the image is laid out.",
            got=f"{image.dtype}, shape {image.shape}",
            expected="uint8 for a picture (H, W, C) of 0 to 255, a float for planes (C, H, W)",
            hint="image.astype('uint8'), or image.astype('float32')",
        )
    if image.ndim == 2:
        return image[None]
    planes = image.transpose(2, 0, 1) if picture and image.ndim == 3 else image
    if planes.ndim != 3 or not 1 <= planes.shape[0] <= 4:
        raise ShapeError(
            f"{type(transform).__name__}: not one image.",
            got=f"{image.dtype} of shape {image.shape}",
            expected="(H, W) or (H, W, C) for uint8, (H, W) or (C, H, W) for floats, with at most 4 channels",
            hint="each image of a batch by itself, as a data set's get(index, generator) does",
        )
    return planes


def as_given(planes: numpy.ndarray, image: numpy.ndarray) -> numpy.ndarray:
    """(C, H, W) in the layout of `image`, contiguous."""
    if image.ndim == 2:
        z = planes[0]
    else:
        z = planes.transpose(1, 2, 0) if image.dtype == numpy.uint8 else planes
    return z.copy() if not z.flags.c_contiguous or numpy.may_share_memory(z, image) else z


def to_dtype(values: numpy.ndarray, dtype: numpy.dtype) -> numpy.ndarray:
    """Computed values as an image's dtype: rounded and kept within 0 and 255 for a picture."""
    if dtype == numpy.uint8:
        return numpy.minimum(numpy.maximum(numpy.rint(values), 0), 255).astype(numpy.uint8)
    return values.astype(dtype, copy=False)


def refuse(transform: Any, what: str, *, got: str, expected: str, hint: str) -> None:
    """Raise the error for a setting that makes no transform."""
    raise MinigradError(f"{type(transform).__name__}: {what}", got=got, expected=expected, hint=hint)


def check_probability(transform: Any, p: float) -> None:
    """Errors: MinigradError for a p that is no probability."""
    if not 0 <= p <= 1:
        refuse(transform, "p is no probability.", got=f"p={p}", expected="0 to 1", hint="p=0.5, which is the default")


def pair(transform: Any, name: str, value: Any) -> tuple[int, int]:
    """A size (height, width) from one number or two. Errors: MinigradError."""
    sizes = (value, value) if isinstance(value, (int, numpy.integer)) else tuple(value)
    if len(sizes) == 1:
        sizes *= 2
    if len(sizes) != 2 or not all(isinstance(size, (int, numpy.integer)) and size > 0 for size in sizes):
        refuse(transform, f"{name} is no size.", got=f"{name}={value!r}", expected="one whole number, or (height, width)",
               hint=f"{name}=(28, 28)")  # fmt: skip
    return int(sizes[0]), int(sizes[1])


def span(transform: Any, name: str, value: Any, *, centre: float = 0.0) -> tuple[float, float]:
    """A range to draw from, (low, high), from a number (that far on both sides of `centre`) or from two."""
    if isinstance(value, (int, float, numpy.number)):
        low, high = centre - float(value), centre + float(value)
    else:
        low, high = (float(end) for end in value) if len(value) == 2 else (1.0, 0.0)
    if not low <= high:
        refuse(transform, f"{name} is no range.", got=f"{name}={value!r}",
               expected="a number of 0 or more, or (low, high)", hint=f"{name}=(-10, 10)")  # fmt: skip
    return low, high
