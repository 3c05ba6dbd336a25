"""Declared graphs: symbols, gradients as more graph, a plain executor; programs, their rewrites and their plans.

Rewrites and plans are imported when they are first named: `import minigrad` needs the graph alone.
"""

import importlib
from typing import TYPE_CHECKING, Any

from minigrad.graph.executor import needed, run
from minigrad.graph.gradients import gradients
from minigrad.graph.ir import Graph, Symbol
from minigrad.graph.special import Special

if TYPE_CHECKING:
    from minigrad.graph.plan import Plan
    from minigrad.graph.program import Program
    from minigrad.graph.rewrites import REWRITES, optimise

__all__ = ["REWRITES", "Graph", "Plan", "Program", "Special", "Symbol", "gradients", "needed", "optimise", "run"]

_LATER = {"Plan": "plan", "Program": "program", "REWRITES": "rewrites", "optimise": "rewrites"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
