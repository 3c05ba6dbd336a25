"""Options of a session and of a run."""

from __future__ import annotations

from typing import Any

from minigrad.tf1.errors import InvalidValue

_OF_DEVICES = (
    "allow_soft_placement", "log_device_placement", "intra_op_parallelism_threads", "inter_op_parallelism_threads",
    "gpu_options", "device_count", "graph_options",
)  # fmt: skip


class ConfigProto:
    """Options of a session.

    Args:
        rewrites: True for all rewrites of the program before it runs, False to run it as declared, or names of some.
        others: TensorFlow's options of devices and threads are taken, and have no meaning here.

    Errors: ValueError for an option that TensorFlow does not have either.
    """

    def __init__(self, *, rewrites: Any = True, **others: Any):
        self.rewrites = rewrites
        for name, value in others.items():
            if name not in _OF_DEVICES:
                raise InvalidValue(
                    f"ConfigProto has no field {name!r}.",
                    got=f"{name}={value!r}",
                    expected=f"rewrites, or one of {', '.join(_OF_DEVICES)}",
                    hint="tf.ConfigProto(rewrites=False) runs the graph as declared",
                )
            setattr(self, name, value)


class RunOptions:
    """Options of a run: how much of it is noted in the `RunMetadata`."""

    NO_TRACE, SOFTWARE_TRACE, HARDWARE_TRACE, FULL_TRACE = 0, 1, 2, 3

    def __init__(self, trace_level: int = 0, timeout_in_ms: int = 0):
        self.trace_level, self.timeout_in_ms = trace_level, timeout_in_ms


__all__ = ["ConfigProto", "RunOptions"]
