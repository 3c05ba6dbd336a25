"""`Compiled`: a function that is captured once for each kind of call, and replayed from then on."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from functools import update_wrapper
from types import MethodType
from typing import Any
from weakref import WeakKeyDictionary

from minigrad import events
from minigrad.compiled.capture import CannotCapture, Capture
from minigrad.compiled.explanation import Explanation
from minigrad.compiled.healing import heal
from minigrad.compiled.program import Finished
from minigrad.compiled.reached import Reached, module_state
from minigrad.compiled.replay import MISS, Quick, quick
from minigrad.compiled.signature import differing
from minigrad.compiled.sources import Break
from minigrad.compiled.stand_ins import capturing
from minigrad.compiled.structure import take_apart
from minigrad.compiled.trace import FAILED, OTHER, Trace
from minigrad.device import DEVICES
from minigrad.tape import mode

# So many programs are captured of one function. Beyond, what none of them fits runs as it is written.
MOST = 8


class Compiled:
    """A function as programs: call it as the function. Made by `minigrad.compile`.

    Attributes:
        function: what was compiled, which can still be called itself.
        traces: the captured programs; recompiled: why each after the first was needed.
    """

    def __init__(self, function: Callable, rewrites: Iterable[str] | None = None, *, explain: bool = False):
        self.function, self._rewrites = function, None if rewrites is None else tuple(rewrites)
        self._tell = explain
        self.name = getattr(function, "__qualname__", type(function).__name__)
        self.traces: list[tuple[Any, Trace]] = []
        self.recompiled: list[str] = []
        self.quick: Quick | None = None
        self._quick: Callable | None = None
        self._count = self._shortened = 0
        self._bound: WeakKeyDictionary = WeakKeyDictionary()
        if hasattr(function, "__name__"):
            update_wrapper(self, function)

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        if mode.capture is not None or (events.LISTENERS and _is_watched()) or _is_captured():
            return self.function(*args, **keywords)
        if self._quick is not None and not keywords and len(args) == self._count:
            result = self._quick(*args)
            if result is FAILED:
                return self.function(*args)
            if result is not MISS:
                return result
        structure, leaves, names = take_apart(args, keywords)
        reasons = []
        for known, trace in self.traces:
            reason = "other arguments" if known != structure else trace.mismatch(leaves)
            if reason is not None:
                reasons.append(reason)
            elif trace.breaks:
                return self.function(*args, **keywords)
            elif (
                not trace.is_verified(leaves)
                and (other := self._verified(trace, args, keywords, structure, leaves, names)) is not None
            ):
                return other[0]
            else:
                result = trace.replay(leaves)
                if result is FAILED:
                    return self.function(*args, **keywords)
                if result is not OTHER:
                    self._shorten(trace, structure)
                    return result
                reasons.append("a value that decides what runs came out otherwise")
        if len(self.traces) >= MOST:
            return self.function(*args, **keywords)
        if reasons:
            self.recompiled.append(reasons[-1])
        trace = self._capture(args, keywords, leaves, names)
        if trace is None or trace.program is None:
            result = self.function(*args, **keywords)
            if trace is not None:  # an error would have gone to the caller, and nothing been learnt
                self.traces.append((structure, trace))
            return result
        self.traces.append((structure, trace))
        result = self._first(trace, args, keywords, leaves)
        if self._tell:
            print(self.explain())
        return result

    def explain(self) -> Explanation:
        """What was captured, when it is replayed, and why not."""
        return Explanation(self)

    def _shorten(self, trace: Trace, structure: Any) -> None:
        """Let the next call like this one go the short way."""
        if self._shortened < MOST * 4:
            self._shortened += 1
            self.quick = quick(trace, structure)
            self._quick, self._count = (self.quick.function, len(structure[0])) if self.quick is not None else (None, 0)

    def _first(self, trace: Trace, args: tuple, keywords: dict, leaves: list[Any]) -> Any:
        """The result of the call in which a program was captured."""
        trace.make_plans()
        result = trace.replay(leaves, captured_now=True)
        if result is FAILED or result is OTHER:  # it will say why; or a value lay on the edge of a decision
            return self.function(*args, **keywords)
        trace.finished.inside = []
        if trace.breaks:
            trace.give_up()
        return result

    def _capture(self, args: tuple, keywords: dict, leaves: list, names: list[str]) -> Trace:
        """Run the function on symbols. A trace without a program is one that could not be captured."""
        reached = Reached(self.function, leaves, names)
        capture = Capture(reached.sources, reached.names)
        recording, finished, reasons = mode.enabled, None, []
        try:
            with capturing(capture), events.listening(_Modules(capture)):
                finished = Finished(capture, self.function(*args, **keywords))
        except (CannotCapture, Exception) as error:
            reasons.append(error.reason if isinstance(error, CannotCapture) else _reason_of(error))
            traceback.clear_frames(error.__traceback__)  # they hold tensors that nobody else has
            heal(capture)
        finally:
            complaints = capture.restore(failed=finished is None)
        reasons += [Break(None, what, "do it outside of the compiled function") for what in complaints]
        trace = Trace(self.name, reached, capture, recording, leaves)
        if finished is None or complaints:
            capture.finish()
            trace.give_up(*reasons)
            return trace
        trace.breaks += [
            Break(
                None, f"{what} is changed inside, where a replay would not change it", "change it outside, or return it"
            )
            for what in _changed(trace, leaves)
        ]
        trace.prepare(finished, self._rewrites)
        capture.finish()
        return trace

    def _verified(
        self, trace: Trace, args: tuple, keywords: dict, structure: Any, leaves: list, names: list[str]
    ) -> tuple | None:
        """Before the first replay capture again: whatever comes out otherwise depends on more than the guards know.

        None if the same comes out; otherwise the result of the call, in a tuple.
        """
        again = self._capture(args, keywords, leaves, names)
        if again.program is None:
            what, result = again.breaks[0].what, None
        elif [d.outcome for d in again.decisions] != [d.outcome for d in trace.decisions]:
            self.recompiled.append("a value that decides what runs came out otherwise")
            self.traces.append((structure, again))
            return (self._first(again, args, keywords, leaves),)
        else:
            what = differing(trace, again) or (again.breaks[0].what if again.breaks else None)
            if what is None:
                trace.verify(leaves)
                return None
            result = (self._first(again, args, keywords, leaves),)
        trace.give_up(Break(None, f"two captures of the same call differ: {what}", "give it as an argument"))
        return result or (self.function(*args, **keywords),)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """As a method of a class: each object has programs of its own."""
        if instance is None:
            return self
        if instance not in self._bound:
            self._bound[instance] = Compiled(MethodType(self.function, instance), self._rewrites, explain=self._tell)
        return self._bound[instance]

    def __getattr__(self, name: str) -> Any:
        """What else the function has, if it is a module: `compiled.parameters()`, `compiled.train()`."""
        if name.startswith("_") or "function" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        return getattr(self.function, name)

    def __repr__(self) -> str:
        return f"<compiled {self.name}: {len(self.traces)} programs>"


def _is_watched() -> bool:
    """Whether somebody wants to see operations run, as a film does; rewrites, and what is logged, are seen anyway."""
    kinds = [kind for kind in events.KINDS if kind not in ("rewrite", "logged")]
    return any(hasattr(listener, kind) for listener in events.LISTENERS for kind in kinds)


def _is_captured() -> bool:
    """Whether launches become part of a graph of the user's own (`minigrad.cuda.graph`)."""
    return "cuda" in DEVICES and DEVICES["cuda"].capturing


class _Modules:
    """Listens which modules run."""

    def __init__(self, capture: Capture):
        self.capture = capture

    def module(self, event: events.ModuleCall) -> None:
        if mode.capture is self.capture and all(m is not event.module for m, _ in self.capture.modules):
            self.capture.modules.append((event.module, module_state(event.module)))


def _changed(trace: Trace, leaves: list[Any]) -> list[str]:
    """What Python changed while the program was captured."""
    from minigrad.compiled.reached import same

    found = [guard.name for guard in trace.guards if not guard.holds(leaves)]
    found += [f"an attribute of {type(m).__name__}" for m, state in trace.modules if not same(state, module_state(m))]
    return found + [f"an option of {type(u.optimizer).__name__}" for u in trace.updates if u.changed()]


def _reason_of(error: BaseException) -> Break:
    """An error while capturing as a reason, with the last line of the user's own that it came through."""
    line, step = None, error.__traceback__
    while step is not None:
        file = step.tb_frame.f_code.co_filename
        if not file.startswith(events._INSIDE):
            line = events.Line(file, step.tb_lineno)
        step = step.tb_next
    what = str(error).partition("\n")[0] or type(error).__name__
    return Break(line, f"while capturing: {what}", "look at the line; it may need values")
