"""One file, several nets: which layers belong to training and which to testing.

A layer may say `include { phase: TRAIN }`, or `exclude { stage: "deploy" }`. A net is built for one state: a phase, a
level and a set of stages. A rule is met if all that it asks is so. A layer with rules to include is part of the net if
one of them is met, a layer with rules to exclude if none is.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from minigrad.caffe.message import Message
from minigrad.caffe.prototxt import read
from minigrad.caffe.upgrade import upgraded_net, upgraded_solver


def read_net(
    path_or_text: str | Path | Message,
    phase: str | None = None,
    *,
    level: int | None = None,
    stages: Iterable[str] = (),
) -> Message:
    """Read a net, in the modern form; with a phase, only the layers that belong to that state.

    Args:
        path_or_text: the path of a prototxt file, its text, or a message that was read already.
        phase: "TRAIN" or "TEST"; None for all layers.
    """
    net = upgraded_net(read(path_or_text, "NetParameter")[0])
    return net if phase is None else filtered(net, phase, level=level, stages=stages)


def read_solver(path_or_text: str | Path | Message) -> tuple[Message, Path]:
    """Read a solver, in the modern form; and the folder of its file."""
    solver, folder = read(path_or_text, "SolverParameter")
    return upgraded_solver(solver), folder


def filtered(net: Message, phase: str = "TEST", *, level: int | None = None, stages: Iterable[str] = ()) -> Message:
    """The net with the layers that belong to this state; a copy that holds the state too."""
    net = net.copy()
    state = net.state
    state.phase = phase
    state.level = state.level if level is None else level
    state.stage = [*state.stage, *(name for name in stages if name not in state.stage)]
    net.layer = [layer for layer in net.layer if belongs(layer, state)]
    for layer in net.layer:
        if not layer.has("phase"):
            layer.phase = phase
    return net


def belongs(layer: Message, state: Message) -> bool:
    """Whether a layer is part of the net in this state."""
    if layer.include and layer.exclude:
        raise layer.error(
            f"the layer {layer.name!r} has rules to include and rules to exclude.",
            got=f"{len(layer.include)} include, {len(layer.exclude)} exclude",
            expected="one or the other",
            hint="include { not_stage: … } says within an include what an exclude would",
        )
    if layer.include:
        return any(met(rule, state) for rule in layer.include)
    return not any(met(rule, state) for rule in layer.exclude)


def met(rule: Message, state: Message) -> bool:
    """Whether a state is all that a rule asks."""
    return (
        (not rule.has("phase") or rule.phase == state.phase)
        and (not rule.has("min_level") or rule.min_level <= state.level)
        and (not rule.has("max_level") or rule.max_level >= state.level)
        and set(rule.stage) <= set(state.stage)
        and not set(rule.not_stage) & set(state.stage)
    )
