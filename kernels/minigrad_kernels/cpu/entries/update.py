"""Optimiser steps, in place."""

from __future__ import annotations

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.entries.kernel import Kernel
from minigrad_kernels.cpu.fits import alike

SGD, SGD_MOMENTUM, ADAM = (Loop("update", name) for name in ("sgd", "sgd_momentum", "adam"))


def sgd_update(w, g, velocity, *, lr, momentum, dampening, weight_decay, nesterov, first):
    """Parameter, gradient and velocity contiguous and of one dtype."""
    if momentum:
        run = SGD_MOMENTUM[w.dtype] if alike(w, g, velocity) else None
        if run is None:
            return NotImplemented
        flat = w.reshape(-1), g.reshape(-1), velocity.reshape(-1)
        return run(*flat, lr, momentum, dampening, weight_decay, bool(nesterov), bool(first))
    run = SGD[w.dtype] if alike(w, g) else None
    return NotImplemented if run is None else run(w.reshape(-1), g.reshape(-1), lr, weight_decay)


def adam_update(w, g, m, v, *, lr, beta1, beta2, eps, weight_decay, decoupled, step):
    """Parameter, gradient and both moments contiguous and of one dtype."""
    run = ADAM[w.dtype] if alike(w, g, m, v) else None
    if run is None:
        return NotImplemented
    flat = w.reshape(-1), g.reshape(-1), m.reshape(-1), v.reshape(-1)
    return run(*flat, lr, beta1, beta2, eps, weight_decay, bool(decoupled), step)


KERNELS = {
    "sgd_update": Kernel(sgd_update, 8192, (SGD, SGD_MOMENTUM)),
    "adam_update": Kernel(adam_update, 512, (ADAM,)),
}
