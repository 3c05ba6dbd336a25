"""Declared graphs: symbols, gradients as more graph, a plain executor; programs, their rewrites and their plans."""

from minigrad.graph.executor import needed, run
from minigrad.graph.gradients import gradients
from minigrad.graph.ir import Graph, Symbol
from minigrad.graph.plan import Plan
from minigrad.graph.program import Program
from minigrad.graph.rewrites import REWRITES, optimise
from minigrad.graph.special import Special

__all__ = ["REWRITES", "Graph", "Plan", "Program", "Special", "Symbol", "gradients", "needed", "optimise", "run"]
