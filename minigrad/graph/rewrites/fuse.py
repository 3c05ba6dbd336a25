"""Fusion: what runs over the same elements becomes one kernel.

`tanh(x + b)`, done one operation after the other, writes x + b to memory and reads it back. For an array that is larger
than the caches this is what takes the time; for a small one it is the call of one function more. One kernel for both
reads each element once, does everything to it in registers, and writes it once. The gradient rules of a whole network
are long chains of such operations, and so is an optimiser's update.

A kernel may end in reductions: over the last axes, as in a loss or a layer norm, and over the first, as in the gradient
of a bias, which is summed over the batch while the rest goes by. What is only repeated (`broadcast_to`) is read where it
is. A linear layer is cut in two, the product for BLAS and the bias, which joins what follows; and a loss that is a mean of
squares is written as one.

`minigrad.graph.clusters` finds the groups, `minigrad.graph.description` says them to the generator of kernels.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from minigrad.device import cpu
from minigrad.graph.clusters import Clusters, Group
from minigrad.graph.description import REDUCTIONS, Description, describe, source_of
from minigrad.graph.fused import Fused
from minigrad.graph.ir import Symbol
from minigrad.graph.program import Copy, Program, joined, rewritten
from minigrad.op import OPS
from minigrad.ops.elementwise import sub
from minigrad_kernels.fuse import NotFusible


def fuse(program: Program) -> Program:
    """The program with generated kernels in it; the same if the backend has none."""
    if not program.device.fuses:
        return program
    try:
        program.device.find_scalar("add", {})
    except NotFusible:
        return program
    cut = rewritten(program, _cut)
    after = _fused(cut)
    after.origin = joined(cut.origin, after.origin)
    return after


def _cut(copy: Copy, symbol: Symbol) -> None:
    """x w^T + b as a product and an addition; a loss of differences as what it is made of."""
    inputs = copy.inputs(symbol)
    if symbol.op is OPS["linear"] and len(inputs) == 3 and inputs[2] is not None:
        product = copy.graph._add(f"{symbol.name}_product", symbol.op, inputs[:2], {}, symbol.shape, symbol.dtype)
        copy.put(symbol, OPS["add"], (product, inputs[2]), {})
    elif symbol.op in (OPS["mse_loss"], OPS["l1_loss"]) and all(isinstance(x, Symbol) for x in inputs):
        each = sub(*inputs)
        each = each * each if symbol.op is OPS["mse_loss"] else each.abs()
        reduction = symbol.parameters.get("reduction", "mean")
        if reduction in ("mean", "sum") and math.prod(each.shape):
            copy.put(symbol, OPS[reduction], (each,), {})


def scalar(symbol: Symbol, device: Any = cpu) -> tuple[str, tuple[float, ...]] | None:
    """The scalar function of an elementwise operation, and the numbers that it takes beside the inputs."""
    if not symbol.op.elementwise or symbol.op is not OPS.get(symbol.op.name) or symbol.op.name == "cast":
        return None
    return device.find_scalar(symbol.op.name, symbol.op.parameters | symbol.parameters)


def _fused(program: Program) -> Program:
    copy, users, outputs = Copy(program), program.users(), set(program.outputs)
    symbols = [s for s in program.needed if s not in copy.new]
    awaited = {x for s in symbols for x in s.after}  # whoever waits for one of these waits for a node
    alone = set(awaited)  # and what turns out not to be fusible
    while True:
        clusters = Clusters(symbols, outputs, partial(scalar, device=program.device), alone)
        kernels, failed = _kernels(clusters, users, outputs, program.device)
        if not failed:
            break
        alone |= failed
    for group in clusters.in_order():
        if group.number in kernels:
            _put(copy, group, *kernels[group.number])
        else:
            for symbol in group.members:
                repeats = symbol.op is not None and symbol.op.name == "broadcast_to" and symbol not in awaited
                if not repeats or _is_read(symbol, clusters, users, outputs):
                    copy.keep(symbol)
    return copy.program()


def _kernels(
    clusters: Clusters, users: dict[Symbol, list[Symbol]], outputs: set[Symbol], device: Any
) -> tuple[dict[int, tuple[Fused, Description, list[Symbol]]], set[Symbol]]:
    """A node for each group, and the members of groups that cannot be one."""
    found, failed = {}, set()
    for number, group in clusters.groups.items():
        if group.dtype is None:
            continue
        results = [s for s in group.members if s in outputs or _read_outside(s, group, clusters, users, outputs)]
        try:
            find = partial(scalar, device=device)
            description = describe(group.members, results, group.shape, group.dtype, group.reduced, find)
            found[number] = Fused(group.members, results, description, device), description, results
        except NotFusible:  # mostly for a reduction, so the others may yet be one kernel
            reductions = {s for s in group.members if s.op.name in REDUCTIONS}
            failed |= reductions or set(group.members)
    return found, failed


def _read_outside(s: Symbol, group: Group, clusters: Clusters, users: Any, outputs: set[Symbol]) -> bool:
    """Whether anything but the group reads a value."""
    for user in users[s]:
        if source_of(user) is not user:  # what is repeated is read by whoever reads the repetition
            if user in outputs or _read_outside(user, group, clusters, users, outputs):
                return True
        elif clusters.of.get(user) is not group and user in clusters.of:
            return True
    return False


def _is_read(s: Symbol, clusters: Clusters, users: Any, outputs: set[Symbol]) -> bool:
    """Whether a repetition is read as such: kernels read what is repeated."""

    def reads(user: Symbol) -> bool:
        group = clusters.of.get(user)
        return group is not None and group.dtype is None

    return s in outputs or any(
        reads(user) and (source_of(user) is user or _is_read(user, clusters, users, outputs)) for user in users[s]
    )


def _put(copy: Copy, group: Group, op: Fused, description: Description, results: list[Symbol]) -> None:
    """The group's node into the new graph, with its parts if it has several results."""
    inputs = tuple(copy.new[x] for x in description.reads)
    if len(results) == 1:
        node = copy.put(results[0], op, inputs, {})
    else:
        node = copy.graph.special(op, inputs, dtype=group.dtype)
        for n, s in enumerate(results):
            copy.replace(s, copy.graph.part(node, n, s.shape, s.dtype, name=s.name))
    copy.made_of(node, group.members)
