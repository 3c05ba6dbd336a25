"""Convolutions and pooling, float32 images in PyTorch's order (N, C, H, W)."""

from __future__ import annotations

import torch
import torch.nn.functional as F

import minigrad as mg
from benchmarks.harness import Result, compare
from minigrad import ops

# images, channels in and out, height and width, window, stride, padding
CONVOLUTIONS = [
    (64, 1, 16, 28, 3, 1, 1),
    (64, 16, 32, 28, 3, 1, 1),
    (64, 16, 32, 14, 3, 1, 1),
    (32, 3, 64, 32, 3, 1, 1),
    (32, 64, 64, 32, 3, 1, 1),
    (32, 64, 128, 16, 3, 1, 1),
    (32, 128, 256, 8, 3, 1, 1),
    (32, 64, 128, 32, 3, 2, 1),
    (32, 64, 128, 16, 1, 1, 0),
]
POOLS = {
    "max_pool2d 2×2": (ops.max_pool2d, F.max_pool2d, {"kernel_size": 2}),
    "max_pool2d 3×3, stride 2": (ops.max_pool2d, F.max_pool2d, {"kernel_size": 3, "stride": 2, "padding": 1}),
    "avg_pool2d 2×2": (ops.avg_pool2d, F.avg_pool2d, {"kernel_size": 2}),
}


def run() -> dict[str, list[Result]]:
    """Forward, and forward with backward, against PyTorch's default order of memory and its best (channels_last)."""
    forward, both, best = [], [], []
    for images, inputs, outputs, size, window, stride, padding in CONVOLUTIONS:
        name = f"{images}×{inputs}×{size}×{size} to {outputs}, {window}×{window}" + f", stride {stride}" * (stride > 1)
        options = {"stride": stride, "padding": padding}
        data = [mg.randn(images, inputs, size, size), mg.randn(outputs, inputs, window, window), mg.randn(outputs)]
        ours = [t.detach().requires_grad_() for t in data]
        theirs = [torch.tensor(t.numpy(), requires_grad=True) for t in data]
        last = [p.detach().to(memory_format=torch.channels_last).requires_grad_() if p.ndim == 4 else p for p in theirs]

        def convolve(xs=ours, options=options):
            return ops.conv2d(*xs, **options)

        def peer(xs=theirs, options=options):
            return F.conv2d(*xs, **options)

        def peer_best(xs=last, options=options):
            return F.conv2d(*xs, **options)

        forward.append(compare(name, convolve, peer, rounds=15, turn=0.02))
        both.append(compare(name, trained(convolve, ours), trained(peer, theirs), rounds=15, turn=0.02))
        best.append(compare(name, trained(convolve, ours), trained(peer_best, last), rounds=15, turn=0.02))
    for name, (function, peer_function, options) in POOLS.items():
        data = mg.randn(64, 16, 28, 28).numpy()
        x, p = mg.tensor(data, requires_grad=True), torch.tensor(data, requires_grad=True)

        def pool(x=x, function=function, options=options):
            return function(x, **options)

        def peer_pool(p=p, function=peer_function, options=options):
            return function(p, **options)

        forward.append(compare(f"{name}, 64×16×28×28", pool, peer_pool, rounds=15, turn=0.01))
        both.append(compare(f"{name}, 64×16×28×28", trained(pool, [x]), trained(peer_pool, [p]), rounds=15, turn=0.01))
    return {
        "Convolutions and pooling, forward": forward,
        "Convolutions and pooling, forward and backward": both,
        "Convolutions, forward and backward, PyTorch with channels_last": best,
    }


def trained(function, inputs):
    """The function with its backward pass, from a gradient of ones."""
    z = function()
    seed = mg.ones_like(z) if isinstance(z, mg.Tensor) else torch.ones_like(z)

    def step():
        for x in inputs:
            x.grad = None
        function().backward(seed)

    return step
