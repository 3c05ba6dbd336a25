"""A small declared graph and its rewrites, for the tests of `RewriteView`. Made by hand: the library's own may change."""

import minigrad as mg
from minigrad.events import Rewrite
from minigrad.graph import Graph, Special, Symbol, gradients
from minigrad.graph.program import Copy, Program
from minigrad.graph.rewrites.common import common
from minigrad.graph.rewrites.fold import fold
from minigrad.graph.rewrites.prune import prune

SOURCE = "def kernel(x, y, z):\n    for i in range(x.size):\n        z[i] = tanh(x[i] + y[i])\n"


def program(names=("x", "w", "b")):
    """z = Σ tanh(x w + b)² + e², written wastefully, with its gradients and a value that nobody asks for."""
    graph = Graph()
    x, w, b = (graph.placeholder(name, shape) for name, shape in zip(names, ((4, 3), (3, 2), (2,)), strict=True))
    z = (mg.tanh(x @ w + b) * mg.tanh(x @ w + b) + mg.exp(graph.constant(2.0))).sum()
    mg.exp(z)
    return Program(graph, [x, w, b], [z, *gradients(z, [w, b])])


def fuse(program, source=SOURCE):
    """Each tanh of a sum as one kernel."""
    copy = Copy(program)
    kernel = Special("fused", lambda x, y: None)
    kernel.source = source
    reads = program.users()
    for symbol in copy.each():
        name = symbol.op.name if symbol.op else ""
        if name == "add" and reads[symbol] and all(u.op.name == "tanh" for u in reads[symbol]):
            continue
        below = symbol.inputs[0] if name == "tanh" else None
        if isinstance(below, Symbol) and below not in copy.new:
            made = copy.graph.special(kernel, copy.inputs(below), {}, symbol.shape, symbol.dtype)
            copy.replace(below, made)
            copy.replace(symbol, made)
        else:
            copy.keep(symbol)
    return copy.program()


def record(before=None, source=SOURCE):
    """What a listener would have heard."""
    before, heard = before or program(), []
    for name, rewrite in {"prune": prune, "fold": fold, "common": common, "fuse": lambda p: fuse(p, source)}.items():
        after = rewrite(before)
        heard.append(Rewrite(name, before, after))
        before = after
    return heard


def chain(length):
    """A long graph of which a few values in the middle are equal."""
    graph = Graph()
    x = graph.placeholder("x", (3,))
    z = x
    for n in range(length):
        z = mg.tanh(z) * mg.tanh(z) if n == length // 2 else mg.sin(z)
    return Program(graph, [x], [z.sum()])
