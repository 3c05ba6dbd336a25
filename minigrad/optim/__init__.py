"""Optimisers: parameters and their gradients in, better parameters out. PyTorch's names, arguments and defaults."""

from minigrad.optim._adam import Adam, AdamW
from minigrad.optim._optimizer import Optimizer
from minigrad.optim._sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer"]
