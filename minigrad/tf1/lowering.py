"""From a declared graph with unknown sizes to a program with known ones: what a session does before the first run.

Symbol by symbol, in the order of declaration, each operation that the fetches need is declared again, in a new graph,
with the shapes that were fed. Two things are settled on the way.

*Sizes.* An unknown size is told by whatever brought it in: a fed array, or the operation in whose result it first stood.

*State.* In the program a variable is a value, and an assignment is a further value of it. A read sees the assignments that
it is ordered after, through its inputs or control inputs, and no others; the last value of all goes back to the session.
So a program has no effects on its variables, and every rewrite of it is safe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from minigrad.errors import MinigradError
from minigrad.graph.executor import needed
from minigrad.graph.ir import Graph, Symbol
from minigrad.graph.ir import declare as declare_known
from minigrad.graph.program import Program
from minigrad.graph.special import PART, Special
from minigrad.tf1.declared import Declared
from minigrad.tf1.dims import Dim, evaluate
from minigrad.tf1.errors import InvalidArgumentError
from minigrad.tf1.shapes import TensorShape

# For each variable the place of the last assignment to it that has happened, and the value that this gave.
Versions = dict[Declared, tuple[int, Symbol]]


class Lowering:
    """The program of some fetches, for fed values of certain shapes.

    Args:
        sizes: the unknown sizes that are known already; shared with the branches and bodies within.
        stream: `stream(symbol)`, the random numbers of an operation in this session.
        shape_of: `shape_of(variable)`, the shape of a variable whose declaration does not tell it.
        make: `make(program)`, a function that runs it: for the branches and bodies, which are programs of their own.

    Attributes:
        graph: the new one; lowered: what each declared symbol has become.
        sources: for each input of the program the declared symbol whose value it takes.
        writes: the last value of each variable that is assigned to.
        memory: what a choice or a loop keeps for its gradient.
    """

    def __init__(
        self,
        sizes: dict[Dim, int],
        stream: Callable[[Declared], Any],
        shape_of: Callable[[Declared], tuple],
        make: Callable[[Program], Callable],
    ):
        self.graph = Graph()
        self.make = make
        self.memory: dict[Declared, Any] = {}
        self.around: Lowering | None = None
        self.declaration: Any = None
        self.sizes, self.stream, self.shape_of = sizes, stream, shape_of
        self.lowered: dict[Declared, Any] = {}
        self.sources: dict[Declared, Symbol] = {}
        self.writes: dict[Declared, Symbol] = {}
        self.origin: dict[Symbol, Declared] = {}
        self.wanted: set[Declared] = set()
        self.plain = False  # whether the program will run without rewrites, as it was declared
        self.quiet = False  # whether what is printed was printed before: a value is computed again for a gradient
        self._versions: dict[Declared, Versions] = {}
        self._effects: dict[Declared, tuple[Symbol, ...]] = {}

    def within(self, declaration: Any, *, quiet: bool) -> Lowering:
        """For a branch or a body: a program of its own, which shares what is known of sizes, random numbers and memory."""
        inner = Lowering(self.sizes, self.stream, self.shape_of, self.make)
        inner.around, inner.declaration, inner.quiet, inner.memory = self, declaration, quiet, self.memory
        inner.plain = self.plain
        return inner

    def feed(self, symbol: Declared, shape: tuple[int, ...]) -> None:
        """A value of that shape will be given for the symbol."""
        self._source(symbol, shape)
        self.bind(symbol, shape)

    def lower(self, fetches: Iterable[Declared]) -> None:
        """Add what the fetches need."""
        asked: list[Any] = list(fetches)
        symbols = needed(asked, self.lowered)
        self.wanted |= set(symbols)  # type: ignore[arg-type]
        for symbol in symbols:
            if symbol.kind != "variable" or any(
                symbol is s for s in asked
            ):  # another variable is an input when something reads it
                self._one(symbol)  # type: ignore[arg-type]

    def value(self, symbol: Declared) -> Any:
        """What a fetched symbol has become: a variable's, its value before the run."""
        return self.lowered[symbol]

    def known(self, x: Any) -> Any:
        """Parameters with the true sizes in them."""
        return evaluate(x, self._size)

    def bind(self, symbol: Declared, shape: tuple[int, ...]) -> None:
        """The shape of a symbol is known: so are the unknown sizes in its declaration. Errors: InvalidArgumentError."""
        if symbol.shape is None:
            return
        for declared, n in zip(symbol.shape, shape, strict=False):
            if isinstance(declared, Dim) and declared.function is None and declared not in self.sizes:
                self.sizes[declared] = int(n)
        if len(shape) != len(symbol.shape) or self.known(tuple(symbol.shape)) != tuple(shape):
            expected = self.known(tuple(symbol.shape))
            raise InvalidArgumentError(
                f"Incompatible shapes: '{symbol.name}' does not have the shape that was declared.",
                op=symbol.operation,
                got=f"{tuple(shape)} in this run",
                expected=f"{TensorShape(symbol.shape)}, which with the sizes that were fed is {expected}",
                hint="feeds whose unknown sizes agree; a size of 1 that is repeated must be declared as 1",
            )

    # -- one symbol --------------------------------------------------------------------------------------------------

    def _one(self, symbol: Declared) -> Any:
        if symbol in self.lowered:
            return self.lowered[symbol]
        if symbol.kind == "placeholder":
            raise unfed(symbol)
        if symbol.kind == "variable":
            shape = self.shape_of(symbol)
            made = self._source(symbol, shape)
            self.bind(symbol, shape)
            return made
        before = len(self.graph)
        versions = self._versions_before(symbol)
        effects = self._effects_before(symbol)
        self._versions[symbol] = versions
        self.graph.control = effects if symbol.kind == "op" else ()
        try:
            made = self._lowered(symbol, versions)
        except MinigradError as error:
            if isinstance(error, InvalidArgumentError):
                raise
            raise InvalidArgumentError(
                f"{error.what} [[node '{symbol.name}' ({symbol.operation.type})]]",
                op=symbol.operation,
                got=error.got,
                expected=error.expected,
                hint=error.hint,
            ) from None
        finally:
            self.graph.control = ()
        self.lowered[symbol] = made
        added = self.graph.symbols[before:]
        for part in added:
            self.origin[part] = symbol
            part.name = symbol.name if part is made else f"{symbol.name}/{part.name}"
        impure = tuple(s for s in added if not getattr(s.op, "pure", True))
        self._effects[symbol] = impure or effects
        if isinstance(made, Symbol) and symbol.op is not None:
            self.bind(symbol, made.shape)
        return made

    def _lowered(self, symbol: Declared, versions: Versions) -> Any:
        if symbol.kind == "constant":
            made = self.graph.constant(0)
            made.value, made.shape, made.dtype = symbol.value, symbol.value.shape, symbol.value.dtype
            return made
        if symbol.op is PART:
            return self.lowered[symbol.inputs[0]][symbol.parameters["n"]]  # type: ignore[index]
        unread = getattr(symbol.op, "unread", 0)
        inputs = (None,) * unread + tuple(self._read(x, versions) for x in symbol.inputs[unread:])
        if isinstance(symbol.op, Special):
            return symbol.op.lower(self, symbol, inputs)  # type: ignore[attr-defined]
        return declare_known(symbol.op, _with_numbers(symbol, inputs), self.known(symbol.parameters))

    def _read(self, x: Any, versions: Versions) -> Any:
        if not isinstance(x, Declared):
            return self.known(x)
        return versions[x][1] if x in versions else self._one(x)

    def write(self, symbol: Declared, variable: Declared, value: Symbol) -> None:
        """The node `symbol` gives the variable a new value."""
        self.writes[variable] = value
        self._versions[symbol] = {**self._versions[symbol], variable: (symbol.place, value)}

    def running(self, variable: Declared) -> Symbol:
        """The last value that the variable was given in this run so far."""
        return self.writes[variable] if variable in self.writes else self._one(variable)

    def _versions_before(self, symbol: Declared) -> Versions:
        found: Versions = {}
        for x in (*symbol.inputs, *symbol.after):
            for variable, version in self._versions.get(x, {}).items() if isinstance(x, Declared) else ():
                if variable not in found or found[variable][0] < version[0]:
                    found[variable] = version
        return found

    def _effects_before(self, symbol: Declared) -> tuple[Symbol, ...]:
        """What has effects and must be done before the symbol: for what is not its input the order must be said."""
        before = (self._effects.get(x, ()) for x in (*symbol.inputs, *symbol.after) if isinstance(x, Declared))
        return tuple(dict.fromkeys(s for effects in before for s in effects))

    def _source(self, symbol: Declared, shape: tuple[int, ...]) -> Symbol:
        make = self.graph.variable if symbol.kind == "variable" else self.graph.placeholder
        made = make(symbol.name, shape, symbol.dtype)
        made.name = symbol.name
        self.lowered[symbol] = self.sources[symbol] = made
        self.origin[made] = symbol
        return made

    def _size(self, dim: Dim) -> int:
        if dim not in self.sizes:
            owner, holder = dim.owner(), self
            while holder.around is not None and owner is not None and owner.graph is not holder.declaration:
                holder = holder.around
            if owner is not None:
                holder.lower([owner])
        if dim not in self.sizes:
            raise InvalidArgumentError(
                "A size is not known that the computation needs.",
                got="no fed array that would tell it",
                expected="feeds for the placeholders whose unknown sizes are used",
                hint="feed them, though their values are not needed",
            )
        return self.sizes[dim]


def unfed(symbol: Declared) -> InvalidArgumentError:
    """The error for a placeholder without a value."""
    return InvalidArgumentError(
        f"You must feed a value for placeholder tensor '{symbol.name}' with dtype {symbol.dtype.name}"
        + (f" and shape {TensorShape(symbol.shape)}." if symbol.shape is not None else "."),
        op=symbol.operation,
        got="no entry for it in feed_dict",
        expected=f"an array of shape {TensorShape(symbol.shape)}, {symbol.dtype.name}",
        hint=f"session.run(fetches, feed_dict={{{symbol.name.replace('/', '_')}: array}})",
    )


def _with_numbers(symbol: Declared, inputs: tuple) -> tuple:
    """Single constants beside tensors as numbers: kernels and rewrites take them so."""
    op = symbol.op
    if not op.elementwise or len(inputs) != 2:
        return inputs
    numbers = tuple(
        x.value.item() if isinstance(x, Symbol) and x.kind == "constant" and x.shape == () else x for x in inputs
    )
    if not any(isinstance(x, Symbol) for x in numbers):
        return inputs
    other = next(x for x in numbers if isinstance(x, Symbol))
    same = all(not isinstance(x, Symbol) or x.dtype == other.dtype for x in inputs)
    return numbers if same and other.dtype.kind == "f" else inputs
