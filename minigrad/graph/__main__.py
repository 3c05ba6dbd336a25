"""`python -m minigrad.graph`: what each rewrite does to two programs, as a table; with a path, written to that file.

The programs are a block of a transformer and a block of a ResNet, each with its loss, the gradients of its parameters, and
an update of them by gradient descent. With the path `docs/rewrites.md` it makes that page.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path

import minigrad as mg
from minigrad.graph import REWRITES, Graph, Plan, Program, Symbol, gradients
from minigrad.graph.fused import Fused

PAGE = """# What rewrites do

Made by `python -m minigrad.graph docs/rewrites.md`; `minigrad/graph/rewrites/` has a file for each of them, which says what it
does and why it may.

Two programs, as somebody would declare them: a block of a network with its loss and a decay of the weights, what is only for
looking at (the share of right answers), the gradients, and an update of all parameters by gradient descent. *Nodes* are all
symbols of the graph, inputs and constants included. *Kernels* are the operations of a run that compute something: views of
memory do not. *Peak* is the most memory that a plan of the program holds at a time, beside inputs and constants. Until memory
is laid out, every value that is written into a buffer has one of its own; what kernels bring themselves is let go when it was
read for the last time.

A rewrite may make the peak larger for a while: a square that becomes a product, for example, is written into a buffer.
"""


def transformer(batch: int = 8, length: int = 64, width: int = 128, heads: int = 4) -> Program:
    """A block as in GPT-2: attention to what came before and a network of two layers, each behind a layer norm."""
    graph, each = Graph(), width // heads
    x = graph.placeholder("x", (batch, length, width))
    target = graph.placeholder("target", (batch * length,), "int64")
    parameters: list[Symbol] = []

    def parameter(name: str, *shape: int) -> Symbol:
        parameters.append(graph.variable(name, shape))
        return parameters[-1]

    def norm(x: Symbol, name: str) -> Symbol:
        return mg.standardize(x, parameter(f"{name}_w", width), parameter(f"{name}_b", width), dim=(-1,))

    def layer(x: Symbol, name: str, outputs: int) -> Symbol:
        return mg.linear(x, parameter(f"{name}_w", outputs, x.shape[-1]), parameter(f"{name}_b", outputs))

    h = layer(norm(x, "norm1"), "qkv", 3 * width).reshape((batch, length, 3, heads, each)).permute((2, 0, 3, 1, 4))
    q, k, v = h[0], h[1], h[2]
    places = graph.constant(range(length), dtype="int64")
    earlier = places.reshape((length, 1)) >= places.reshape((1, length))
    attention = mg.where(earlier, q @ k.mT * each**-0.5, -1e9).softmax(-1)
    mixed = (attention @ v).permute((0, 2, 1, 3)).reshape((batch, length, width))
    x = x + layer(mixed, "out", width)
    h = layer(norm(x, "norm2"), "up", 4 * width)
    h = 0.5 * h * (1 + (math.sqrt(2 / math.pi) * (h + 0.044715 * h**3)).tanh())  # gelu, as GPT-2 has it
    x = x + layer(h, "down", width)
    scores = x.reshape((batch * length, width))
    return _training(graph, scores, target, parameters)


def resnet(batch: int = 8, channels: int = 32, size: int = 16) -> Program:
    """A block of He et al. 2015: two convolutions with batch norm beside a shortcut, and a linear layer on the means."""
    graph = Graph()
    x = graph.placeholder("x", (batch, channels, size, size))
    target = graph.placeholder("target", (batch,), "int64")
    parameters: list[Symbol] = []

    def parameter(name: str, *shape: int) -> Symbol:
        parameters.append(graph.variable(name, shape))
        return parameters[-1]

    def layer(x: Symbol, name: str) -> Symbol:
        z = mg.conv2d(x, parameter(f"{name}_w", channels, channels, 3, 3), padding=1)
        shape = (1, channels, 1, 1)
        scale, shift = parameter(f"{name}_scale", channels), parameter(f"{name}_shift", channels)
        return mg.standardize(z, scale.reshape(shape), shift.reshape(shape), dim=(0, 2, 3))

    h = mg.relu(layer(mg.relu(layer(x, "conv1")), "conv2") + x)
    scores = mg.linear(h.mean((2, 3)), parameter("last_w", 10, channels), parameter("last_b", 10))
    return _training(graph, scores, target, parameters)


def _training(graph: Graph, scores: Symbol, target: Symbol, parameters: list[Symbol]) -> Program:
    """The loss of the scores, and parameters after a step of gradient descent; and what is not asked for."""
    loss = mg.cross_entropy(scores, target)
    for p in parameters:
        if len(p.shape) > 1:
            loss = loss + 0.5e-4 * (p**2).sum()  # decay
    (scores.argmax(1) == target).cast(dtype="float32").mean()
    found = zip(parameters, gradients(loss, parameters), strict=True)
    updated = [p - 0.1 * g for p, g in found if g is not None]
    inputs = [s for s in graph.symbols if s.kind in ("placeholder", "variable")]
    return Program(graph, inputs, [loss, *updated])


def table(program: Program) -> str:
    """A line for the program as it was declared, and one after each rewrite."""
    lines = ["| after | nodes | kernels | of them generated | peak |", "| --- | ---: | ---: | ---: | ---: |"]
    lines.append(_line("(as declared)", program))
    for name, rewrite in REWRITES.items():
        program = rewrite(program)
        lines.append(_line(name, program))
    return "\n".join(lines)


def _line(name: str, program: Program) -> str:
    plan = Plan(program)
    kernels = sum(step.bytes > 0 for step in plan.steps)
    generated = sum(isinstance(step.symbol.op, Fused) for step in plan.steps)
    return f"| {name} | {len(program)} | {kernels} | {generated} | {plan.peak_bytes / 2**20:.2f} MiB |"


PROGRAMS: dict[str, Callable[[], Program]] = {"A transformer block": transformer, "A ResNet block": resnet}


def page() -> str:
    """The page of the documentation."""
    parts = [PAGE]
    for title, make in PROGRAMS.items():
        what = " ".join((make.__doc__ or "").split())
        parts.append(f"## {title}\n\n{what}\n\n{table(make())}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(page())
    else:
        print(page())
