"""Declared graphs: symbols, gradients as more graph, and a plain executor."""

from minigrad.graph.executor import needed, run
from minigrad.graph.gradients import gradients
from minigrad.graph.ir import Graph, Symbol
from minigrad.graph.special import Special

__all__ = ["Graph", "Special", "Symbol", "gradients", "needed", "run"]
