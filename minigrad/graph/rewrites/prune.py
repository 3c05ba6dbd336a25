"""Pruning: what nobody asked for is left out.

A declared graph holds everything that its author ever wrote: the accuracy beside the loss, the gradients beside the
prediction. A program asks for some of it. Walking back from what is asked for finds what that needs; the rest does not
run. It is the first advantage of a program that is data: an imperative one computes what its lines say.
"""

from __future__ import annotations

from minigrad.graph.program import Copy, Program


def prune(program: Program) -> Program:
    """The program with only what its outputs need."""
    copy = Copy(program)
    for symbol in program.needed:
        copy.keep(symbol)
    return copy.program()
