"""Optimiser steps, in place: parameter, gradient and state contiguous and of one dtype."""

from __future__ import annotations

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.entries.kernel import Kernel
from minigrad_kernels.cpu.fits import alike

SGD, SGD_MOMENTUM, ADAM, AMSGRAD, NADAM, ADAMAX, RMSPROP, ADAGRAD, ADADELTA = (
    Loop("update", name)
    for name in ("sgd", "sgd_momentum", "adam", "amsgrad", "nadam", "adamax", "rmsprop", "adagrad", "adadelta")
)


def _ready(loop, maximize, w, g, *state):
    """The loop for these arrays, and the arrays as rows; (None, …) where it cannot take them."""
    run = loop[w.dtype] if alike(w, g, *state) else None
    if run is None:
        return None, ()
    return run, (w.reshape(-1), (-g if maximize else g).reshape(-1), *[x.reshape(-1) for x in state])


def sgd_update(w, g, velocity, *, lr, momentum, dampening, weight_decay, nesterov, first, maximize=False):
    if momentum:
        run, rows = _ready(SGD_MOMENTUM, maximize, w, g, velocity)
        if run is None:
            return NotImplemented
        return run(*rows, lr, momentum, dampening, weight_decay, bool(nesterov), bool(first))
    run, rows = _ready(SGD, maximize, w, g)
    return NotImplemented if run is None else run(*rows, lr, weight_decay)


def adam_update(
    w, g, m, v, largest=None, *, lr, beta1, beta2, eps, weight_decay, decoupled, step, amsgrad=False, maximize=False
):
    state = (m, v, largest) if amsgrad else (m, v)
    run, rows = _ready(AMSGRAD if amsgrad else ADAM, maximize, w, g, *state)
    return NotImplemented if run is None else run(*rows, lr, beta1, beta2, eps, weight_decay, bool(decoupled), step)


def _decay(lr, weight_decay, decoupled):
    """What is added of the weight to the slope, what it shrinks by, and whether anything is added."""
    return weight_decay, 1 - lr * weight_decay if decoupled else 1.0, bool(weight_decay) and not decoupled


def nadam_update(
    w, g, m, v, *, lr, beta1, beta2, eps, weight_decay, decoupled, step, by_slope, by_mean, maximize=False
):
    run, rows = _ready(NADAM, maximize, w, g, m, v)
    if run is None:
        return NotImplemented
    unbiased = 1 / (1 - beta2**step) ** 0.5
    decay = _decay(lr, weight_decay, decoupled)
    return run(*rows, lr * by_slope, lr * by_mean, beta1, beta2, unbiased, eps, *decay, True)


def radam_update(w, g, m, v, *, lr, beta1, beta2, eps, weight_decay, decoupled, step, rectification, maximize=False):
    run, rows = _ready(NADAM, maximize, w, g, m, v)
    if run is None:
        return NotImplemented
    rate, decay = lr / (1 - beta1**step), _decay(lr, weight_decay, decoupled)
    if not rectification:
        return run(*rows, 0.0, rate, beta1, beta2, 0.0, 1.0, *decay, False)
    rate *= rectification * (1 - beta2**step) ** 0.5
    return run(*rows, 0.0, rate, beta1, beta2, 1.0, eps, *decay, False)


def adamax_update(w, g, m, largest, *, lr, beta1, beta2, eps, weight_decay, step, maximize=False):
    run, rows = _ready(ADAMAX, maximize, w, g, m, largest)
    return NotImplemented if run is None else run(*rows, lr / (1 - beta1**step), beta1, beta2, eps, weight_decay)


def rmsprop_update(w, g, square, mean, velocity, *, lr, alpha, eps, weight_decay, momentum, centered, maximize=False):
    mean, velocity = mean if centered else square, velocity if momentum > 0 else square
    run, rows = _ready(RMSPROP, maximize, w, g, square, mean, velocity)
    return NotImplemented if run is None else run(*rows, lr, alpha, eps, weight_decay, momentum, bool(centered))


def adagrad_update(w, g, total, *, lr, eps, weight_decay, maximize=False):
    run, rows = _ready(ADAGRAD, maximize, w, g, total)
    return NotImplemented if run is None else run(*rows, lr, eps, weight_decay)


def adadelta_update(w, g, square, change, *, lr, rho, eps, weight_decay, maximize=False):
    run, rows = _ready(ADADELTA, maximize, w, g, square, change)
    return NotImplemented if run is None else run(*rows, lr, rho, eps, weight_decay)


KERNELS = {
    "sgd_update": Kernel(sgd_update, 8192, (SGD, SGD_MOMENTUM)),
    "adam_update": Kernel(adam_update, 512, (ADAM, AMSGRAD)),
    "nadam_update": Kernel(nadam_update, 512, (NADAM,)),
    "radam_update": Kernel(radam_update, 512, (NADAM,)),
    "adamax_update": Kernel(adamax_update, 512, (ADAMAX,)),
    "rmsprop_update": Kernel(rmsprop_update, 512, (RMSPROP,)),
    "adagrad_update": Kernel(adagrad_update, 512, (ADAGRAD,)),
    "adadelta_update": Kernel(adadelta_update, 512, (ADADELTA,)),
}
