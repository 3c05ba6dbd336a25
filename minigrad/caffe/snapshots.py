"""Snapshots of a solver: all that it takes to go on as if nothing had happened.

Two files, as Caffe writes them: the net's parameters, and the solver's state (the iteration, what the updates remember,
the losses over which an average is shown, where the data layers stand, and the state of the random generator). They are
NumPy's .npz, which hold arrays and no code, so a file from elsewhere can be read without danger.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy

from minigrad.caffe.message import PrototxtError
from minigrad.caffe.weights import arrays_of
from minigrad.random import default_generator

if TYPE_CHECKING:
    from minigrad.caffe.solver import Solver


def snapshot(solver: Solver) -> Path:
    """Write both files; the path of the solver's state."""
    if not solver.param.has("snapshot_prefix"):
        raise solver.param.error(
            "a snapshot needs a name.",
            got="no snapshot_prefix",
            expected='snapshot_prefix: "folder/name"',
            hint='solver.param.snapshot_prefix = "lenet"',
        )
    prefix = solver.folder / solver.param.snapshot_prefix
    prefix.parent.mkdir(parents=True, exist_ok=True)
    model = prefix.with_name(f"{prefix.name}_iter_{solver.iter}.caffemodel.npz")
    state = prefix.with_name(f"{prefix.name}_iter_{solver.iter}.solverstate.npz")
    solver.net.save(model)
    arrays: dict[str, Any] = {
        f"history/{i}/{j}": x for i, arrays in enumerate(solver.history) for j, x in enumerate(arrays)
    }
    about = {
        "iter": solver.iter,
        "type": solver.param.type,
        "learned_net": model.name,
        "losses": list(solver._losses),
        "positions": [_positions(net) for net in (solver.net, *solver.test_nets)],
        "random": default_generator().stream.bit_generator.state,
    }
    numpy.savez(state, about=numpy.array(json.dumps(about)), **arrays)
    return state


def restore(solver: Solver, path: Path) -> None:
    """Read both files. Errors: PrototxtError where the snapshot is of another solver; nothing is changed then."""
    arrays = arrays_of(path)
    about = json.loads(str(arrays.pop("about", "{}")))
    mine = {f"history/{i}/{j}": x for i, memory in enumerate(solver.history) for j, x in enumerate(memory)}
    got = (about.get("type"), {name: x.shape for name, x in arrays.items()}, len(about.get("positions", ())))
    if got != (solver.param.type, {name: x.shape for name, x in mine.items()}, 1 + len(solver.test_nets)):
        raise PrototxtError(
            f"{path.name} is no snapshot of this solver.",
            got=f"{got[0] or 'no solver'}, {len(arrays)} arrays, {got[2]} nets",
            expected=f"{solver.param.type}, {len(mine)} arrays of its parameters' shapes, {1 + len(solver.test_nets)} nets",
            hint="only the weights: solver.net.copy_from(… .caffemodel.npz)",
        )
    solver.net.copy_from(path.with_name(about["learned_net"]))
    for name, x in mine.items():
        x[...] = arrays[name]
    solver.iter = about["iter"]
    solver._losses.clear()
    solver._losses.extend(about["losses"])
    for net, positions in zip((solver.net, *solver.test_nets), about["positions"], strict=True):
        for name, position in positions.items():
            if name in net.layer_dict:
                setattr(net.layer_dict[name], "position", position)  # noqa: B010 (only data layers have one)
    default_generator().stream.bit_generator.state = about["random"]


def _positions(net: Any) -> dict[str, int]:
    return {layer.name: layer.position for layer in net.layers if hasattr(layer, "position")}
