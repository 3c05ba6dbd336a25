"""`minigrad.compile`: an imperative program captured as a declared graph, rewritten, planned and replayed.

The files in the order in which to read them: `stand_ins` (a graph as another device), `memory` (writes, where nothing is
written), `capture` (what is known while the program runs on symbols), `formulas` and `updates` (optimisers),
`reached` and `sources` (what a function reaches beside its arguments), `program` (what a capture comes to), `gradients`
(results that can be differentiated), `launches` (a program on a GPU), `trace` (guards and the replay), `signature` (whether
two captures agree), `function` (which program for which call) and `explanation`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from minigrad.compiled.explanation import Explanation
from minigrad.compiled.function import Compiled

__all__ = ["Compiled", "Explanation", "compile"]


def compile(function: Callable | None = None, *, explain: bool = False, rewrites: Iterable[str] | None = None) -> Any:
    """The function as a program that is captured once and then replayed: the same results, without Python in between.

    At the first call the function runs on symbols: every operation, those of `backward()` and of `optimizer.step()` too,
    becomes a node of a graph, which is rewritten, planned and run. Later calls check their guards and run the plan. A model,
    a loss, or a whole training step can be compiled; a result can be differentiated as if it were not. Example::

        @minigrad.compile
        def step(x, y):
            optimizer.zero_grad()
            loss = minigrad.nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

    What is guarded: the arguments' structure, shapes, dtypes, `requires_grad` and plain values; numbers and objects that the
    function reaches by their names; modules' modes, options and parameters; hooks; whether gradients are recorded. If a guard
    fails, another program is captured (eight at most). Attributes of other objects, and what NumPy computes of an array that
    a name means, are not guarded: give them as arguments. Parameters, buffers and data are read where they lie at each call;
    learning rates and an optimiser's counts are asked for; random numbers are drawn anew, in the same order.

    Python that looks at a value, `if loss > 1:`, gets it while capturing, and the program holds for that outcome: each replay
    computes the value before anything is written. What no guard can hold (`loss.item()`, `.numpy()`, a tensor put into a
    list outside) is a *break*: from then on the function runs as it is written. So do calls while a film or a view listens.

    On a GPU the program's kernels are captured too, as a graph of launches (`minigrad.cuda.graph`), and launched all at once.
    All tensors must be on one device: what moves between devices inside is a break.

    What Python does beside tensors, such as printing, happens while capturing only: in the first two calls of each kind,
    since the second one captures again, to see that nothing unguarded decides.

    Args:
        function: what is compiled: a function, a method or a module. Left out, this is a decorator with options.
        explain: print what was captured, after each capture.
        rewrites: names of rewrites, from `minigrad.graph.rewrites.REWRITES`; by default all.

    `compiled.explain()` tells guards, breaks with their lines, rewrites and kernels.
    """
    if function is None:
        return lambda given: compile(given, explain=explain, rewrites=rewrites)
    return Compiled(function, rewrites, explain=explain)
