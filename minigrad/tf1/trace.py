"""What a run did: which nodes ran, in which order, for how long; and the same as a picture of time."""

from __future__ import annotations

import json
import time
from typing import Any, NamedTuple

from minigrad.graph.ir import Symbol


class NodeStats(NamedTuple):
    """One node that ran. Times are in microseconds: of the beginning since 1970, of the rest since this beginning.

    `nodes` are the operations of the declared graph that it stands for: one, or those that a rewrite joined.
    """

    node_name: str
    op: str
    nodes: tuple[str, ...]
    inputs: tuple[str, ...]
    all_start_micros: float
    op_start_rel_micros: float
    op_end_rel_micros: float
    all_end_rel_micros: float
    bytes: int

    @property
    def timeline_label(self) -> str:
        return f"{self.node_name} = {self.op}({', '.join(self.inputs)})"

    @property
    def duration(self) -> float:
        """Microseconds from its beginning to its end."""
        return self.op_end_rel_micros - self.op_start_rel_micros


class DeviceStats(NamedTuple):
    """The nodes that ran on one device, in order."""

    device: str
    node_stats: list[NodeStats]


class StepStats(NamedTuple):
    """The devices of a run: here one."""

    dev_stats: list[DeviceStats]


class RunMetadata:
    """What a run with `RunOptions(trace_level=RunOptions.FULL_TRACE)` did. The next run writes it anew.

    Attributes: step_stats (TensorFlow's form of it); nodes (the nodes that ran, in order); step (what the session had
    prepared: the program, and what rewrites made of it).
    """

    def __init__(self) -> None:
        self.step_stats = StepStats([])
        self.step: Any = None

    @property
    def nodes(self) -> list[NodeStats]:
        return [node for device in self.step_stats.dev_stats for node in device.node_stats]

    @property
    def names(self) -> list[str]:
        """The operations of the declared graph that ran, in order."""
        return list(dict.fromkeys(name for node in self.nodes for name in node.nodes))

    def note(self, step: Any, ran: list[tuple[Symbol, int, int, int]]) -> None:
        """Keep what ran: of each node begin and end in nanoseconds, and the bytes of its value."""
        self.step = step
        now, clock = time.time() * 1e6, time.perf_counter_ns()
        stats = []
        for symbol, start, end, size in ran:
            if symbol.op is None or symbol.op.name == "part":
                continue
            declared = step.declared(symbol)
            names = tuple(dict.fromkeys(s.operation.name for s in declared))
            type_ = declared[0].operation.type if len(names) == 1 else symbol.op.name
            inputs = tuple(x.name for x in symbol.inputs if isinstance(x, Symbol))
            length = (end - start) / 1e3
            begin = now - (clock - start) / 1e3
            stats.append(NodeStats(symbol.name, type_, names, inputs, begin, 0.0, length, length, size))
        self.step_stats = StepStats([DeviceStats("/job:localhost/replica:0/task:0/device:CPU:0", stats)])

    def __repr__(self) -> str:
        return f"<tf.RunMetadata of {len(self.nodes)} nodes, {sum(n.duration for n in self.nodes):.0f} µs>"


class Timeline:
    """The nodes of a run on an axis of time, in the format of chrome://tracing and https://ui.perfetto.dev."""

    def __init__(self, step_stats: StepStats, graph: Any = None):
        self.step_stats = step_stats

    def generate_chrome_trace_format(self, show_dataflow: bool = True, show_memory: bool = False) -> str:
        """The trace as JSON, to be written into a file that these programs open.

        Args:
            show_memory: also a curve of the bytes of the values that were made so far.
        """
        events: list[dict[str, Any]] = []
        for process, device in enumerate(self.step_stats.dev_stats):
            events.append({"name": "process_name", "ph": "M", "pid": process, "args": {"name": device.device}})
            made = 0
            for number, node in enumerate(device.node_stats):
                arguments: dict[str, Any] = {"name": node.node_name, "op": node.op, "bytes": node.bytes}
                arguments |= {f"input{n}": name for n, name in enumerate(node.inputs) if show_dataflow}
                if node.nodes and node.nodes != (node.node_name,):
                    arguments["nodes"] = ", ".join(node.nodes)
                begin = node.all_start_micros + node.op_start_rel_micros
                events.append(
                    {
                        "name": node.op,
                        "cat": "Op",
                        "ph": "X",
                        "pid": process,
                        "tid": 0,
                        "ts": begin,
                        "dur": node.duration,
                        "args": arguments | {"order": number},
                    }
                )
                if show_memory:
                    made += node.bytes
                    events.append(
                        {
                            "name": "bytes",
                            "ph": "C",
                            "pid": process,
                            "ts": begin + node.duration,
                            "args": {"made": made},
                        }
                    )
        return json.dumps({"traceEvents": events}, indent=1)


__all__ = ["RunMetadata", "Timeline"]
