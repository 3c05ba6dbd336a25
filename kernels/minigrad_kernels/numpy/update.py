"""What an optimiser does to a parameter: in place, the parameter and its state together.

These are not operations (they have no gradient); they write into the arrays they are given and return nothing. Each begins
with the slope: the gradient, turned round to climb (`maximize`), with the weight decay that belongs to it.
"""

import numpy as np


def _slope(w, g, weight_decay, maximize):
    if maximize:
        g = -g
    return g + weight_decay * w if weight_decay else g


def _decayed(w, g, lr, weight_decay, decoupled, maximize):
    """The slope; a decoupled decay shrinks the parameter instead (Loshchilov and Hutter 2019)."""
    if weight_decay and decoupled:
        w *= 1 - lr * weight_decay
        weight_decay = 0
    return _slope(w, g, weight_decay, maximize)


def _moments(m, v, g, beta1, beta2):
    """The running means of the slope and of its square."""
    m += (1 - beta1) * (g - m)
    v *= beta2
    v += (1 - beta2) * (g * g)


def sgd_update(w, g, velocity, *, lr, momentum, dampening, weight_decay, nesterov, first, maximize=False):
    """One step of stochastic gradient descent as PyTorch defines it (the learning rate outside the velocity)."""
    g = _slope(w, g, weight_decay, maximize)
    if momentum:
        if first:
            velocity[...] = g
        else:
            velocity *= momentum
            velocity += (1 - dampening) * g
        g = g + momentum * velocity if nesterov else velocity
    w -= lr * g


def adam_update(
    w, g, m, v, largest=None, *, lr, beta1, beta2, eps, weight_decay, decoupled, step, amsgrad=False, maximize=False
):  # fmt: skip
    """One step of Adam (Kingma and Ba 2015, algorithm 1); with the largest v so far, of AMSGrad (Reddi et al. 2018)."""
    _moments(m, v, _decayed(w, g, lr, weight_decay, decoupled, maximize), beta1, beta2)
    if amsgrad:
        v = np.maximum(largest, v, out=largest)  # type: ignore[call-overload]  (AMSGrad has it)
    scale = np.sqrt(v)
    scale /= (1 - beta2**step) ** 0.5
    scale += eps
    w -= (lr / (1 - beta1**step)) * m / scale


def nadam_update(
    w, g, m, v, *, lr, beta1, beta2, eps, weight_decay, decoupled, step, by_slope, by_mean, maximize=False
):  # fmt: skip
    """One step of NAdam (Dozat 2016), with the shares that the slope and the mean have in it."""
    g = _decayed(w, g, lr, weight_decay, decoupled, maximize)
    _moments(m, v, g, beta1, beta2)
    scale = np.sqrt(v)
    scale /= (1 - beta2**step) ** 0.5
    scale += eps
    w -= (lr * by_slope * g + lr * by_mean * m) / scale


def radam_update(
    w, g, m, v, *, lr, beta1, beta2, eps, weight_decay, decoupled, step, rectification, maximize=False
):  # fmt: skip
    """One step of RAdam (Liu et al. 2020, algorithm 2): Adam's, rectified; by the mean alone while that is 0."""
    _moments(m, v, _decayed(w, g, lr, weight_decay, decoupled, maximize), beta1, beta2)
    rate = lr / (1 - beta1**step)
    if rectification:
        w -= (rate * rectification * (1 - beta2**step) ** 0.5) * m / (np.sqrt(v) + eps)
    else:
        w -= rate * m


def adamax_update(w, g, m, largest, *, lr, beta1, beta2, eps, weight_decay, step, maximize=False):
    """One step of Adamax (Kingma and Ba 2015, algorithm 2)."""
    g = _slope(w, g, weight_decay, maximize)
    m += (1 - beta1) * (g - m)
    np.maximum(beta2 * largest, np.abs(g) + eps, out=largest)
    w -= (lr / (1 - beta1**step)) * m / largest


def rmsprop_update(
    w, g, square, mean, velocity, *, lr, alpha, eps, weight_decay, momentum, centered, maximize=False
):  # fmt: skip
    """One step of RMSprop (Hinton 2012), centred by the mean gradient and gathered in a velocity where these are given."""
    g = _slope(w, g, weight_decay, maximize)
    square *= alpha
    square += (1 - alpha) * (g * g)
    if centered:
        mean += (1 - alpha) * (g - mean)
        scale = np.sqrt(square - mean * mean)
    else:
        scale = np.sqrt(square)
    scale += eps
    if momentum > 0:
        velocity *= momentum
        velocity += g / scale
        w -= lr * velocity
    else:
        w -= lr * g / scale


def adagrad_update(w, g, total, *, lr, eps, weight_decay, maximize=False):
    """One step of Adagrad (Duchi, Hazan and Singer 2011)."""
    g = _slope(w, g, weight_decay, maximize)
    total += g * g
    w -= lr * g / (np.sqrt(total) + eps)


def adadelta_update(w, g, square, change, *, lr, rho, eps, weight_decay, maximize=False):
    """One step of Adadelta (Zeiler 2012, algorithm 1)."""
    g = _slope(w, g, weight_decay, maximize)
    square *= rho
    square += (1 - rho) * (g * g)
    step = np.sqrt(change + eps) / np.sqrt(square + eps) * g
    change *= rho
    change += (1 - rho) * (step * step)
    w -= lr * step


def accumulate(z, x):
    """z += x, in place."""
    return np.add(z, x, out=z)


TABLE = {
    "accumulate": accumulate,
    "sgd_update": sgd_update,
    "adam_update": adam_update,
    "nadam_update": nadam_update,
    "radam_update": radam_update,
    "adamax_update": adamax_update,
    "rmsprop_update": rmsprop_update,
    "adagrad_update": adagrad_update,
    "adadelta_update": adadelta_update,
}
