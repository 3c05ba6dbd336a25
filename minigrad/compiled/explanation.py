"""What `compiled.explain()` gives: each captured program, when it is replayed, and what was made of it."""

from __future__ import annotations

from html import escape
from typing import Any

from minigrad.graph.fused import Fused


class Explanation:
    """A compiled function, told in words.

    Attributes:
        programs: for each captured program a dictionary: "guards", "breaks", "rewrites" (name, nodes before and after),
            "kernels" (name and source), "replays", "inputs", "outputs", "peak_bytes", "launches" (of a program on a GPU).
        recompiled: why each program after the first was needed.
    """

    def __init__(self, compiled: Any):
        self.name, self.recompiled = compiled.name, list(compiled.recompiled)
        self.programs = [_told(trace) for _, trace in compiled.traces]

    def __repr__(self) -> str:
        lines = [f"{self.name}: {_count(len(self.programs), 'program')} captured"]
        for n, program in enumerate(self.programs):
            why = f", because {self.recompiled[n - 1]}" if 0 < n <= len(self.recompiled) else ""
            lines.append(f"\nprogram {n + 1}{why}")
            if program["breaks"]:
                lines.append("  runs as it is written:")
                for reason in program["breaks"]:
                    lines += [f"    {reason}", f"      try: {reason.hint}"]
            if program["rewrites"]:
                lines.append(
                    f"  replayed {_count(program['replays'], 'time')}; {_count(program['inputs'], 'input')}, "
                    f"{_count(program['outputs'], 'output')}, {program['peak_bytes']:,} bytes of buffers"
                )
                lines += [f"  {program['launches']}"] * bool(program["launches"])
                lines.append("  rewrites (nodes before and after):")
                lines += [f"    {name:<10} {before:>5} {after:>5}" for name, before, after in program["rewrites"]]
            if program["gradients"]:
                lines.append(f"  its gradients, when they are asked for: {program['gradients']} nodes")
            if program["kernels"]:
                lines.append(f"  kernels: {', '.join(name for name, _ in program['kernels'])}")
            if program["guards"]:
                lines.append("  guards:")
                lines += [f"    {guard}" for guard in program["guards"]]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        parts = [f"<b>{escape(self.name)}</b>: {_count(len(self.programs), 'program')} captured"]
        for n, program in enumerate(self.programs):
            why = f", because {escape(self.recompiled[n - 1])}" if 0 < n <= len(self.recompiled) else ""
            parts.append(f"<p><b>Program {n + 1}</b>{why}")
            if program["breaks"]:
                reasons = "".join(f"<li>{escape(str(b))}<br>Try: {escape(b.hint)}</li>" for b in program["breaks"])
                parts.append(f"<br>Runs as it is written:<ul>{reasons}</ul>")
            if program["rewrites"]:
                rows = "".join(
                    f"<tr><td>{escape(name)}</td><td>{before}</td><td>{after}</td></tr>"
                    for name, before, after in program["rewrites"]
                )
                parts.append(f"<br>Replayed {_count(program['replays'], 'time')}. {escape(program['launches'])}")
                parts.append(f"<table><tr><th>rewrite</th><th>nodes before</th><th>after</th></tr>{rows}</table>")
            for name, source in program["kernels"]:
                parts.append(f"<details><summary>kernel {escape(name)}</summary><pre>{escape(source)}</pre></details>")
            guards = "".join(f"<li>{escape(guard)}</li>" for guard in program["guards"])
            parts.append(f"<details><summary>guards</summary><ul>{guards}</ul></details>")
        return "\n".join(parts)


def _told(trace: Any) -> dict[str, Any]:
    program = trace.optimised if trace.program is not None else None
    return {
        "guards": _guards(trace),
        "breaks": list(trace.breaks),
        "rewrites": [(e.name, len(e.before.needed), len(e.after.needed)) for e in trace.rewritten],
        "gradients": ", ".join(f"{before} and then {after}" for before, after in trace.backward),
        "kernels": [] if program is None else _kernels(program),
        "replays": trace.replays,
        "inputs": 0 if program is None else len(program.inputs),
        "outputs": 0 if program is None else len(program.outputs),
        "peak_bytes": 0 if program is None else trace.peak_bytes,
        "launches": getattr(trace.plan, "told", ""),
    }


def _guards(trace: Any) -> list[str]:
    found = [f"recording of gradients is {'on' if trace.recording else 'off'}"]
    for x in trace.lifted:
        recorded = ", requires_grad" if x.recorded else ""
        found.append(f"{x.symbol.name}: {type(x.value).__name__} of shape {x.shape}, {x.dtype}{recorded}")
    found += [repr(guard) for guard in trace.guards]
    found += [f"{type(module).__name__}: mode, options and parameters as they are" for module, _ in trace.modules]
    found += [
        f"a gradient is {'None' if none else 'there'} at the start: {tuple(t.value.shape)}"
        for t, none in trace.first_grads
    ]
    for d in trace.decisions:
        found.append(f"{d.kind.__name__}({d.symbol.name}) is {d.outcome!r}" + (f", at {d.line}" if d.line else ""))
    for u in trace.updates:
        found.append(
            f"{type(u.optimizer).__name__}: {len(u.parameters)} parameters at the same step, by the same formula"
        )
    return found


def _kernels(program: Any) -> list[tuple[str, str]]:
    """The generated kernels with their text."""
    return [(symbol.name, symbol.op.source) for symbol in program.needed if isinstance(symbol.op, Fused)]


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
