"""The nets of a solver: which files or messages they come from, and the states they are built for.

The net to train is named by exactly one of `net`, `net_param`, `train_net` and `train_net_param`. The nets to test are
those of `test_net_param` and `test_net`, and then the general net, as often as there are `test_iter` left for it.
"""

from __future__ import annotations

from pathlib import Path

from minigrad.caffe.message import Message
from minigrad.caffe.net import Net
from minigrad.caffe.phases import read_net


def train_net(solver: Message, folder: Path) -> Net:
    """The net to train. Errors: PrototxtError unless exactly one is named."""
    names = [n for n in ("train_net_param", "train_net", "net_param", "net") if solver.has(n)]
    if len(names) != 1:
        raise solver.error(
            "a solver trains exactly one net.",
            got=", ".join(names) or "none",
            expected="one of net, net_param, train_net, train_net_param",
            hint='net: "train_test.prototxt"',
        )
    return _net(_read(getattr(solver, names[0]), folder, solver), "TRAIN", solver.train_state)


def test_nets(solver: Message, folder: Path) -> list[Net]:
    """The nets to test. Errors: PrototxtError where their number and that of `test_iter` differ."""
    sources = [*solver.test_net_param, *solver.test_net]
    general = solver.net_param if solver.has("net_param") else solver.net if solver.has("net") else None
    left = len(solver.test_iter) - len(sources)
    if left < 0 or (left > 0 and general is None):
        raise solver.error(
            "test_iter must stand once for each test net.",
            got=f"{len(solver.test_iter)} test_iter, {len(sources)} test nets",
            expected="as many of one as of the other",
        )
    sources += [general] * left
    if solver.test_state and len(solver.test_state) != len(sources):
        raise solver.error(
            "test_state must stand once for each test net, or not at all.",
            got=f"{len(solver.test_state)} test_state, {len(sources)} test nets",
        )
    if sources and solver.test_interval <= 0:
        raise solver.error(
            "there are test nets, but no test_interval.",
            got=f"test_interval: {solver.test_interval}",
            expected="the number of iterations between tests",
            hint="test_interval: 500",
        )
    states = list(solver.test_state) or [Message("NetState")] * len(sources)
    return [_net(_read(x, folder, solver), "TEST", state) for x, state in zip(sources, states, strict=True)]


def _read(source: str | Message, folder: Path, solver: Message) -> Message:
    if isinstance(source, Message):
        return read_net(source)
    path = folder / source
    if not path.exists() and not Path(source).exists():
        raise solver.error(
            f"the net {source!r} is not there.",
            got=f"no file {path}" + ("" if path == Path(source) else f", nor {source}"),
            expected="a path relative to the solver's file, or to the current folder",
        )
    return read_net(path if path.exists() else Path(source))


def _net(net: Message, phase: str, state: Message) -> Net:
    """Build a net for a state: the phase, what the net says of its state, and what the solver does."""
    level = state.level if state.has("level") else None
    return Net(net, state.phase if state.has("phase") else phase, level=level, stages=list(state.stage))
