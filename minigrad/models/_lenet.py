"""LeNet-5: the convolutional network that read cheques."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minigrad.errors import ShapeError
from minigrad.nn import AvgPool2d, Conv2d, Linear, Module, Tanh
from minigrad.random import Generator


class LeNet(Module):
    """Two convolutions, each followed by pooling, then three affine maps: 61,706 parameters for ten classes.

    As it is written today: the paper's pooling has a factor and a shift that are learned, its second convolution leaves out
    some pairs of channels, and its last layer measures distances. Keys are those of PyTorch's introductory tutorial, whose
    network has `activation_layer=nn.ReLU, pool_layer=nn.MaxPool2d`.

    Args:
        image_size: the images' side. Below 32 they are given a border of two zeros, as MNIST's 28 were in the paper.

    Shapes: (N, in_channels, image_size, image_size) to logits (N, num_classes).
    Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition" (1998), section II.B.
    """

    def __init__(
        self,
        num_classes: int = 10,
        in_channels: int = 1,
        image_size: int = 32,
        activation_layer: Callable[[], Module] = Tanh,
        pool_layer: Callable[[int], Module] = AvgPool2d,
        *,
        dtype: Any = None,
        generator: Generator | None = None,
    ):
        super().__init__()
        padding = 2 if image_size < 32 else 0
        side = ((image_size + 2 * padding - 4) // 2 - 4) // 2
        if side < 1:
            raise ShapeError(
                "LeNet: the images are too small for two convolutions of 5 × 5 with pooling.",
                got=f"image_size={image_size}",
                expected="at least 12",
                hint="data.transforms.Resize(32), or models.resnet20",
            )
        options = {"dtype": dtype, "generator": generator}
        self.conv1 = Conv2d(in_channels, 6, 5, padding=padding, **options)
        self.conv2 = Conv2d(6, 16, 5, **options)
        self.fc1 = Linear(16 * side * side, 120, **options)
        self.fc2 = Linear(120, 84, **options)
        self.fc3 = Linear(84, num_classes, **options)
        self.activation, self.pool = activation_layer(), pool_layer(2)

    def forward(self, x: Any) -> Any:
        x = self.pool(self.activation(self.conv1(x)))
        x = self.pool(self.activation(self.conv2(x)))
        x = self.activation(self.fc1(x.flatten(1)))
        return self.fc3(self.activation(self.fc2(x)))
