"""Views on programs written with minigrad: they read films and public state, and draw.

`GraphView` draws a program, `LiveGraph` while it runs, `BackwardStepper` steps through its backward pass, `ModuleTree`
lists a model's parts, `TrainingMonitor` follows a training run, `KernelView` steps through the memory accesses of a
kernel, `RewriteView` through the rewrites of a graph, `NetView` through the layers of a Caffe net. `AbstractionsView` shows
one network as layers, as a declared graph and as a tape. `BatchView` shows images, and what a
transform makes of them. `OptimizerPlayground` lets optimisers race.
The engine never imports anything from here.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minigrad_widgets.abstractions_view import AbstractionsView
    from minigrad_widgets.backward_stepper import BackwardStepper
    from minigrad_widgets.batch_view import BatchView
    from minigrad_widgets.gradient_view import GradientView
    from minigrad_widgets.graph_view import GraphView
    from minigrad_widgets.kernel_view import KernelView
    from minigrad_widgets.layer_statistics import LayerStatistics, record_activations
    from minigrad_widgets.live_graph import LiveGraph
    from minigrad_widgets.module_tree import ModuleTree
    from minigrad_widgets.net_view import NetView
    from minigrad_widgets.optimizer_playground import OptimizerPlayground
    from minigrad_widgets.racing import Surface, race
    from minigrad_widgets.rewrite_view import RewriteView
    from minigrad_widgets.schedule_picture import plot_schedule
    from minigrad_widgets.tracing import Cache, trace
    from minigrad_widgets.training_monitor import TrainingMonitor

__all__ = [
    "AbstractionsView",
    "BackwardStepper",
    "BatchView",
    "Cache",
    "GradientView",
    "GraphView",
    "KernelView",
    "LayerStatistics",
    "LiveGraph",
    "ModuleTree",
    "NetView",
    "OptimizerPlayground",
    "RewriteView",
    "Surface",
    "TrainingMonitor",
    "plot_schedule",
    "record_activations",
    "trace",
]

_PLACES = {
    "AbstractionsView": "abstractions_view",
    "BackwardStepper": "backward_stepper",
    "BatchView": "batch_view",
    "Cache": "tracing",
    "GradientView": "gradient_view",
    "GraphView": "graph_view",
    "KernelView": "kernel_view",
    "LayerStatistics": "layer_statistics",
    "LiveGraph": "live_graph",
    "ModuleTree": "module_tree",
    "NetView": "net_view",
    "OptimizerPlayground": "optimizer_playground",
    "RewriteView": "rewrite_view",
    "Surface": "racing",
    "TrainingMonitor": "training_monitor",
    "plot_schedule": "schedule_picture",
    "race": "racing",
    "record_activations": "layer_statistics",
    "trace": "tracing",
}


def __getattr__(name: str) -> Any:
    """A view is imported when it is first named: only then must ipywidgets and anywidget be there."""
    if name not in _PLACES:
        raise AttributeError(f"module 'minigrad_widgets' has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(f"minigrad_widgets.{_PLACES[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("minigrad"):
            raise
        raise ModuleNotFoundError(
            f"{name} needs the package {error.name!r}, which is not installed.\n"
            f"  got:      no module named {error.name!r} in this environment\n"
            "  expected: minigrad with its widgets\n"
            '  try:      pip install "minigrad[widgets]", then restart the kernel',
            name=error.name,
        ) from error


def __dir__() -> list[str]:
    return __all__
