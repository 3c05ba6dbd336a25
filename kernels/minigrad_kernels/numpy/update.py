"""What an optimiser does to a parameter: in place, the parameter and its state together.

These are not operations (they have no gradient); they write into the arrays they are given and return nothing.
"""

import numpy as np


def sgd_update(w, g, velocity, *, lr, momentum, dampening, weight_decay, nesterov, first):
    """One step of stochastic gradient descent as PyTorch defines it (the learning rate outside the velocity)."""
    if weight_decay:
        g = g + weight_decay * w
    if momentum:
        if first:
            velocity[...] = g
        else:
            velocity *= momentum
            velocity += (1 - dampening) * g
        g = g + momentum * velocity if nesterov else velocity
    w -= lr * g


def adam_update(w, g, m, v, *, lr, beta1, beta2, eps, weight_decay, decoupled, step):
    """One step of Adam (Kingma and Ba 2015, algorithm 1); `decoupled` is AdamW (Loshchilov and Hutter 2019)."""
    if weight_decay and decoupled:
        w *= 1 - lr * weight_decay
    elif weight_decay:
        g = g + weight_decay * w
    m += (1 - beta1) * (g - m)
    v *= beta2
    v += (1 - beta2) * (g * g)
    scale = np.sqrt(v)
    scale /= (1 - beta2**step) ** 0.5
    scale += eps
    w -= (lr / (1 - beta1**step)) * m / scale


def accumulate(z, x):
    """z += x, in place."""
    return np.add(z, x, out=z)


TABLE = {"accumulate": accumulate, "sgd_update": sgd_update, "adam_update": adam_update}
