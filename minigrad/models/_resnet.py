"""Residual networks: a stem, stages of blocks that add to what they are given, and one affine map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minigrad import ops
from minigrad.errors import DTypeError
from minigrad.nn import (
    AdaptiveAvgPool2d,
    BatchNorm2d,
    Conv2d,
    Identity,
    Linear,
    MaxPool2d,
    Module,
    ReLU,
    Sequential,
    init,
)
from minigrad.random import Generator

Norm = Callable[[int], Module]


def conv3x3(inputs: int, outputs: int, stride: int = 1) -> Conv2d:
    """A convolution that keeps the size of the image; without a bias, which the norm behind it would take out again."""
    return Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)


def conv1x1(inputs: int, outputs: int, stride: int = 1) -> Conv2d:
    """The same affine map of the channels at every place."""
    return Conv2d(inputs, outputs, 1, stride, bias=False)


class BasicBlock(Module):
    """Two convolutions of 3 × 3 beside a shortcut: relu(x + f(x)). The stride, if there is one, is the first one's.

    `downsample` is the shortcut where shapes change. Source: He et al. (2015), figure 5, left.
    """

    expansion = 1  # how many channels come out, for each of the block's own

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: Module | None = None,
        norm_layer: Norm = BatchNorm2d,
    ):
        super().__init__()
        self.conv1, self.bn1 = conv3x3(inplanes, planes, stride), norm_layer(planes)
        self.relu = ReLU()
        self.conv2, self.bn2 = conv3x3(planes, planes), norm_layer(planes)
        self.downsample = downsample

    def forward(self, x: Any) -> Any:
        z = self.relu(self.bn1(self.conv1(x)))
        z = self.bn2(self.conv2(z))
        return self.relu(z + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(Module):
    """A convolution of 3 × 3 on a quarter of the channels, between two of 1 × 1 that narrow and widen.

    The stride is that of the convolution in the middle, as in torchvision; the paper's is in the first, which skips three
    inputs of four. Source: He et al. (2015), figure 5, right.
    """

    expansion = 4

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: Module | None = None,
        norm_layer: Norm = BatchNorm2d,
    ):
        super().__init__()
        self.conv1, self.bn1 = conv1x1(inplanes, planes), norm_layer(planes)
        self.conv2, self.bn2 = conv3x3(planes, planes, stride), norm_layer(planes)
        self.conv3, self.bn3 = conv1x1(planes, planes * self.expansion), norm_layer(planes * self.expansion)
        self.relu = ReLU()
        self.downsample = downsample

    def forward(self, x: Any) -> Any:
        z = self.relu(self.bn1(self.conv1(x)))
        z = self.relu(self.bn2(self.conv2(z)))
        z = self.bn3(self.conv3(z))
        return self.relu(z + (x if self.downsample is None else self.downsample(x)))


class PaddedShortcut(Module):
    """A shortcut that learns nothing: every `stride`-th place, and zeros for the channels that the input has not.

    Source: He et al. (2015), section 3.3, option A.
    """

    def __init__(self, channels: int, stride: int):
        super().__init__()
        self.channels, self.stride = channels, stride

    def forward(self, x: Any) -> Any:
        kept = x[:, :, :: self.stride, :: self.stride]
        return ops.pad(kept, (0, 0, 0, 0, 0, self.channels - x.shape[1]))

    def extra_repr(self) -> str:
        return f"channels={self.channels}, stride={self.stride}"


class ResNet(Module):
    """Stages of residual blocks: each stage after the first halves the image and doubles the channels.

    A network is a sequence of stages, a stage one of blocks, a block one of convolutions and norms. Keys, and how the
    weights begin, are torchvision's.

    Args:
        block: `BasicBlock` or `Bottleneck`.
        layers: how many blocks each stage has.
        zero_init_residual: the last norm of each block begins with the factor 0, so that the block begins as the identity
            (Goyal et al., 2017, section 5.1).
        width: the channels of the first stage.
        small_images: a stem of one convolution of 3 × 3 for images of 32 × 32, rather than one of 7 × 7 and pooling,
            which leave a sixteenth of the places.
        shortcut: where shapes change, "projection" (a convolution of 1 × 1 and a norm) or "padding" (`PaddedShortcut`).

    Shapes: (N, in_channels, H, W) to logits (N, num_classes); any H and W, since the last stage's places are averaged.
    Source: He, Zhang, Ren and Sun, "Deep residual learning for image recognition" (2015), table 1 and section 4.2.
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        layers: Sequence[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
        *,
        norm_layer: Norm = BatchNorm2d,
        in_channels: int = 3,
        width: int = 64,
        small_images: bool = False,
        shortcut: str = "projection",
        generator: Generator | None = None,
    ):
        super().__init__()
        if shortcut not in ("projection", "padding"):
            raise DTypeError(
                "ResNet: unknown shortcut.",
                got=repr(shortcut),
                expected="'projection' or 'padding'",
                hint="shortcut='projection', which is the default",
            )
        self._norm, self._pads = norm_layer, shortcut == "padding"
        size, stride, padding = (3, 1, 1) if small_images else (7, 2, 3)
        self.conv1 = Conv2d(in_channels, width, size, stride, padding, bias=False)
        self.bn1, self.relu = norm_layer(width), ReLU()
        self.maxpool = Identity() if small_images else MaxPool2d(3, stride=2, padding=1)
        self.stages = [f"layer{number}" for number in range(1, len(layers) + 1)]
        channels = width
        for number, (name, blocks) in enumerate(zip(self.stages, layers, strict=True)):
            planes, stride = width * 2**number, 1 if number == 0 else 2
            setattr(self, name, self._stage(block, channels, planes, blocks, stride))
            channels = planes * block.expansion
        self.avgpool = AdaptiveAvgPool2d(1)
        self.fc = Linear(channels, num_classes, generator=generator)
        self._begin(zero_init_residual, generator)

    def _stage(self, block: Any, channels: int, planes: int, blocks: int, stride: int) -> Sequential:
        wide, parts = planes * block.expansion, []
        for _ in range(blocks):
            changes = stride != 1 or channels != wide
            downsample = self._downsample(channels, wide, stride) if changes else None
            parts.append(block(channels, planes, stride, downsample, self._norm))
            channels, stride = wide, 1
        return Sequential(*parts)

    def _downsample(self, channels: int, wide: int, stride: int) -> Module:
        if self._pads:
            return PaddedShortcut(wide, stride)
        return Sequential(conv1x1(channels, wide, stride), self._norm(wide))

    def _begin(self, zero_init_residual: bool, generator: Generator | None) -> None:
        """Kaiming's normal, by the fan of the outputs; norms as the identity, or the last of each block as 0."""
        for module in self.modules():
            if isinstance(module, Conv2d):
                init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", generator=generator)
            elif zero_init_residual and isinstance(module, (BasicBlock, Bottleneck)):
                last = module.bn3 if isinstance(module, Bottleneck) else module.bn2
                init.zeros_(last.weight)

    def forward(self, x: Any) -> Any:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for name in self.stages:
            x = getattr(self, name)(x)
        return self.fc(self.avgpool(x).flatten(1))
