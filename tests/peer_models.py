"""The architectures of minigrad.models as PyTorch programs, written from what was published, with the same keys.

ResNet is torchvision's as far as names go, so that a state of one is a state of the other.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F


def conv(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, bias=False)


class Residual(nn.Module):
    """A block of convolutions (channels out, size, stride), each with a norm, beside a shortcut."""

    def __init__(self, inputs: int, convolutions: list[tuple[int, int, int]], downsample: nn.Module | None):
        super().__init__()
        self.count = len(convolutions)
        for number, (outputs, size, stride) in enumerate(convolutions, 1):
            self.add_module(f"conv{number}", conv(inputs, outputs, size, stride))
            self.add_module(f"bn{number}", nn.BatchNorm2d(outputs))
            inputs = outputs
        self.downsample = downsample

    def forward(self, x):
        z = x
        for number in range(1, self.count + 1):
            z = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(z))
            z = F.relu(z) if number < self.count else z
        return F.relu(z + (x if self.downsample is None else self.downsample(x)))


class Padded(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.channels = channels

    def forward(self, x):
        zeros = x.new_zeros(len(x), self.channels - x.shape[1], x.shape[2] // 2, x.shape[3] // 2)
        return torch.cat([x[:, :, ::2, ::2], zeros], 1)


class ResNet(nn.Module):
    def __init__(self, layers, bottleneck=False, classes=1000, width=64, cifar=False):
        super().__init__()
        self.conv1 = conv(3, width, 3) if cifar else conv(3, width, 7, 2)
        self.bn1, self.cifar, self.layers = nn.BatchNorm2d(width), cifar, len(layers)
        channels = width
        for number, blocks in enumerate(layers):
            planes, stage = width * 2**number, []
            for place in range(blocks):
                stride = 2 if number and not place else 1
                outputs = 4 * planes if bottleneck else planes
                inner = [(planes, 1, 1), (planes, 3, stride), (outputs, 1, 1)]
                inner = inner if bottleneck else [(planes, 3, stride), (planes, 3, 1)]
                beside = None
                if stride == 2 or channels != outputs:
                    norm = nn.BatchNorm2d(outputs)
                    beside = Padded(outputs) if cifar else nn.Sequential(conv(channels, outputs, 1, stride), norm)
                stage.append(Residual(channels, inner, beside))
                channels = outputs
            self.add_module(f"layer{number + 1}", nn.Sequential(*stage))
        self.fc = nn.Linear(channels, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = x if self.cifar else F.max_pool2d(x, 3, 2, 1)
        for number in range(self.layers):
            x = getattr(self, f"layer{number + 1}")(x)
        return self.fc(x.mean((2, 3)))


class LeNet(nn.Module):
    def __init__(self, classes=10, size=32):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=0 if size == 32 else 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, classes)

    def forward(self, x):
        x = F.avg_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.avg_pool2d(torch.tanh(self.conv2(x)), 2)
        return self.fc3(torch.tanh(self.fc2(torch.tanh(self.fc1(x.flatten(1))))))


class CharRNN(nn.Module):
    def __init__(self, words, embedding, hidden, layers):
        super().__init__()
        self.embedding = nn.Embedding(words, embedding)
        self.lstm = nn.LSTM(embedding, hidden, layers, batch_first=True)
        self.head = nn.Linear(hidden, words)

    def forward(self, tokens):
        return self.head(self.lstm(self.embedding(tokens))[0])


class Attention(nn.Module):
    def __init__(self, size: int, heads: int):
        super().__init__()
        self.heads, self.qkv, self.out = heads, nn.Linear(size, 3 * size), nn.Linear(size, size)

    def forward(self, x):
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.qkv(x).chunk(3, -1))
        read = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(read.transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self, size: int, heads: int):
        super().__init__()
        self.norm1, self.attention, self.norm2 = nn.LayerNorm(size), Attention(size, heads), nn.LayerNorm(size)
        self.mlp = nn.Sequential(nn.Linear(size, 4 * size), nn.GELU(), nn.Linear(4 * size, size))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    def __init__(self, words, length, size, heads, layers, tied=True):
        super().__init__()
        self.length, self.embedding, self.position = length, nn.Embedding(words, size), nn.Embedding(length, size)
        self.blocks = nn.ModuleList(Block(size, heads) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(size), nn.Linear(size, words, bias=False)
        if tied:
            self.head.weight = self.embedding.weight
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                adds = name.endswith(("attention.out.weight", "mlp.2.weight"))
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * layers) if adds else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, tokens):
        x = self.embedding(tokens) + self.position(torch.arange(tokens.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


@torch.no_grad()
def generated(model, tokens, count, length, temperature, top_k=None, uniform=None):
    """`tokens` (N, L) and `count` more: the whole text is read anew for each. Draws turn `uniform()` into tokens."""
    for _ in range(count):
        scores = model(tokens[:, -length:])[:, -1]
        if temperature == 0:
            new = scores.argmax(-1, keepdim=True)
        else:
            scores = scores / temperature
            if top_k:
                least = scores.topk(top_k).values[:, -1:]
                scores = scores.masked_fill(scores < least, -math.inf)
            new = torch.searchsorted(scores.softmax(-1).cumsum(-1), uniform(len(scores)))
        tokens = torch.cat([tokens, new], 1)
    return tokens
