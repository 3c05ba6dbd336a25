"""`Session`: a graph is run, as often as wanted, with state of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy

from minigrad.errors import MinigradError
from minigrad.tf1.config import ConfigProto
from minigrad.tf1.declared import Declared
from minigrad.tf1.errors import FailedPreconditionError, InvalidArgumentError, InvalidState, InvalidValue, OpError
from minigrad.tf1.fetches import Fetches, feeds
from minigrad.tf1.graph import Graph, get_default_graph
from minigrad.tf1.steps import Step
from minigrad.tf1.tensors import Operation, Tensor


class Session:
    """Runs operations of a graph. Each session has its own values of the graph's variables.

    For each set of fetches and shapes of feeds the needed part of the graph is written as a program with known shapes,
    rewritten (unless `rewrites` says otherwise), and kept.

    Args:
        graph: by default the default graph.
        config: options, see `ConfigProto`.
        rewrites: True for all rewrites of the program before it runs, False to run it as declared, or names of some.

    Attributes: graph; store (the values of the variables, by symbol); steps (the prepared programs).
    """

    def __init__(
        self, target: str = "", graph: Graph | None = None, config: ConfigProto | None = None, *, rewrites: Any = None
    ):
        if target:
            raise InvalidValue(
                "Session: there are no servers to run on.",
                got=f"target={target!r}",
                expected="no target: the session runs in this process",
                hint="tf.Session()",
            )
        self.graph = graph if graph is not None else get_default_graph()
        self.config = config or ConfigProto()
        self.rewrites = self.config.rewrites if rewrites is None else rewrites
        self.store: dict[Declared, numpy.ndarray] = {}
        self.steps: dict[Any, Step] = {}
        self._known: dict[tuple, Fetches] = {}
        self._streams: dict[Declared, numpy.random.Generator] = {}
        self._closed = False

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        """The values of the fetches, in the same structure; None for an operation.

        Only what they depend on is computed, each node once. Any tensor may be fed; it is then not computed.

        Args:
            fetches: a tensor, operation, variable or name, or a nest of lists, tuples, named tuples and dictionaries.
            options, run_metadata: with `RunOptions(trace_level=RunOptions.FULL_TRACE)` and a `RunMetadata()`, what ran,
                in what order and for how long.

        Errors: RuntimeError for a closed session or an empty graph; TypeError and ValueError for what cannot be fetched or
        fed; InvalidArgumentError for an unfed placeholder, or shapes that do not fit; FailedPreconditionError for a
        variable without a value.
        """
        if self._closed:
            raise InvalidState(
                "Attempted to use a closed Session.",
                got="run() after close(), or after the `with` block",
                expected="an open session",
                hint="session = tf.Session()",
            )
        if not self.graph.symbols.symbols:
            raise InvalidState(
                "The Session graph is empty. Add operations to the graph before calling run().",
                got=repr(self.graph),
                expected="a graph with operations; a session takes the graph that is the default when it is made",
                hint="tf.Session(graph=graph), or make the session after the graph",
            )
        wanted = self._fetches(fetches)
        fed = feeds(self.graph, feed_dict)
        step = self.prepared(wanted.elements, fed)
        trace = None
        if run_metadata is not None and getattr(options, "trace_level", 0):
            trace = run_metadata.note
        try:
            return wanted.structured(step(fed, self.store, trace))
        except OpError:
            raise
        except (MinigradError, IndexError) as error:
            raise self._explained(error, step, fed) from error

    def _explained(self, error: Exception, step: Step, fed: dict[Declared, numpy.ndarray]) -> InvalidArgumentError:
        """The error of a kernel with the name of the operation that it ran for."""
        node = step.failing(fed, self.store)
        where = f" [[node '{node.name}' ({node.operation.type})]]" if node is not None else ""
        return InvalidArgumentError(
            f"{getattr(error, 'what', error)}{where}",
            op=None if node is None else node.operation,
            got=getattr(error, "got", "values that the operation cannot take"),
            expected=getattr(error, "expected", "indices and classes within range"),
            hint=getattr(error, "hint", "session.run of the inputs of that operation shows its values"),
        )

    def _fetches(self, fetches: Any) -> Fetches:
        """The elements of a nest of fetches: of a plain list, which most are, they are looked up once."""
        parts = fetches if isinstance(fetches, (list, tuple)) else (fetches,)
        if not all(type(part) in (Tensor, Operation) for part in parts) or hasattr(fetches, "_fields"):
            return Fetches(self.graph, fetches)
        key = (type(fetches), *parts)
        if key not in self._known:
            self._known[key] = Fetches(self.graph, fetches)
        return self._known[key]

    def prepared(self, elements: list[Any], fed: dict[Declared, numpy.ndarray]) -> Step:
        """The step for these fetches and these shapes of feeds, made when it is first asked for."""
        graph = self.graph
        values = tuple((s, fed[s].tobytes()) for s in graph.size_values if s in fed) if graph.size_values else ()
        varying = tuple((s, self._shape(s)) for s in graph.varying if s in self.store) if graph.varying else ()
        key = (tuple(elements), tuple((s, x.shape) for s, x in fed.items()), values, varying)
        step = self.steps.get(key)
        if step is None:
            sizes = {dim: int(fed[s]) for s, dim in graph.size_values.items() if s in fed}
            shapes = {s: x.shape for s, x in fed.items()}
            step = Step(elements, shapes, sizes, self._stream, self._shape, self.rewrites)
            self.steps[key] = step
        return step

    def _shape(self, variable: Declared) -> tuple[int, ...]:
        if variable in self.store:
            return self.store[variable].shape
        if variable.shape is not None and variable.operation.outputs[0].shape.is_fully_defined():
            return tuple(variable.shape)
        raise FailedPreconditionError(
            f"Attempting to use uninitialized value {variable.name}.",
            op=variable.operation,
            got="a variable whose shape is not declared, and that has no value in this session",
            expected="a run of its initialiser before, or a value for it in feed_dict",
            hint="session.run(tf.global_variables_initializer())",
        )

    def _stream(self, symbol: Declared) -> numpy.random.Generator:
        """The random numbers of an operation: its own, so that others may be added without changing them."""
        if symbol not in self._streams:
            seeds = (self.graph.seed, symbol.parameters.get("seed"))
            if seeds == (None, None):
                entropy = None
            else:
                place = symbol.place if seeds[1] is None else 0
                entropy = [0 if seed is None else abs(int(seed)) for seed in seeds] + [place]
            self._streams[symbol] = numpy.random.default_rng(entropy)
        return self._streams[symbol]

    def close(self) -> None:
        """Give up the values of the variables; the session cannot be used any more."""
        self._closed = True
        self.store.clear()
        self.steps.clear()

    @contextmanager
    def as_default(self) -> Iterator[Session]:
        """Within the block, `Tensor.eval()` and `Operation.run()` use this session."""
        _defaults.stack.append(self)
        try:
            yield self
        finally:
            _defaults.stack.remove(self)

    def __enter__(self) -> Session:
        self._blocks = [self.graph.as_default(), self.as_default()]
        for block in self._blocks:
            block.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        for block in reversed(self._blocks):
            block.__exit__(*error)
        self.close()

    def __repr__(self) -> str:
        return f"<tf.{type(self).__name__} of {self.graph!r}{', closed' * self._closed}>"


class InteractiveSession(Session):
    """A session that is the default from when it is made until it is closed, for work at a prompt."""

    def __init__(
        self, target: str = "", graph: Graph | None = None, config: ConfigProto | None = None, *, rewrites: Any = None
    ):
        super().__init__(target, graph, config, rewrites=rewrites)
        self._default = self.as_default()
        self._default.__enter__()

    def close(self) -> None:
        """Close it, and be the default no longer."""
        if not self._closed:
            self._default.__exit__(None, None, None)
        super().close()


class _Defaults(threading.local):
    def __init__(self) -> None:
        self.stack: list[Session] = []


_defaults = _Defaults()


def get_default_session() -> Session | None:
    """The session of the innermost `with session.as_default():`, or of an InteractiveSession; None if there is none."""
    return _defaults.stack[-1] if _defaults.stack else None


def the_session(session: Session | None, element: Any, asked: str) -> Session:
    """The session given, or the default one. Errors: ValueError if there is none, or if it runs another graph."""
    session = session if session is not None else get_default_session()
    if session is None:
        raise InvalidValue(
            f"Cannot evaluate {element!r}: No default session is registered.",
            got=f"{asked} without a session",
            expected="a default session, or one as an argument",
            hint="`with tf.Session():` around it, or session=session",
        )
    if element.graph is not session.graph:
        raise InvalidValue(
            f"Cannot use the given session to evaluate {element!r}: its graph is different from the session's graph.",
            got=repr(session.graph),
            expected=repr(element.graph),
            hint="tf.Session(graph=tensor.graph)",
        )
    return session


__all__ = ["InteractiveSession", "Session", "get_default_session"]
