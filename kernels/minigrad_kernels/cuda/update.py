"""Optimiser steps, in place: parameter, gradient and state are each read once and written once.

A thread takes an element of the parameter, and of everything that belongs to it: what the step needs in between stays in its
registers. Composed of single operations, Adam's step would go through memory a dozen times. The time a step takes is that
of its traffic: for Adam seven accesses of 4 bytes a number, whatever is computed of them.

The formulas are those of `minigrad_kernels.numpy.update`. Numbers that are the same for all elements (such as 1 - beta^t) are
computed once, in float64, before the launch, and handed over in the parameter's dtype.
"""

from __future__ import annotations

from typing import Any

from numba import cuda

from minigrad_kernels.cuda.array import Array
from minigrad_kernels.cuda.elementwise import contiguous, elementwise, write
from minigrad_kernels.cuda.intrinsics import absolute, maximum, square_root
from minigrad_kernels.cuda.launch import Kernel, blocks_for, device, kernel, map_threads


@device
def slope_of(w, g, sign, decay):
    """The gradient, turned round to climb, with the decay that belongs to it (which must not touch it where it is 0)."""
    return sign * g + decay * w if decay != 0 else sign * g


@kernel("void(T[::1], T[::1], T, T, T)")
def sgd(w, g, sign, decay, lr):
    """w -= lr g."""
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        w[i] -= lr * slope_of(w[i], g[i], sign, decay)


@kernel("void(T[::1], T[::1], T[::1], T, T, T, T, T, boolean, boolean)")
def sgd_momentum(w, g, velocity, sign, decay, lr, momentum, fresh, nesterov, first):
    """v = mu v + fresh g, then w -= lr v; with Nesterov's look ahead w -= lr (g + mu v). At first v is g."""
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        slope = slope_of(w[i], g[i], sign, decay)
        speed = slope if first else momentum * velocity[i] + fresh * slope
        velocity[i] = speed
        w[i] -= lr * (slope + momentum * speed if nesterov else speed)


@kernel("void(T[::1], T[::1], T[::1], T[::1], T[::1], T, T, T, T, T, T, T, T, T, boolean)")
def adam(w, g, m, v, largest, sign, decay, shrink, toward, keep, fresh, rate, unbiased, eps, amsgrad):
    """m += toward (g - m); v = keep v + fresh g^2; w -= rate m / (unbiased sqrt(v) + eps), or by the largest v so far."""
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        weight = shrink * w[i]
        slope = slope_of(weight, g[i], sign, decay)
        mean = m[i] + toward * (slope - m[i])
        square = keep * v[i] + fresh * (slope * slope)
        m[i], v[i] = mean, square
        if amsgrad:
            square = maximum(largest[i], square)
            largest[i] = square
        w[i] = weight - rate * mean / (unbiased * square_root(square) + eps)


@kernel("void(T[::1], T[::1], T[::1], T[::1], T, T, T, T, T, T, T, T, T, T)")
def nadam(w, g, m, v, sign, decay, shrink, toward, keep, fresh, by_slope, by_mean, unbiased, eps):
    """As `adam`, but w -= (by_slope g + by_mean m) / (unbiased sqrt(v) + eps)."""
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        weight = shrink * w[i]
        slope = slope_of(weight, g[i], sign, decay)
        mean = m[i] + toward * (slope - m[i])
        square = keep * v[i] + fresh * (slope * slope)
        m[i], v[i] = mean, square
        w[i] = weight - (by_slope * slope + by_mean * mean) / (unbiased * square_root(square) + eps)


@kernel("void(T[::1], T[::1], T[::1], T[::1], T, T, T, T, T, T, T, boolean, T)")
def radam(w, g, m, v, sign, decay, shrink, toward, keep, fresh, rate, rectified, eps):
    """As `adam` without the correction of v, which the rate contains; w -= rate m while it is not rectified."""
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        weight = shrink * w[i]
        slope = slope_of(weight, g[i], sign, decay)
        mean = m[i] + toward * (slope - m[i])
        square = keep * v[i] + fresh * (slope * slope)
        m[i], v[i] = mean, square
        step = rate * mean
        w[i] = weight - (step / (square_root(square) + eps) if rectified else step)


@kernel("void(T[::1], T[::1], T[::1], T[::1], T, T, T, T, T, T)")
def adamax(w, g, m, largest, sign, decay, toward, keep, rate, eps):
    """m += toward (g - m); u = max(keep u, |g| + eps); w -= rate m / u."""
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        slope = slope_of(w[i], g[i], sign, decay)
        mean = m[i] + toward * (slope - m[i])
        most = maximum(keep * largest[i], absolute(slope) + eps)
        m[i], largest[i] = mean, most
        w[i] -= rate * mean / most


@kernel("void(T[::1], T[::1], T[::1], T[::1], T[::1], T, T, T, T, T, T, T, boolean, boolean)")
def rmsprop(w, g, square, mean, velocity, sign, decay, lr, keep, fresh, eps, momentum, centered, moving):
    """v = keep v + fresh g^2; w -= lr g / (sqrt(v) + eps): less the squared mean of g in the root, or by a velocity."""
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        slope = slope_of(w[i], g[i], sign, decay)
        spread = keep * square[i] + fresh * (slope * slope)
        square[i] = spread
        if centered:
            middle = mean[i] + fresh * (slope - mean[i])
            mean[i] = middle
            spread -= middle * middle
        step = slope / (square_root(spread) + eps)
        if moving:
            step += momentum * velocity[i]
            velocity[i] = step
        w[i] -= lr * step


@kernel("void(T[::1], T[::1], T[::1], T, T, T, T)")
def adagrad(w, g, total, sign, decay, lr, eps):
    """s += g^2; w -= lr g / (sqrt(s) + eps)."""
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        slope = slope_of(w[i], g[i], sign, decay)
        gathered = total[i] + slope * slope
        total[i] = gathered
        w[i] -= lr * slope / (square_root(gathered) + eps)


@kernel("void(T[::1], T[::1], T[::1], T[::1], T, T, T, T, T, T)")
def adadelta(w, g, square, change, sign, decay, lr, keep, fresh, eps):
    """v = keep v + fresh g^2; d = g sqrt(u + eps) / sqrt(v + eps); u = keep u + fresh d^2; w -= lr d."""
    for i in range(cuda.grid(1), w.size, cuda.gridsize(1)):
        slope = slope_of(w[i], g[i], sign, decay)
        spread = keep * square[i] + fresh * (slope * slope)
        step = square_root(change[i] + eps) / square_root(spread + eps) * slope
        square[i], change[i] = spread, keep * change[i] + fresh * (step * step)
        w[i] -= lr * step


def _update(run: Kernel, arrays: tuple[Array, ...], maximize: bool, weight_decay: float, *numbers: Any) -> None:
    """Launch a step. The arrays are the parameter, its gradient, its state; those that do not lie in order go through copies."""
    w = arrays[0]
    if not w.size:
        return
    rows = {id(x): contiguous(x) for x in arrays}
    number = w.dtype.type
    threads = map_threads()
    run[blocks_for(w.size, threads), threads](
        *(rows[id(x)].view(rows[id(x)].layout.reshape(-1)) for x in arrays),
        number(-1 if maximize else 1),
        number(weight_decay),
        *(n if type(n) is bool else number(n) for n in numbers),
    )
    for place, x in enumerate(arrays):
        if place != 1 and rows[id(x)] is not x:
            write(x, rows[id(x)])


def _decay(lr: float, weight_decay: float, decoupled: bool) -> tuple[float, float]:
    """What is added of the weight to the slope, and what it shrinks to (Loshchilov and Hutter 2019)."""
    return (0.0, 1 - lr * weight_decay) if decoupled else (weight_decay, 1.0)


def sgd_update(w, g, velocity, *, lr, momentum, dampening, weight_decay, nesterov, first, maximize=False):
    if momentum:
        numbers = lr, momentum, 1 - dampening, bool(nesterov), bool(first)
        _update(sgd_momentum, (w, g, velocity), maximize, weight_decay, *numbers)
    else:
        _update(sgd, (w, g), maximize, weight_decay, lr)


def adam_update(
    w, g, m, v, largest=None, *, lr, beta1, beta2, eps, weight_decay, decoupled, step, amsgrad=False, maximize=False
):  # fmt: skip
    decay, shrink = _decay(lr, weight_decay, decoupled)
    numbers = shrink, 1 - beta1, beta2, 1 - beta2, lr / (1 - beta1**step), (1 - beta2**step) ** -0.5, eps
    _update(adam, (w, g, m, v, largest if amsgrad else v), maximize, decay, *numbers, bool(amsgrad))


def nadam_update(
    w, g, m, v, *, lr, beta1, beta2, eps, weight_decay, decoupled, step, by_slope, by_mean, maximize=False
):  # fmt: skip
    decay, shrink = _decay(lr, weight_decay, decoupled)
    numbers = shrink, 1 - beta1, beta2, 1 - beta2, lr * by_slope, lr * by_mean, (1 - beta2**step) ** -0.5, eps
    _update(nadam, (w, g, m, v), maximize, decay, *numbers)


def radam_update(
    w, g, m, v, *, lr, beta1, beta2, eps, weight_decay, decoupled, step, rectification, maximize=False
):  # fmt: skip
    decay, shrink = _decay(lr, weight_decay, decoupled)
    rate = lr / (1 - beta1**step)
    if rectification:
        rate *= rectification * (1 - beta2**step) ** 0.5
    numbers = shrink, 1 - beta1, beta2, 1 - beta2, rate, bool(rectification), eps
    _update(radam, (w, g, m, v), maximize, decay, *numbers)


def adamax_update(w, g, m, largest, *, lr, beta1, beta2, eps, weight_decay, step, maximize=False):
    numbers = 1 - beta1, beta2, lr / (1 - beta1**step), eps
    _update(adamax, (w, g, m, largest), maximize, weight_decay, *numbers)


def rmsprop_update(w, g, square, mean, velocity, *, lr, alpha, eps, weight_decay, momentum, centered, maximize=False):
    """Where there is no mean or no velocity, `square` stands in its place, and is not touched as such."""
    moving = bool(momentum > 0)
    arrays = w, g, square, mean if centered else square, velocity if moving else square
    numbers = lr, alpha, 1 - alpha, eps, momentum, bool(centered), moving
    _update(rmsprop, arrays, maximize, weight_decay, *numbers)


def adagrad_update(w, g, total, *, lr, eps, weight_decay, maximize=False):
    _update(adagrad, (w, g, total), maximize, weight_decay, lr, eps)


def adadelta_update(w, g, square, change, *, lr, rho, eps, weight_decay, maximize=False):
    _update(adadelta, (w, g, square, change), maximize, weight_decay, lr, rho, 1 - rho, eps)


def accumulate(z: Array, x: Array) -> Array:
    """z += x, in place."""
    return elementwise("add", z, x, out=z)


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
