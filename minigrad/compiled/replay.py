"""A replay as straight lines: for a call that is like the last one, the guards, the plan and the writes as one text.

`Trace.mismatch` and `Trace.replay` say in full what must hold and what is done, whatever the program is. Nearly all calls are
like the one before: the same parameters, in the same memory, with other batches. For these a text is written, once, in which
every guard is a comparison by identity; `compiled.explain()` shows it. Where it does not hold, the long way is taken::

    def run(x0):
        with lock:
            x0_array = getattr(x0, "array", None)
            fits = (
                mode.enabled is True
                and optimizer_cell.cell_contents is optimizer
                and (x0 is known[0] and x0_array is known[1] and x0.node is None or fits_1(x0))
                and w.array is w_array
                and w.node is w_node
                …
            )
            if not fits:
                return MISS
            outs = run_plan(x0_array, rate)
            …
"""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.compiled.checks import fits_as, modules_hold_as_in, owner_of, tensor_of
from minigrad.compiled.program import Made
from minigrad.compiled.sources import Argument, GradientOf, Held, InCell, Kept, Named, hooks_of
from minigrad.compiled.structure import mapped
from minigrad.device import cpu
from minigrad.graph.emit import Names
from minigrad.graph.plan import Plan
from minigrad.tape import Clock, mode
from minigrad.tensor import Tensor

MISS: Any = object()
# Between these sizes a kernel's loop, which is slower where it writes what it reads, costs more than a copy afterwards.
_SMALL, _LARGE = 2048, 500_000


class Quick:
    """The replay of a trace for calls with tensors, one after the other, as arguments.

    Attributes:
        source: the text. function: what it defines; it gives MISS where the long way must be taken.
        plan: the trace's program, with the memory of parameters known.
    """

    def __init__(self, trace: Any, count: int):
        self.trace, self._names = trace, Names()
        self._conditions: list[str] = []
        self._lines: list[str] = []
        self._arrays: dict[Any, str] = {}
        arguments = [f"x{n}" for n in range(count)]
        self._names.reserve("fits", "outs", "now", *arguments, *(f"{name}_array" for name in arguments))
        self._guards()
        self._inputs(arguments)
        self._make_plan()
        lines = [
            *(f"{name}_array = getattr({name}, 'array', None)" for name in arguments),
            "try:",
            "    fits = (",
            *(f"        {'and ' * (n > 0)}{condition}" for n, condition in enumerate(self._conditions)),
            "    )",
            "except Exception:  # something that was reached is gone",
            "    fits = False",
            "if not fits:",
            f"    return {self._thing('MISS', MISS)}",
            *self._numbers(),
            *self._run(),
            *self._commit(),
        ]
        head = [f"def run({', '.join(arguments)}):", f"    with {self._thing('lock', trace.lock)}:"]
        self.source = "\n        ".join(["\n".join(head), *lines]) + "\n"
        self.function = self._names.compiled(self.source)

    def _thing(self, name: str, value: Any) -> str:
        return self._names.thing(name, value)

    def _need(self, condition: str) -> None:
        if condition not in self._conditions:
            self._conditions.append(condition)

    # -- what must hold -----------------------------------------------------------------------------------------------

    def _guards(self) -> None:
        trace = self.trace
        self._need(f"{self._thing('mode', mode)}.enabled is {trace.recording}")
        if trace.modules:
            seen = self._thing("seen", [-1])
            hold = self._thing("modules_hold", modules_hold_as_in(trace, self._names.space[seen]))
            self._need(f"({self._thing('Clock', Clock)}.assigned == {seen}[0] or {hold}())")
        for guard in trace.guards:
            value = self._thing(guard.name, guard.value)
            self._need(f"{self._found(guard.source, guard.name)} is {value}")
            if guard.snapshot is not None:
                self._need(f"{self._thing('holds', guard.holds)}(None)")
        for t, was_none in trace.first_grads:
            self._need(f"{self._thing('t', t.value)}.grad is {'None' if was_none else 'not None'}")
        for t, hooks in trace.hooked:
            of = self._thing("t", t.value)
            same = f"{self._thing('hooks_of', hooks_of)}({of}) == {self._thing('hooks', hooks)}"
            self._need(same if hooks else f"not {of}.node.hooks")
        for update in trace.updates:
            self._need(f"{self._thing('differs', update.differs)}() is None")

    def _found(self, source: Any, name: str) -> str:
        """The text that finds what a name means."""
        if isinstance(source, InCell):
            return f"{self._thing(f'{name}_cell', source.cell)}.cell_contents"
        if isinstance(source, Named):
            return f"{self._thing('names', source.names)}.get({source.name!r})"
        if isinstance(source, GradientOf):
            return f"{self._thing('t', source.tensor.value)}.grad"
        if isinstance(source, Kept):
            optimizer = self._thing("optimizer", source.optimizer)
            self._need(f"{optimizer}.state is {self._thing('states', source.optimizer.state)}")
            of = self._thing("state", source.optimizer.state[source.parameter])
            return f"{of}[{source.name!r}]"
        assert isinstance(source, Held)
        return self._thing(name, source.value)

    def _inputs(self, arguments: list[str]) -> None:
        """Each tensor that came in must be what it was; of arguments only what is the same for every batch."""
        owners = {id(owner_of(w.array)) for w, _ in self.trace.finished.writes}
        for x in self.trace.lifted:
            if isinstance(x.source, Argument):
                name = arguments[x.source.place]
                self._arrays[x.symbol] = f"{name}_array"
                known = self._thing("known", [None, None])
                self.trace.short.append(self._names.space[known])
                fits = self._thing("fits", fits_as(x, known=self._names.space[known], owners=owners))
                self._need(
                    f"({name} is {known}[0] and {name}_array is {known}[1] and {name}.node is None or {fits}({name}))"
                )
                continue
            name = x.symbol.name
            if isinstance(x.source, Kept):
                x.take(x.source.find([]))
            value, array = self._thing(name, x.value), self._thing(f"{name}_array", x.array)
            self._arrays[x.symbol] = array
            if not isinstance(x.source, Held):
                self._need(f"{self._found(x.source, name)} is {value}")
            if isinstance(x.value, Tensor):
                self._need(f"{value}.array is {array}")
                self._need(f"{value}.node is {self._thing(f'{name}_node', x.node)}")

    # -- what is done -------------------------------------------------------------------------------------------------

    def _make_plan(self) -> None:
        """The plan for exactly this memory. What can be written where it belongs at once, is."""
        trace = self.trace
        by_place = dict(zip(trace.program.inputs, trace.optimised.inputs, strict=True))
        fixed = {
            by_place[x.symbol]: x.array
            for x in trace.lifted
            if not isinstance(x.source, Argument) and x.array.flags.c_contiguous and x.array.flags.aligned
        }
        self._rest = [s for s in trace.program.inputs if by_place[s] not in fixed]
        outputs = trace.optimised.outputs
        into = {}
        if not trace.decisions:
            used = [made.place for made in trace.finished.known.values() if isinstance(made, Made)]
            for x, place in trace.finished.writes:
                fast = not _SMALL < x.array.size < _LARGE
                if fast and place not in used and by_place[x.symbol] in fixed and x.array.flags.writeable:
                    into[outputs[place]] = by_place[x.symbol]
        self.plan = Plan(trace.optimised, fixed=fixed, into=into)
        self._over = {s for s in trace.program.inputs if by_place[s] in self.plan.overwritten}

    def _numbers(self) -> list[str]:
        """The numbers of this step."""
        lines = []
        for update in self.trace.updates:
            arrays = [self.trace.numbers[s] for s in update.scalars]
            lines.append(f"{self._thing('ask', update.ask)}({self._thing('numbers', arrays)})")
        return lines

    def _run(self) -> list[str]:
        given = []
        for s in self._rest:
            given.append(self._arrays[s] if s in self._arrays else self._thing(s.name, self.trace.numbers[s]))
        return [
            "try:",
            f"    outs = {self._thing('run_plan', self.plan.function)}({', '.join(given)})",
            "except Exception:",
            f"    return {self._thing('failed', self.trace.failed)}()",
        ]

    def _commit(self) -> list[str]:
        trace, lines = self.trace, []
        finished = trace.finished
        for place, (t, made) in enumerate(finished.grads):
            name = self._thing(f"t{place}", t.value)
            if made is None:
                lines.append(f"{name}.grad = None")
            elif isinstance(made, Made) and _plain(made):
                lines.append(f"{name}.grad = {self._thing('tensor', tensor_of)}(outs[{made.place}])")
        written = [w for w, _ in finished.writes if isinstance(w.value, Tensor)]
        for x, place in finished.writes:
            if x.symbol not in self._over:
                lines.append(f"{self._thing('copyto', numpy.copyto)}({self._arrays[x.symbol]}, outs[{place}])")
        if written:
            clock = self._thing("Clock", Clock)
            lines.append(f"{clock}.now = now = {clock}.now + 1")
            for w in written:
                lines.append(f"{self._thing('written', w.value.written)}[:] = now, {trace.name!r}, None")
        lines.append(f"{self._thing('trace', trace)}.replays += 1")
        result = finished.result
        if result is None:
            return [*lines, "return None"]
        if isinstance(result, Made) and _plain(result):
            node = f", {self._thing('spent', result.spent)}" if result.spent is not None else ""
            return [*lines, f"return {self._thing('tensor', tensor_of)}(outs[{result.place}]{node})"]
        return [*lines, f"return {self._thing('result', trace.result)}(outs)"]


def quick(trace: Any, structure: Any) -> Quick | None:
    """The short way for a trace on the CPU, if it can have one: its arguments are tensors without gradients, nothing is decided by
    values or drawn, gradients are new, and what it writes is no argument."""
    finished, arguments = trace.finished, structure[0]
    given_back: list[Any] = []
    mapped(finished.result, Made, given_back.append)
    known = [x.value for x in trace.lifted if not isinstance(x.source, Argument)]  # the text compares these
    simple = (
        trace.device is cpu
        and all(x.same or any(x.value is value for value in known) for x in trace.outside)
        and not structure[1]
        and all(a is Tensor for a in arguments)
        and not (trace.decisions or trace.generators or trace.twice or finished.rebound)
        and all(made is None or (isinstance(made, Made) and _plain(made)) for _, made in finished.grads)
        and not any(made is z for _, made in finished.grads for z in given_back)
        and len({x.symbol for x in trace.lifted}) == len(trace.lifted)
        and not any(
            isinstance(x.source, Argument) and (x.recorded or not x.array.flags.c_contiguous) for x in trace.lifted
        )
        and not any(isinstance(x.source, Argument) for x, _ in finished.writes)
        and len([x for x in trace.lifted if isinstance(x.source, Argument)]) == len(arguments)
        and not any(isinstance(guard.source, Argument) for guard in trace.guards)
    )
    if not simple:
        return None
    trace.let_go()
    return Quick(trace, len(arguments))


def _plain(made: Made) -> bool:
    return not made.bare and not made.leaf and made.grad is None and made.gradients is None
