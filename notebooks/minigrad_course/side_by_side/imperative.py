"""The three networks as programs, PyTorch's way: a module holds parameters, `forward` is the computation."""

import minigrad as mg
import minigrad.nn.functional as F
from minigrad import nn


class Convolution(nn.Module):
    """Windows of `size` that keep the side of the picture."""

    def __init__(self, inputs, outputs, size, bias=True):
        super().__init__()
        self.padding = size // 2
        self.weight = nn.Parameter(mg.randn(outputs, inputs, size, size) * (2 / (inputs * size * size)) ** 0.5)
        self.bias = nn.Parameter(mg.zeros(outputs)) if bias else None

    def forward(self, x):
        return F.conv2d(x, self.weight, self.bias, padding=self.padding)


class Normalization(nn.Module):
    """Each channel of a batch brought to mean 0 and variance 1, then scaled and shifted."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(mg.ones(channels))
        self.bias = nn.Parameter(mg.zeros(channels))

    def forward(self, x):
        return F.batch_norm(x, None, None, self.weight, self.bias, training=True)


class MLP(nn.Module):
    """Pixels to 32 hidden numbers to 10 scores."""

    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(64, 32)
        self.score = nn.Linear(32, 10)

    def forward(self, x):
        return self.score(F.relu(self.hidden(x.flatten(1))))


class LeNet(nn.Module):
    """Two convolutions with pooling, two layers of inner products."""

    def __init__(self):
        super().__init__()
        self.conv1 = Convolution(1, 6, 3)
        self.conv2 = Convolution(6, 12, 3)
        self.hidden = nn.Linear(12 * 2 * 2, 32)
        self.score = nn.Linear(32, 10)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x), 2)
        x = F.max_pool2d(self.conv2(x), 2)
        return self.score(F.relu(self.hidden(x.flatten(1))))


class ResidualBlock(nn.Module):
    """What came in, plus what two convolutions make of it."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.a = Convolution(inputs, outputs, 3, bias=False)
        self.a_norm = Normalization(outputs)
        self.b = Convolution(outputs, outputs, 3, bias=False)
        self.b_norm = Normalization(outputs)
        self.short = Convolution(inputs, outputs, 1, bias=False) if inputs != outputs else None

    def forward(self, x):
        short = x if self.short is None else self.short(x)
        x = F.relu(self.a_norm(self.a(x)))
        return F.relu(short + self.b_norm(self.b(x)))


class ResNet(nn.Module):
    """A convolution, two residual blocks, the mean of each channel, 10 scores."""

    def __init__(self):
        super().__init__()
        self.first = Convolution(1, 4, 3, bias=False)
        self.block1 = ResidualBlock(4, 4)
        self.block2 = ResidualBlock(4, 8)
        self.score = nn.Linear(8, 10)

    def forward(self, x):
        x = self.block2(self.block1(F.relu(self.first(x))))
        return self.score(x.mean((2, 3)))


NETWORKS = {"MLP": MLP, "LeNet": LeNet, "ResNet": ResNet}
