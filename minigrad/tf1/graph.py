"""`Graph`: the program as data. Every line that declares something adds an operation to one."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from minigrad.tf1.declared import Declaration
from minigrad.tf1.errors import InvalidKey, InvalidState, InvalidType, InvalidValue
from minigrad.tf1.names import GraphKeys, check_name, check_scope
from minigrad.tf1.tensors import Operation, Tensor


class Graph:
    """Operations in the order of their declaration; nothing is computed until a `Session` runs it.

    Attributes: symbols (the declaration that is the whole graph, in the shared representation); current (where the next
    operation goes: within a branch or a loop it is that one's); seed (of random operations; None without one).
    """

    def __init__(self) -> None:
        self.symbols = Declaration(self)
        self.current = self.symbols
        self.seed: int | None = None
        self.finalized = False
        self.variables: dict[Any, Any] = {}  # the symbol of each variable, and the variable
        self.varying: list[Any] = []  # the symbols of variables whose shapes are not declared
        self.size_values: dict[Any, Any] = {}  # placeholders that are used as sizes, and the unknown size of each
        self.variable_scope: Any = None
        self.shared_variables: dict[str, Any] = {}  # those that `get_variable` made, by their full names
        self.scope_counts: dict[str, int] = {}  # how often each variable scope was opened
        self._operations: dict[str, Operation] = {}
        self._taken: dict[str, int] = {}
        self._scope = ""
        self._collections: dict[str, list[Any]] = {}

    # -- the default graph -------------------------------------------------------------------------------------------

    @contextmanager
    def as_default(self) -> Iterator[Graph]:
        """Within the block, what is declared goes into this graph."""
        _defaults.stack.append(self)
        try:
            yield self
        finally:
            _defaults.stack.pop()

    # -- names -------------------------------------------------------------------------------------------------------

    @contextmanager
    def name_scope(self, name: str | None) -> Iterator[str]:
        """Within the block names begin with `name/`, made unique; a name that ends with / enters a scope again."""
        before = self._scope
        if not name:
            scope = ""
        elif name.endswith("/"):
            check_scope(name[:-1], first=not before)
            scope = name[:-1]
        else:
            check_scope(name, first=not before)
            scope = self.unique_name(name, check=False)
        self._scope = scope
        try:
            yield f"{scope}/" if scope else ""
        finally:
            self._scope = before

    def get_name_scope(self) -> str:
        """The scope that is open now, without the / at its end."""
        return self._scope

    def unique_name(self, name: str, *, check: bool = True) -> str:
        """The name within the open scope, with _1, _2 … where it is taken; one that ends with / stands for itself."""
        if name.endswith("/"):
            return name[:-1]
        full = f"{self._scope}/{name}" if self._scope else name
        if check:
            check_name(full)
        count = self._taken.get(full.lower(), 0)
        self._taken[full.lower()] = count + 1
        if not count:
            return full
        while (unique := f"{full}_{count}").lower() in self._taken:
            count += 1
        self._taken[unique.lower()], self._taken[full.lower()] = 1, count + 1
        return unique

    # -- what is in it -----------------------------------------------------------------------------------------------

    def register(self, operation: Operation) -> None:
        """Enter an operation under its name."""
        self._operations[operation.name] = operation

    def get_operations(self) -> list[Operation]:
        """All operations in the order of their declaration, those in branches and loops before the node that holds them."""
        return list(self._operations.values())

    def get_operation_by_name(self, name: str) -> Operation:
        """The operation of that name. Errors: KeyError."""
        return self.as_graph_element(name, allow_tensor=False)

    def get_tensor_by_name(self, name: str) -> Tensor:
        """The tensor of that name, "operation:0". Errors: KeyError, ValueError."""
        return self.as_graph_element(name, allow_operation=False)

    def as_graph_element(self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True) -> Any:
        """The tensor or operation that `obj` is, names, or stands for (a variable for its tensor).

        Errors: TypeError for what is none, ValueError for one of another graph or a name of the wrong form, KeyError for a
        name that the graph does not have.
        """
        if isinstance(obj, str):
            return self._by_name(obj, allow_tensor, allow_operation)
        element = obj._as_graph_element() if hasattr(obj, "_as_graph_element") else obj
        if (isinstance(element, Tensor) and allow_tensor) or (isinstance(element, Operation) and allow_operation):
            if element.graph is not self:
                raise InvalidValue(
                    f"{element} is not an element of this graph.",
                    got=f"an element of {element.graph!r}",
                    expected=f"one of {self!r}",
                    hint="a session for that graph: tf.Session(graph=graph)",
                )
            return element
        wanted = " or ".join(["Tensor"] * allow_tensor + ["Operation"] * allow_operation)
        raise InvalidType(
            f"Can not convert a {type(obj).__name__} into a {wanted}.",
            got=f"{obj!r}"[:80],
            expected=f"a {wanted}, or its name",
            hint='graph.get_tensor_by_name("x:0")',
        )

    def _by_name(self, name: str, allow_tensor: bool, allow_operation: bool) -> Any:
        operation, colon, index = name.partition(":")
        kind = "Tensor" if colon else "Operation"
        if (colon and not (allow_tensor and index.isdigit())) or (not colon and not allow_operation):
            wanted = "<operation>:<output index>" if allow_tensor else "<operation>"
            raise InvalidValue(
                f"The name {name!r} looks like {'a tensor' if colon else 'an operation'}'s, or like none.",
                got=repr(name),
                expected=f'a name of the form "{wanted}"',
                hint=f'"{operation}:0"' if allow_tensor else f'"{operation}"',
            )
        found = self._operations.get(operation)
        if found is None or (colon and int(index) >= len(found.outputs)):
            similar = [n for n in self._operations if operation.split("/")[-1].lower() in n.lower()][:5]
            raise InvalidKey(
                f"The name {name!r} refers to {'a Tensor' if colon else 'an Operation'} which does not exist.",
                got=f"{kind} {name!r}" + (f" of an operation with {len(found.outputs)} outputs" if found else ""),
                expected=f"one of the graph's {len(self._operations)} operations",
                hint=f"perhaps {', '.join(similar)}" if similar else "[op.name for op in graph.get_operations()]",
            )
        return found.outputs[int(index)] if colon else found

    # -- order, collections, state -----------------------------------------------------------------------------------

    @contextmanager
    def control_dependencies(self, control_inputs: Iterable[Any] | None) -> Iterator[None]:
        """What is declared within the block runs after all of `control_inputs`; None forgets those of blocks around."""
        current = self.current
        before = current.control
        elements = [self.as_graph_element(x) for x in control_inputs or ()]
        symbols = [e.symbol for e in elements if e.symbol.graph is current]  # an outer one ran before all of the branch
        kept = () if control_inputs is None else before
        current.control = tuple(dict.fromkeys((*kept, *symbols)))
        try:
            yield
        finally:
            current.control = before

    def add_to_collection(self, name: str, value: Any) -> None:
        """Keep `value` under the name of a collection."""
        self._collections.setdefault(name, []).append(value)

    def get_collection(self, name: str, scope: str | None = None) -> list[Any]:
        """What was put into the collection; with `scope`, what has a name that begins with it."""
        found = self._collections.get(name, [])
        return [x for x in found if scope is None or getattr(x, "name", "").startswith(scope)]

    def finalize(self) -> None:
        """From now on nothing can be added."""
        self.finalized = True

    def check_open(self) -> None:
        """Errors: RuntimeError if the graph is finalized."""
        if self.finalized:
            raise InvalidState(
                "Graph is finalized and cannot be modified.",
                got="a line that declares an operation",
                expected="all declarations before graph.finalize()",
                hint="declare what a loop needs before the loop, and only run it there",
            )

    def __repr__(self) -> str:
        return f"<tf.Graph of {len(self._operations)} operations>"


class _Defaults(threading.local):
    def __init__(self) -> None:
        self.base = Graph()
        self.stack: list[Graph] = []


_defaults = _Defaults()


def get_default_graph() -> Graph:
    """The graph into which the next line declares."""
    return _defaults.stack[-1] if _defaults.stack else _defaults.base


def reset_default_graph() -> None:
    """Begin with an empty default graph. Errors: RuntimeError within a `with graph.as_default():`."""
    if _defaults.stack:
        raise InvalidState(
            "The default graph cannot be reset while another is the default.",
            got="tf.reset_default_graph() within a `with graph.as_default():`",
            expected="a call outside all such blocks",
            hint="`with tf.Graph().as_default():` begins with an empty graph",
        )
    _defaults.base = Graph()


def name_scope(name: str | None, default_name: str | None = None, values: Any = None) -> Any:
    """The default graph's `name_scope`."""
    return get_default_graph().name_scope(name if name is not None else default_name)


def control_dependencies(control_inputs: Any) -> Any:
    """The default graph's `control_dependencies`."""
    return get_default_graph().control_dependencies(control_inputs)


def add_to_collection(name: str, value: Any) -> None:
    """Keep `value` in a collection of the default graph."""
    get_default_graph().add_to_collection(name, value)


def get_collection(name: str, scope: str | None = None) -> list[Any]:
    """A collection of the default graph."""
    return get_default_graph().get_collection(name, scope)


def set_random_seed(seed: int | None) -> None:
    """Let the default graph's random operations give the same numbers in every session."""
    get_default_graph().seed = seed


__all__ = [
    "Graph", "GraphKeys", "add_to_collection", "control_dependencies", "get_collection", "get_default_graph", "name_scope",
    "reset_default_graph", "set_random_seed",
]  # fmt: skip
