"""Convolutions and transposed convolutions, of sequences and of images."""

from __future__ import annotations

import math
from typing import Any

from minigrad.errors import DTypeError
from minigrad.nn import functional
from minigrad.nn._initial import check_sizes, uniform
from minigrad.nn._module import Module
from minigrad.random import Generator

_PADDING_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


class _Convolution(Module):
    """What all share. `dims` is the number of dimensions that a window has."""

    dims: int
    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
        generator: Generator | None,
    ):
        super().__init__()
        example = f"{type(self).__name__}(in_channels, out_channels, kernel_size)"
        sizes = {"in_channels": in_channels, "out_channels": out_channels, "groups": groups}
        check_sizes(self, example, device, **sizes)
        if in_channels % groups or out_channels % groups:
            self._refuse(f"{in_channels} and {out_channels} channels, groups={groups}", "channels that groups divides")
        if padding_mode not in _PADDING_MODES:
            self._refuse(f"padding_mode={padding_mode!r}", " or ".join(map(repr, _PADDING_MODES)))
        if padding == "same" and any(step != 1 for step in self._each(stride)):
            self._refuse(
                f"padding='same', stride={stride}", "a stride of 1, for the output to be as large as the input"
            )
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride, self.dilation = map(self._each, (kernel_size, stride, dilation))
        self.padding = padding if isinstance(padding, str) else self._each(padding)
        self.padding_mode = padding_mode
        channels = (in_channels, out_channels // groups) if self.transposed else (out_channels, in_channels // groups)
        bound = 1 / math.sqrt(channels[1] * math.prod(self.kernel_size))
        options = {"bound": bound, "device": device, "dtype": dtype, "generator": generator}
        self.weight = uniform(*channels, *self.kernel_size, **options)
        self.register_parameter("bias", uniform(out_channels, **options) if bias else None)

    def _each(self, option: Any) -> tuple[int, ...]:
        """An option that may be one number for all dimensions, for each."""
        each = tuple(option) if isinstance(option, (tuple, list)) else (option,) * self.dims
        if len(each) != self.dims or any(not isinstance(n, int) for n in each):
            self._refuse(repr(option), f"an integer, or {self.dims} of them")
        return each

    def _refuse(self, got: str, expected: str) -> None:
        raise DTypeError(
            f"{type(self).__name__}: an option does not fit.",
            got=got,
            expected=expected,
            hint=f"{type(self).__name__}(in_channels, out_channels, kernel_size, stride=1, padding=0)",
        )

    def _padded(self, input: Any) -> tuple[Any, Any]:
        """The input, and the padding that is left to the convolution itself, which pads with zeros."""
        if self.padding_mode == "zeros":
            return input, self.padding
        widths: list[int] = []
        for size, dilation, wide in zip(self.kernel_size, self.dilation, self._widths(), strict=True):
            total = dilation * (size - 1) if self.padding == "same" else 2 * wide
            widths[:0] = total // 2, total - total // 2
        return functional.pad(input, tuple(widths), _PADDING_MODES[self.padding_mode]), 0

    def _widths(self) -> tuple[int, ...]:
        return (0,) * self.dims if isinstance(self.padding, str) else self.padding

    def extra_repr(self) -> str:
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        if self.padding != (0,) * self.dims:
            parts.append(f"padding={self.padding}")
        if self.dilation != (1,) * self.dims:
            parts.append(f"dilation={self.dilation}")
        spare = getattr(self, "output_padding", (0,) * self.dims)
        if spare != (0,) * self.dims:
            parts.append(f"output_padding={spare}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)


class _Forward(_Convolution):
    """A convolution; the constructor of all of them."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        device: Any = None,
        dtype: Any = None,
        generator: Generator | None = None,
    ):
        window = (kernel_size, stride, padding, dilation, groups, bias, padding_mode)
        super().__init__(in_channels, out_channels, *window, device, dtype, generator)

    def forward(self, input: Any) -> Any:
        convolve = functional.conv1d if self.dims == 1 else functional.conv2d
        x, padding = self._padded(input)
        return convolve(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(_Forward):
    r"""Convolution along a sequence: each output is one affine map of its window, the same everywhere.

    Weight (out_channels, in_channels / groups, k) and bias begin uniform in :math:`\pm 1/\sqrt{n}`, n being the numbers that
    meet in one output. `padding` is a width, "same" or "valid"; `padding_mode` "zeros", "reflect", "replicate", "circular".

    Shapes: (N, in_channels, L) to (N, out_channels, places).
    """

    dims = 1


class Conv2d(_Forward):
    """Convolution of images; options and beginning as those of `Conv1d`, each option a number or a pair.

    Shapes: (N, in_channels, H, W) to (N, out_channels, places down, places across); weight (out, in / groups, kh, kw).
    """

    dims = 2


class _Transposed(_Convolution):
    """A transposed convolution; the constructor of all of them."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        *,
        device: Any = None,
        dtype: Any = None,
        generator: Generator | None = None,
    ):
        window = (kernel_size, stride, padding, dilation, groups, bias, padding_mode)
        super().__init__(in_channels, out_channels, *window, device, dtype, generator)
        self.output_padding = self._each(output_padding)
        if padding_mode != "zeros":
            self._refuse(f"padding_mode={padding_mode!r}", "'zeros', the only one that a transposed convolution has")

    def forward(self, input: Any, output_size: Any = None) -> Any:
        """With `output_size` the size of the output is asked for, as far as the stride leaves it open."""
        convolve = functional.conv_transpose1d if self.dims == 1 else functional.conv_transpose2d
        spare = self.output_padding if output_size is None else self._spare(tuple(input.shape), tuple(output_size))
        options = (self.stride, self.padding, spare, self.groups, self.dilation)
        return convolve(input, self.weight, self.bias, *options)

    def _spare(self, shape: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[int, ...]:
        window = zip(shape[-self.dims :], self.stride, self._widths(), self.dilation, self.kernel_size, strict=True)
        least = [(n - 1) * step - 2 * pad + gap * (size - 1) + 1 for n, step, pad, gap, size in window]
        spare = tuple(want - low for want, low in zip(wanted[-self.dims :], least, strict=True))
        if any(not 0 <= more < step for more, step in zip(spare, self.stride, strict=True)):
            most = [low + step - 1 for low, step in zip(least, self.stride, strict=True)]
            self._refuse(f"output_size={wanted}", f"{tuple(least)} to {tuple(most)}")
        return spare


class ConvTranspose1d(_Transposed):
    """The map that turns `Conv1d` around: each input is laid down as a window, and windows add up.

    Weight (in_channels, out_channels / groups, k). `output_padding` adds places at the end, which a stride leaves open.

    Shapes: (N, in_channels, L) to (N, out_channels, (L - 1) stride - 2 padding + dilation (k - 1) + output_padding + 1).
    """

    dims = 1


class ConvTranspose2d(_Transposed):
    """As `ConvTranspose1d`, for images (N, in_channels, H, W); weight (in, out / groups, kh, kw)."""

    dims = 2
