"""The solver: forward, backward, update, again; with tests and snapshots in between.

    solver = caffe.SGDSolver("lenet_solver.prototxt")        # a path, the text itself, or a message
    solver.step(100)
    solver.net.blobs["loss"].data, solver.test_nets[0].forward()
    solver.solve()                                           # on to max_iter

An iteration, in Caffe's order: clear the parameters' diffs; test, if it is time; `iter_size` times forward and backward,
whose diffs accumulate; clip the gradient of all parameters together; divide by `iter_size`; add the weight decay; compute
the step; subtract it. A parameter's diff then holds its step, as in Caffe.

Source: src/caffe/solver.cpp and src/caffe/solvers/sgd_solver.cpp of Caffe 1.0.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy

from minigrad.caffe.message import Message, near
from minigrad.caffe.net import Net
from minigrad.caffe.phases import read_solver
from minigrad.caffe.policies import check_policy, learning_rate
from minigrad.caffe.snapshots import restore, snapshot
from minigrad.caffe.solver_nets import test_nets, train_net
from minigrad.caffe.updates import UPDATES, check_update
from minigrad.random import manual_seed


class Iteration(NamedTuple):
    """What callbacks are told after an iteration.

    Attributes:
        iter: its number, from 0.
        loss: the loss, averaged over `average_loss` iterations.
        rate: the learning rate.
        outputs: the values of the net's outputs by name.
    """

    iter: int
    loss: float
    rate: float
    outputs: dict[str, numpy.ndarray]


class Solver:
    """Trains a net as a solver's prototxt says.

    Paths in the file are relative to the file, or, where nothing is there, to the current folder.

    Attributes:
        param: the SolverParameter.
        net, test_nets: the nets; the test nets share the parameters of `net`.
        iter: how many iterations were done.
        callbacks: functions called with an `Iteration` after each.
        tested: `[(iter, net's number, {output: mean})]`, a line for each test that was made.
        history: for each parameter, the arrays that the update remembers.
    """

    type: ClassVar[str] = ""

    def __init__(self, path_or_text: str | Path | Message):
        self.param, folder = read_solver(path_or_text)
        self.folder: Path = folder
        if self.type:
            self.param.type = self.type
        if self.param.type not in UPDATES:
            raise self.param.error(
                "there is no solver of this type.",
                got=repr(self.param.type),
                expected="one of " + ", ".join(UPDATES),
                hint=near(self.param.type, UPDATES) or None,
            )
        check_policy(self.param)
        check_update(self.param)
        if self.param.regularization_type not in ("L1", "L2"):
            raise self.param.error(
                "there is no such regularization_type.", got=repr(self.param.regularization_type), expected="L1 or L2"
            )
        if self.param.random_seed >= 0:
            manual_seed(self.param.random_seed)
        self.net: Net = train_net(self.param, folder)
        self.test_nets: list[Net] = test_nets(self.param, folder)
        for net in self.test_nets:
            net.share_with(self.net)
        self.iter = 0
        self.callbacks: list[Callable[[Iteration], Any]] = []
        self.tested: list[tuple[int, int, dict[str, Any]]] = []
        self._losses: deque[float] = deque(maxlen=max(1, self.param.average_loss))
        memories = UPDATES[self.param.type].memories
        self.history = [[numpy.zeros_like(blob.data) for _ in range(memories)] for blob in self.net.parameters.blobs]

    def solve(self, resume: str | Path | None = None) -> None:
        """Iterate to `max_iter`, from a snapshot if one is named; test and take a snapshot at the end, where asked for."""
        if resume is not None:
            self.restore(resume)
        self.step(self.param.max_iter - self.iter)
        if self.param.snapshot_after_train and self.param.has("snapshot_prefix") and not self._due(self.param.snapshot):
            self.snapshot()
        if self._due(self.param.test_interval):
            self.test_all()

    def step(self, iterations: int) -> None:
        """Do this many iterations."""
        for _ in range(iterations):
            self._iteration()

    def _iteration(self) -> None:
        if self._due(self.param.test_interval) and (self.iter > 0 or self.param.test_initialization):
            self.test_all()
        self.net.clear_param_diffs()
        loss, outputs = 0.0, {}
        for _ in range(self.param.iter_size):
            outputs = self.net.forward()
            loss += self.net.loss / self.param.iter_size
            self.net.backward()
        self._losses.append(loss)
        rate = learning_rate(self.param, self.iter)
        done = Iteration(self.iter, float(numpy.mean(self._losses)), rate, outputs)
        if self._due(self.param.display):
            self._print(done)
        self.apply_update(rate)
        self.iter += 1
        for callback in self.callbacks:
            callback(done)
        if self._due(self.param.snapshot):
            self.snapshot()

    def apply_update(self, rate: float | None = None) -> None:
        """Change the parameters by their diffs, as the solver's type does at this iteration."""
        rate = learning_rate(self.param, self.iter) if rate is None else rate
        self._clip_gradients()
        update = UPDATES[self.param.type].step
        learnt = self.net.parameters
        for blob, lr_mult, decay_mult, history in zip(learnt.blobs, learnt.lr, learnt.decay, self.history, strict=True):
            data, g = blob.data, blob.diff
            if self.param.iter_size != 1:
                g *= 1 / self.param.iter_size
            decay = self.param.weight_decay * decay_mult
            if decay:
                g += decay * (data if self.param.regularization_type == "L2" else numpy.sign(data))
            g[...] = update(g, history, rate * lr_mult, self.param, self.iter + 1)
            data -= g

    def _clip_gradients(self) -> None:
        """Scale all gradients by one factor, so that their length together is at most `clip_gradients`."""
        limit = self.param.clip_gradients
        if limit < 0:
            return
        norm = sum(float(numpy.vdot(blob.diff, blob.diff)) for blob in self.net.parameters.blobs) ** 0.5
        if norm > limit:
            for blob in self.net.parameters.blobs:
                blob.diff[...] *= limit / norm

    def test_all(self) -> list[dict[str, Any]]:
        """Run each test net for its `test_iter` iterations; the means of its outputs, which are noted in `tested` too."""
        return [self.test(i) for i in range(len(self.test_nets))]

    def test(self, number: int = 0) -> dict[str, Any]:
        """Run one test net; the means of its outputs, and "loss" besides if `test_compute_loss`."""
        net, iterations = self.test_nets[number], self.param.test_iter[number]
        sums: dict[str, Any] = {}
        loss = 0.0
        for _ in range(iterations):
            for name, value in net.forward().items():
                sums[name] = sums.get(name, 0) + numpy.asarray(value, numpy.float64)
            loss += net.loss
        means = {name: total / iterations for name, total in sums.items()}
        means = {name: x.item() if x.size == 1 else x for name, x in means.items()}
        self.tested.append((self.iter, number, means))
        if self.param.display:
            print(f"Iteration {self.iter}, testing net #{number}" + _written(means))
            if self.param.test_compute_loss:
                print(f"    loss = {loss / iterations:.6g}")
        return means

    def snapshot(self) -> Path:
        """Write `PREFIX_iter_N.caffemodel.npz` and `PREFIX_iter_N.solverstate.npz`; the second's path."""
        return snapshot(self)

    def restore(self, path: str | Path) -> None:
        """Go on from a snapshot's `.solverstate.npz`, as if there had been no interruption."""
        restore(self, Path(path))

    def _due(self, interval: int) -> bool:
        return interval > 0 and self.iter % interval == 0

    def _print(self, done: Iteration) -> None:
        print(f"Iteration {done.iter}, loss = {done.loss:.6g}, lr = {done.rate:.6g}{_written(done.outputs)}")

    def __repr__(self) -> str:
        return f"<{self.param.type} solver at iteration {self.iter} of {self.param.max_iter}>"


def _written(outputs: dict[str, Any]) -> str:
    numbers = {name: numpy.asarray(x) for name, x in outputs.items()}
    return "".join(f"\n    {name} = {x.item():.6g}" for name, x in numbers.items() if x.size == 1)


class SGDSolver(Solver):
    """Stochastic gradient descent with momentum."""

    type = "SGD"


class NesterovSolver(Solver):
    """SGD with Nesterov's momentum."""

    type = "Nesterov"


class AdaGradSolver(Solver):
    """A rate for each number, which falls with the sum of its squared gradients."""

    type = "AdaGrad"


class RMSPropSolver(Solver):
    """A rate for each number, by the recent mean of its squared gradients."""

    type = "RMSProp"


class AdaDeltaSolver(Solver):
    """Steps of the size of recent steps."""

    type = "AdaDelta"


class AdamSolver(Solver):
    """Momentum, and a rate for each number."""

    type = "Adam"


def get_solver(path_or_text: str | Path | Message) -> Solver:
    """The solver of the type that the file names."""
    return Solver(path_or_text)
