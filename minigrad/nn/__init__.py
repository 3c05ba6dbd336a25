"""Modules: the hypothesis class as a tree of parts. PyTorch's names, arguments and defaults."""

from minigrad.nn import functional
from minigrad.nn._layers import Flatten, Linear, ReLU, Sequential, Sigmoid, Tanh
from minigrad.nn._losses import CrossEntropyLoss, MSELoss
from minigrad.nn._module import Module, Parameter

__all__ = [
    "CrossEntropyLoss",
    "Flatten",
    "Linear",
    "MSELoss",
    "Module",
    "Parameter",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "functional",
]
