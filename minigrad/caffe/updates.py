r"""The updates of Caffe's solvers: what is subtracted from a parameter, given its gradient.

Each is written as Caffe has it. The learning rate :math:`\eta` stands *inside* Caffe's velocity,
:math:`v \leftarrow \mu v + \eta g`, `w \leftarrow w - v`, where PyTorch has it outside, `w \leftarrow w - \eta v`. With a
fixed rate they are the same; when the rate falls, Caffe's velocity still carries steps of the older rate.

A function gets the gradient `g`, an array it may write over; the parameter's memory, `history`; and the rate, which the
parameter's `lr_mult` is in already. It returns the step, in `g` or in memory of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy

from minigrad.caffe.message import Message


class Update(NamedTuple):
    """One kind of solver: how many arrays it remembers for each parameter, and its function."""

    memories: int
    step: Callable[[numpy.ndarray, list[numpy.ndarray], float, Message, int], numpy.ndarray]


def sgd(g: numpy.ndarray, history: list[numpy.ndarray], rate: float, solver: Message, t: int) -> numpy.ndarray:
    r""":math:`v \leftarrow \mu v + \eta g`, and :math:`v` is the step."""
    (v,) = history
    v *= solver.momentum
    v += rate * g
    return v


def nesterov(g: numpy.ndarray, history: list[numpy.ndarray], rate: float, solver: Message, t: int) -> numpy.ndarray:
    r"""As SGD, but from where the velocity will have led: the step is :math:`(1 + \mu) v_{t+1} - \mu v_t`.

    Source: Nesterov, "A method of solving a convex programming problem with convergence rate O(1/k²)" (1983).
    """
    (v,) = history
    before = solver.momentum * v
    v *= solver.momentum
    v += rate * g
    return (1 + solver.momentum) * v - before


def adagrad(g: numpy.ndarray, history: list[numpy.ndarray], rate: float, solver: Message, t: int) -> numpy.ndarray:
    r""":math:`h \leftarrow h + g^2`; the step is :math:`\eta g / (\sqrt h + \delta)`.

    Source: Duchi, Hazan, Singer, "Adaptive Subgradient Methods" (2011).
    """
    (h,) = history
    h += g * g
    return rate * g / (numpy.sqrt(h) + solver.delta)


def rmsprop(g: numpy.ndarray, history: list[numpy.ndarray], rate: float, solver: Message, t: int) -> numpy.ndarray:
    r""":math:`h \leftarrow \rho h + (1 - \rho) g^2`; the step is :math:`\eta g / (\sqrt h + \delta)`.

    Source: Tieleman, Hinton, "Neural Networks for Machine Learning", lecture 6.5 (2012).
    """
    (h,) = history
    h *= solver.rms_decay
    h += (1 - solver.rms_decay) * g * g
    return rate * g / (numpy.sqrt(h) + solver.delta)


def adadelta(g: numpy.ndarray, history: list[numpy.ndarray], rate: float, solver: Message, t: int) -> numpy.ndarray:
    r""":math:`h \leftarrow \mu h + (1 - \mu) g^2`; the step is :math:`\eta d`, :math:`d = g \sqrt{(u + \delta) / (h + \delta)}`.

    Here :math:`u` is the running mean of the earlier :math:`d^2`.

    Source: Zeiler, "ADADELTA: An Adaptive Learning Rate Method" (2012), with a rate besides.
    """
    h, u = history
    h *= solver.momentum
    h += (1 - solver.momentum) * g * g
    d = g * numpy.sqrt((u + solver.delta) / (h + solver.delta))
    u *= solver.momentum
    u += (1 - solver.momentum) * d * d
    return rate * d


def adam(g: numpy.ndarray, history: list[numpy.ndarray], rate: float, solver: Message, t: int) -> numpy.ndarray:
    r""":math:`m \leftarrow \beta_1 m + (1 - \beta_1) g`, :math:`v \leftarrow \beta_2 v + (1 - \beta_2) g^2`; the step is
    :math:`\eta \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \frac{m}{\sqrt v + \delta}`, with :math:`t` from 1.

    In Caffe `momentum` is :math:`\beta_1` and `momentum2` is :math:`\beta_2`. The correction of :math:`v` stands outside the root's
    sum with :math:`\delta`, as in the paper's efficient form; PyTorch has it inside, which differs by the size of :math:`\delta`.
    Source: Kingma, Ba, "Adam: A Method for Stochastic Optimization" (2015), end of section 2.
    """
    m, v = history
    m *= solver.momentum
    m += (1 - solver.momentum) * g
    v *= solver.momentum2
    v += (1 - solver.momentum2) * g * g
    correction = (1 - solver.momentum2**t) ** 0.5 / (1 - solver.momentum**t)
    return rate * correction * m / (numpy.sqrt(v) + solver.delta)


UPDATES = {
    "SGD": Update(1, sgd),
    "Nesterov": Update(1, nesterov),
    "AdaGrad": Update(1, adagrad),
    "RMSProp": Update(1, rmsprop),
    "AdaDelta": Update(2, adadelta),
    "Adam": Update(2, adam),
}
"""The kinds of solvers by the words that `type` takes."""


def check_update(solver: Message) -> None:
    """Errors: PrototxtError where the solver's numbers do not fit its type."""
    limits = {"momentum": solver.momentum, "momentum2": solver.momentum2, "rms_decay": solver.rms_decay}
    for name, value in limits.items():
        if not 0 <= value < 1:
            raise solver.error(f"the solver's {name} is out of range.", got=f"{value}", expected=f"0 <= {name} < 1")
    if solver.type in ("AdaGrad", "RMSProp") and solver.momentum:
        raise solver.error(
            f"{solver.type} has no momentum.",
            got=f"momentum: {solver.momentum}",
            expected="no momentum",
            hint="RMSProp's decay is rms_decay" if solver.type == "RMSProp" else 'type: "Adam" has both',
        )
