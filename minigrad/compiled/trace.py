"""A captured program: when it may be replayed, and the replay."""

from __future__ import annotations

import threading
from typing import Any

import numpy

from minigrad.compiled.gradients import Replayed, spent_node
from minigrad.compiled.launches import Launches
from minigrad.compiled.program import Finished, Given, Made
from minigrad.compiled.reached import Reached, module_state, same
from minigrad.compiled.sources import Argument, Break, Kept, Lifted, Outside, hooks_of
from minigrad.compiled.stand_ins import set_real_array
from minigrad.compiled.structure import mapped
from minigrad.device import DEVICE_OF_ARRAY, cpu
from minigrad.graph.plan import Plan
from minigrad.graph.program import Program
from minigrad.graph.rewrites import optimise
from minigrad.imperative import wrap
from minigrad.op import OPS
from minigrad.tape import Clock, mode, set_grad_enabled
from minigrad.tensor import Tensor

OTHER: Any = object()  # what a replay gives when a value that Python looked at came out otherwise
FAILED: Any = object()  # and when an operation could not run: the function itself will say why


class Trace:
    """One captured program of a function, for the calls that its guards let in.

    Attributes:
        guards, modules, lifted, first_grads, updates, decisions: what must hold; see `Capture`.
        breaks: why the function runs as it is written where the guards hold; none if the program is replayed.
        program, optimised: before and after the rewrites; rewritten: an event for each of these;
            backward: nodes of the gradients' programs, before and after.
        replays: how often it was replayed; verified: whether a second capture gave the same program.
    """

    def __init__(self, name: str, reached: Reached, capture: Any, recording: bool, leaves: list[Any]):
        self.name, self.recording, self.capture = name, recording, capture
        self.guards = list(reached.guards)
        self.modules = [(m, state) for m, state in {**dict(capture.modules), **dict(reached.modules)}.items()]
        self.device: Any = capture.device or cpu
        self.lifted: list[Lifted] = capture.lifted
        self.first_grads = [(capture.outside_of(t), g is None) for t, g in capture.first_grads.values()]
        self.outside, self.hooked = list(capture.outside.values()), list(capture.hooked.values())
        for x in self.outside:
            x.same = x.same or id(x.value) in reached.twice
        self.updates, self.decisions = list(capture.updates.values()), capture.decisions
        self.breaks: list[Break] = list(capture.breaks)
        self.twice = {id(x) for x in self.lifted if id(x.value) in reached.twice}
        self.rewritten: list[Any] = []
        self.backward: list[tuple[int, int]] = []
        self.program: Program | None = None
        self.replays, self.verified = 0, False
        self.short: list[list[Any]] = []  # for each argument of the short ways, what was seen last
        # NumPy's arrays among the arguments, as long as no capture has seen others.
        self._arrays = [numpy.array(x) for x in leaves if isinstance(x, numpy.ndarray)] or None
        self._assigned = -1
        self.plan: Plan | Launches | None = None
        self.peak_bytes, self._needed_again = 0, False
        self._written: list[tuple[int, int]] = []  # what a run writes itself
        self.lock = threading.RLock()  # a plan's buffers serve one replay at a time

    def prepare(self, finished: Finished, rewrites: Any) -> None:
        """Make the program, and the plan of its rewritten form."""
        self.finished, graph = finished, self.capture.graph
        symbols = list(dict.fromkeys(x.symbol for x in self.lifted))
        self._given = [next(x for x in self.lifted if x.symbol is s) for s in symbols]
        for x, _ in finished.writes:
            x.written = True
        self.generators = self.capture.generators() if self.capture.draws else []
        self.numbers = {s: numpy.zeros((), s.dtype) for u in self.updates for s in u.scalars}
        self.program = Program(graph, [*symbols, *self.numbers], list(finished.outputs), device=self.device)
        self._rewrites = rewrites
        self._operations: dict[int, Replayed] = {}

    def make_plans(self) -> None:
        """The rewritten program's plan, and those of its gradients: before the first replay, not for a comparison."""
        assert self.program is not None
        self.optimised = optimise(self.program, self._rewrites, self.rewritten.append)
        self.plan = Plan(self.optimised) if self.device is cpu else self._launches()
        self.peak_bytes = self.plan.peak_bytes
        for made in self.finished.known.values():
            if isinstance(made, Made) and made.spent is not None:
                made.spent = spent_node(self.name, made.spent)
            elif isinstance(made, Made) and made.gradients is not None:
                g = made.gradients
                backward = Program(self.program.graph, [g.g, *g.needs], g.outputs, device=self.device)
                leaner = optimise(backward, self._rewrites)
                self.backward.append((len(backward.needed), len(leaner.needed)))
                run = Plan(leaner) if self.device is cpu else Launches(leaner, together=[range(len(g.outputs))])
                self._operations[id(made)] = Replayed(self.name, run)

    def _launches(self) -> Launches:
        """The program on a GPU. It writes where the function would have written, unless a decision could still forbid it."""
        assert self.program is not None
        if self.decisions:
            return Launches(self.optimised)
        places = {symbol: n for n, symbol in enumerate(self.program.inputs)}
        self._written = [(places[x.symbol], place) for x, place in self.finished.writes]
        gradients, saved, others = self.finished.read()
        unread = {*range(len(self.program.outputs))} - gradients - saved - others
        return Launches(self.optimised, self._written, together=[gradients, saved], unread=unread)

    def is_verified(self, leaves: list[Any]) -> bool:
        """Whether a second capture has come to the same, and one with other values in NumPy's arrays, which Python can see."""
        return self.verified and (self._arrays is None or self._same_arrays(leaves))

    def verify(self, leaves: list[Any]) -> None:
        """Another capture came to the same program."""
        if self._arrays is not None and not self._same_arrays(leaves):
            self._arrays = None
        self.verified = True

    def _same_arrays(self, leaves: list[Any]) -> bool:
        arrays = [x for x in leaves if isinstance(x, numpy.ndarray)]
        return all(numpy.array_equal(x, y) for x, y in zip(arrays, self._arrays or (), strict=True))

    def plan_in_full(self) -> Plan | Launches:
        """The plan for arrays wherever they lie."""
        if self.plan is None:
            self.plan = Plan(self.optimised)
            self._needed_again = True
        return self.plan

    def let_go(self) -> None:
        """The short way has a plan of its own: two would take twice the memory. Unless this one was missed before."""
        if not self._needed_again:
            self.plan = None

    def give_up(self, *reasons: Break) -> None:
        """From now on run as written whatever has the arguments' shapes and dtypes."""
        self.breaks += reasons
        self.plan = None
        self.lifted = [x for x in self.lifted if isinstance(x.source, Argument)]
        self.guards, self.modules, self.first_grads, self.updates, self.decisions = [], [], [], [], []
        self.outside, self.hooked = [], []

    # -- whether it may be replayed -----------------------------------------------------------------------------------

    def mismatch(self, leaves: list[Any]) -> str | None:
        """What is not as it was captured; None if the program may be replayed."""
        if mode.enabled is not self.recording:
            return f"recording of gradients is {'on' if mode.enabled else 'off'}"
        for guard in self.guards:
            if not guard.holds(leaves):
                return f"{guard.name} is no longer what it was"
        if (module := self.changed_module()) is not None:
            return f"an attribute of {type(module).__name__} was changed (its mode, a parameter, an option)"
        for x in self.outside:
            if not x.fits(leaves):
                return f"a {type(x.value).__name__} that is given back, or gets a gradient, is another object"
        for t, was_none in self.first_grads:
            if (t.source.find(leaves).grad is None) is not was_none:
                return f"a gradient was {'None' if was_none else 'there'} and is {'there' if was_none else 'None'}"
        for t, hooks in self.hooked:
            if hooks_of(t.source.find(leaves)) != hooks:
                return "a gradient's hooks are others"
        for update in self.updates:
            if (reason := update.differs()) is not None:
                return reason
        for x in self.lifted:
            if isinstance(x.source, Kept):
                continue  # made by the optimiser, which is asked before the replay
            value = x.source.find(leaves)
            if value is x.value and (value is x.array or (value.array is x.array and value.node is x.node)):
                continue
            reason = f"{x.symbol.name} is another object" if id(x) in self.twice else x.differs(value)
            if reason is None and self._shares_otherwise(x, value, leaves):
                reason = f"{x.symbol.name} shares memory with another, or no longer does"
            if reason is not None:
                return reason
        return None

    def changed_module(self) -> Any:
        """A module whose attributes are no longer what they were, if there is one."""
        if self._assigned != Clock.assigned:
            for module, state in self.modules:
                if not same(state, module_state(module)):
                    return module
            self._assigned = Clock.assigned
        return None

    def _shares_otherwise(self, x: Lifted, value: Any, leaves: list[Any]) -> bool:
        """Whether the memory of what came in belongs together in another way than it did."""
        if self.breaks:
            return False
        array = _memory(value)
        if len(self._given) < len(self.lifted):  # some were one memory
            for y in self.lifted:
                if y.symbol is x.symbol and y is not x and not _same_memory(array, _memory(y.source.find(leaves))):
                    return True
        written = [w for w, _ in self.finished.writes]
        if x not in written and array.base is None and not any(self.device.is_view(w.array) for w in written):
            return any(array is w.array for w in written if w.symbol is not x.symbol)
        others = self.lifted if x in written else written
        return any(
            y.symbol is not x.symbol
            and not isinstance(y.source, Kept)
            and numpy.may_share_memory(array, _memory(y.source.find(leaves)))
            for y in others
        )

    # -- the replay ---------------------------------------------------------------------------------------------------

    def replay(self, leaves: list[Any], *, captured_now: bool = False) -> Any:
        """The function's result, and what it does to tensors.

        In the call in which it was captured it has what comes in: a name may mean what the capture has made.
        OTHER if a value that Python looked at came out otherwise, FAILED if an operation could not run: nothing is changed.
        """
        with self.lock:
            return self._replay(leaves, captured_now)

    def _replay(self, leaves: list[Any], captured_now: bool) -> Any:
        streams = [(g.stream, g.stream.bit_generator.state) for g in self.generators]
        asked: list[Any] = []
        try:
            for update in self.updates:
                asked.append(update)
                update.ask([self.numbers[s] for s in update.scalars])
            for x in self.lifted:
                if not captured_now or isinstance(x.source, Kept):
                    x.take(x.source.find(leaves))
            for x in self.outside if not captured_now else ():
                x.take(leaves)
            for seen in self.short:  # by others than these
                seen[:] = None, None
            outs = self.plan_in_full()(*(x.array for x in self._given), *self.numbers.values())
        except Exception:
            return self._take_back(streams, FAILED, asked)
        for decision, place in zip(self.decisions, self.finished.decided, strict=True):
            if decision.kind(self.device.to_numpy(outs[place]).item()) != decision.outcome:
                return self._take_back(streams, OTHER, asked)
        self.replays += 1
        return self._commit(outs)

    def failed(self) -> Any:
        """An operation could not run."""
        return self._take_back([], FAILED, self.updates)

    def _take_back(self, streams: list[tuple[Any, Any]], outcome: Any, asked: list[Any]) -> Any:
        """What a replay changes before it is known that it holds: the optimisers' states, the random numbers."""
        for update in asked:
            update.take_back()
        for stream, state in streams:
            stream.bit_generator.state = state
        return outcome

    def _commit(self, outs: list[Any]) -> Any:
        """Write what was computed where the function would have written it, and give its result."""
        known: dict[int, Any] = {}

        def real(made: Any) -> Any:
            return self._real(made, outs, known)

        result = self.result(outs, known)
        for t, made in self.finished.grads:
            t.value.grad = None if made is None else real(made)
        for x, place in self.finished.writes:
            if not self._written:
                self.device.write(x.array, outs[place])
            if isinstance(x.value, Tensor):
                Clock.stepped(x.value.written, self.name)
        for t, place in self.finished.rebound:
            t.value.data = wrap(outs[place], t.value.device)
        for ref, made in self.finished.inside:
            if (t := ref()) is not None:  # somebody outside holds what the capture itself made
                found = real(made)
                set_real_array(t, found.array)
                t.node, t.written = found.node, found.written
        return result

    def result(self, outs: list[Any], known: dict[int, Any] | None = None) -> Any:
        """What the function returns."""
        seen: dict[int, Any] = {} if known is None else known
        return mapped(self.finished.result, (Made, Given, Outside), lambda made: self._real(made, outs, seen))

    def _real(self, made: Any, outs: list[Any], known: dict[int, Any]) -> Tensor:
        """The tensor that a result stands for."""
        if isinstance(made, Outside):
            return made.value
        if id(made) in known:
            return known[id(made)]
        if isinstance(made, Given):
            t = made.lifted.value
            with set_grad_enabled(made.recorded):
                for view in made.views:
                    t = OPS[view.op.name](t, **view.parameters)
        elif made.bare:
            return outs[made.place]
        else:
            t = wrap(outs[made.place], self.device)
            if made.leaf:
                t.requires_grad_()
            if made.grad is not None:
                t.grad = self._real(made.grad, outs, known)
            if made.spent is not None:
                t.node = made.spent
            if made.gradients is not None:
                values = [x.value if isinstance(x, Lifted) else outs[x] for x in made.saved]
                made.gradients.attach(t, self._operations[id(made)], values)
        known[id(made)] = t
        return t


def _memory(value: Any) -> numpy.ndarray:
    """Where a tensor or an array lies."""
    array = value.array if isinstance(value, Tensor) else value
    return DEVICE_OF_ARRAY[type(array)].layout(array)


def _same_memory(x: numpy.ndarray, y: numpy.ndarray) -> bool:
    return x is y or (x.__array_interface__["data"], x.strides) == (y.__array_interface__["data"], y.strides)
