"""The interpreter for symbols of unknown shape: what TensorFlow does when a line declares an operation.

A `Declared` is a symbol of the shared graph whose shape may hold unknown sizes (`minigrad/tf1/dims.py`), or be unknown
altogether (None). Operations and gradient rules take it like any other symbol, so each is still written once.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy

from minigrad import shapes as rules
from minigrad.errors import IndexingError, ShapeError
from minigrad.graph.ir import Graph as SymbolGraph
from minigrad.graph.ir import Symbol
from minigrad.graph.special import PART
from minigrad.op import INTERPRETERS, Op, Spec, with_common_dtype
from minigrad.tf1.dims import Dim, unknown
from minigrad.tf1.errors import InvalidType, InvalidValue
from minigrad.tf1.names import type_of
from minigrad.tf1.tensors import Operation, Tensor

if TYPE_CHECKING:
    from minigrad.tf1.graph import Graph


class Declared(Symbol):
    """A symbol of a declared graph; `tensor` and `operation` are what the program sees of it."""

    __slots__ = ("__weakref__", "operation", "tensor")
    operation: Operation
    tensor: Tensor


class Declaration(SymbolGraph):
    """The symbols of a graph, or of a branch or the body of a loop within one.

    Attributes: owner (the graph as the program sees it); outer (the declaration around a branch or body, else None);
    captures (for each symbol of an outer declaration that is used within, what stands for it).
    """

    def __init__(self, owner: Graph, outer: Declaration | None = None):
        super().__init__()
        self.owner, self.outer = owner, outer
        self.captures: dict[Declared, Declared] = {}

    def add(
        self, op: Any, inputs: tuple, parameters: dict, shape: Any, dtype: Any, *,
        name: str | None = None, kind: str = "op", type: str | None = None, outputs: int = 1,
    ) -> Declared:  # fmt: skip
        """A new node; `outputs` is 0 for one without a value."""
        self.owner.check_open()
        symbol = Declared()
        type = type or type_of(op)
        symbol.graph, symbol.place, symbol.op, symbol.kind = self, len(self.symbols), op, kind
        symbol.after = self.control if kind == "op" else ()
        symbol.inputs, symbol.parameters, symbol.value = inputs, parameters, None
        symbol.shape, symbol.dtype = shape, numpy.dtype(dtype)
        self.symbols.append(symbol)
        if op is PART:  # a further output of the operation that gives it
            symbol.operation = inputs[0].operation
            symbol.name = f"{symbol.operation.name}_{parameters['n']}"
            symbol.tensor = Tensor(symbol.operation, len(symbol.operation.outputs), symbol)
            symbol.operation.outputs.append(symbol.tensor)
            return symbol
        symbol.name = self.owner.unique_name(name or type)
        symbol.operation = Operation(self.owner, symbol, symbol.name, type, outputs)
        if outputs:
            symbol.tensor = symbol.operation.outputs[0]
        self.owner.register(symbol.operation)
        return symbol

    def take(self, op: Any, x: Any) -> Any:
        """An operand as it stands in this declaration: captured if it is of an outer one."""
        x = x.symbol if isinstance(x, Tensor) else x
        if isinstance(x, Declared):
            return x if x.graph is self else self._capture(x)
        if x is None or isinstance(x, (bool, int, float)):
            return x
        if isinstance(x, numpy.generic):
            return x.item()
        if isinstance(x, (numpy.ndarray, list)):
            return self.constant_of(numpy.asarray(x))
        raise InvalidType(
            f"{op.name}: cannot take this beside a tensor.",
            got=type(x).__name__,
            expected="a tensor, an array or a number",
            hint="tf.constant(x)",
        )

    def constant_of(self, array: numpy.ndarray, name: str = "Const") -> Declared:
        """A value that is known now."""
        symbol = self.add(None, (), {}, array.shape, array.dtype, name=name, kind="constant", type="Const")
        symbol.value = array
        return symbol

    def _capture(self, x: Declared) -> Declared:
        if x in self.captures:
            return self.captures[x]
        if x.graph.owner is not self.owner:  # type: ignore[attr-defined]
            raise InvalidValue(
                f"{x.tensor} must be from the same graph as the tensors beside it.",
                got=f"a tensor of {x.graph.owner!r}",  # type: ignore[attr-defined]
                expected=f"tensors of {self.owner!r}",
                hint="declare both inside one `with graph.as_default():`",
            )
        if self.outer is None:
            raise InvalidValue(
                f"Cannot use '{x.name}' as input here, because '{x.name}' is in a branch or the body of a loop.",
                got=f"{x.tensor}, which exists only while that branch or body runs",
                expected="tensors declared outside, or returned by tf.cond or tf.while_loop",
                hint="return it from the branch, or make it a loop variable",
            )
        outside = self.outer.take(None, x)
        if outside.kind == "constant" and outside.dtype.kind != "f":  # of which nobody wants a gradient
            inside = self.constant_of(outside.value)
        else:
            inside = self.add(None, (), {}, outside.shape, outside.dtype, kind="placeholder", type="Captured",
                              name=outside.name.rpartition("/")[2])  # fmt: skip
            self.captures[x] = inside
        return inside


def declare(op: Op, args: tuple, parameters: dict, *, name: str | None = None) -> Declared:
    """Infer shape and dtype as far as they are known, and add a node.

    Errors: ValueError (a ShapeError) at the line of the declaration, for shapes that cannot fit whatever is unknown of them.
    """
    graph = next(x for x in args if isinstance(x, Declared)).graph.owner.current  # type: ignore[attr-defined]
    inputs = with_common_dtype(op, tuple(graph.take(op, x) for x in args))
    if any(isinstance(x, Declared) and x.shape is None for x in inputs):
        specs = tuple(Spec((), x.dtype) if isinstance(x, Declared) else x for x in inputs)
        dtype = op.result_dtype(specs, parameters)
        return graph.add(op, inputs, parameters, _without_rank(op, parameters), dtype, name=name)
    shape, dtype, loose = infer(op, inputs, parameters)
    made = graph.add(op, inputs, parameters, shape, dtype, name=name)
    if loose:  # of two unknown sizes either may turn out to be 1: what comes of them is a third
        made.shape = tuple(unknown(made) if n in loose else n for n in shape)
    return made


def _without_rank(op: Op, parameters: dict) -> Any:
    """The shape of what is computed from a tensor of unknown rank, where it does not depend on it."""
    if op.shape is rules.reduced and parameters.get("dim") is None and not parameters.get("keepdim"):
        return ()
    if op.name in ("reshape", "broadcast_to") and -1 not in parameters["shape"]:
        return tuple(parameters["shape"])
    return None


def infer(op: Op, inputs: tuple, parameters: dict) -> tuple[tuple, numpy.dtype, set]:
    """Shape, dtype, and the sizes that are not sure to be those of the result.

    If the rule refuses the shapes as they stand, an unknown size may be equal to another that stands beside it: with each
    such guess the rule is asked again, and only if it refuses all, its first answer is raised.
    """
    if op.name == "getitem":
        from minigrad.tf1.slicing import has_unknown, indexed_shape

        if has_unknown(inputs[0].shape, parameters["index"]):
            return indexed_shape(inputs[0].shape, parameters["index"]), inputs[0].dtype, set()
    if op.shape is rules.broadcast:
        together = _broadcast([x.shape if isinstance(x, Symbol) else () for x in inputs if x is not None])
        if together is not None:
            shape, loose = together
            return shape, op.result_dtype(inputs, parameters), loose
    try:
        spec = op.infer(inputs, parameters)
        return spec.shape, spec.dtype, set()
    except (ShapeError, IndexingError) as error:
        refused = error
    sizes = [n for x in inputs if isinstance(x, Symbol) for n in x.shape]
    sizes += [n for p in parameters.values() if isinstance(p, tuple) for n in p if isinstance(n, int)]
    unknowns = list(dict.fromkeys(n for n in sizes if isinstance(n, Dim)))
    guesses = [(d, n) for d in unknowns for n in dict.fromkeys(sizes) if n != d and n != 1 and not isinstance(n, bool)]
    guesses.sort(key=lambda guess: isinstance(guess[1], Dim))  # a known size first
    for count in (1, 2, 3):
        for chosen in itertools.islice(itertools.combinations(guesses, count), 2000):
            instead = dict(chosen)
            if len(instead) < count:
                continue
            try:
                spec = op.infer(tuple(_replaced(x, instead) for x in inputs), _in_tuples(parameters, instead))
            except (ShapeError, IndexingError):
                continue
            loose = {n for n in instead.values() if isinstance(n, Dim)} if op.name == "matmul" else set()
            return spec.shape, spec.dtype, loose
    raise refused


def _broadcast(shapes: list[tuple]) -> tuple[tuple, set] | None:
    """The shape of sizes aligned at the right, if unknown ones stand beside others; None where the rule itself tells.

    Beside a known size (but 1) an unknown one is the same or 1. Of several unknown ones none is sure to be the result's.
    """
    result: list[int] = []
    loose: set[Any] = set()
    mixed = False
    for place in range(1, max(map(len, shapes), default=0) + 1):
        sizes = list(dict.fromkeys(s[-place] for s in shapes if len(s) >= place and s[-place] != 1))
        known = [n for n in sizes if not isinstance(n, Dim)]
        if len(known) > 1:
            return None
        if len(sizes) > 1:
            mixed = True
            loose |= set() if known else {sizes[0]}
        result.append((known or sizes or [1])[0])
    return (tuple(reversed(result)), loose) if mixed else None


def _replaced(x: Any, instead: dict) -> Any:
    return Spec(tuple(instead.get(n, n) for n in x.shape), x.dtype) if isinstance(x, Symbol) else x


def _in_tuples(parameters: dict, instead: dict) -> dict:
    return {
        name: tuple(instead.get(n, n) if isinstance(n, Dim) else n for n in p) if isinstance(p, tuple) else p
        for name, p in parameters.items()
    }


INTERPRETERS[Declared] = declare  # type: ignore[assignment]
