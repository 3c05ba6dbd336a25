"""Schedules of the learning rate: each changes its optimiser's groups, one `step()` after each epoch (or each batch).

PyTorch's names, arguments, defaults and numbers. A warm-up is a `LinearLR` before another: `SequentialLR(optimizer,
[LinearLR(optimizer, 0.01, total_iters=5), CosineAnnealingLR(optimizer, 95)], milestones=[5])`. `scheduler.curve(steps)` is
what is to come, without a step being taken.
"""

from minigrad.optim.lr_scheduler._composed import ChainedScheduler, SequentialLR
from minigrad.optim.lr_scheduler._cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from minigrad.optim.lr_scheduler._cycles import CyclicLR, OneCycleLR
from minigrad.optim.lr_scheduler._factors import ConstantLR, ExponentialLR, LinearLR, MultiStepLR, PolynomialLR, StepLR
from minigrad.optim.lr_scheduler._lambda import LambdaLR
from minigrad.optim.lr_scheduler._plateau import ReduceLROnPlateau
from minigrad.optim.lr_scheduler._scheduler import LRScheduler

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
