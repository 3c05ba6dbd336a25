"""Optimisers: parameters and their gradients in, better parameters out. PyTorch's names, arguments and defaults."""

from minigrad.optim import lr_scheduler, swa_utils
from minigrad.optim._adadelta import Adadelta
from minigrad.optim._adagrad import Adagrad
from minigrad.optim._adam import Adam, AdamW
from minigrad.optim._adamax import Adamax
from minigrad.optim._nadam import NAdam
from minigrad.optim._optimizer import Optimizer
from minigrad.optim._radam import RAdam
from minigrad.optim._rmsprop import RMSprop
from minigrad.optim._sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "lr_scheduler",
    "swa_utils",
]
