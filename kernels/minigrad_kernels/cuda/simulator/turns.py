"""Functions that give way: what lets simulated threads take turns without an operating system's threads.

A thread that waits at a barrier must stop in the middle of its function while the others catch up, and go on from there.
In Python that is a generator. So the simulator reads the source of a kernel and puts a `yield` where it waits:

    cuda.syncthreads()                         (yield cuda.syncthreads(), 3)
    total = block_sum(x[i], partial)           total = (yield from block_sum(x[i], partial))

The second line is needed where `block_sum` waits in its turn; that function is rewritten likewise. Lines keep their numbers
and files their names, so errors, breakpoints and coverage show the source as it was written. To switch from one
thread to the next takes a fraction of a microsecond, the order is always the same, and Ctrl-C works as anywhere.
A function that never waits runs as it is.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

from numba import cuda

from minigrad_kernels.cuda.simulator.barriers import WORDS


class Place(NamedTuple):
    """Where in the source threads wait."""

    word: str
    line: int
    function: str
    file: str

    def __str__(self) -> str:
        return f"cuda.{self.word}() in line {self.line} of {self.function}"


class Turned(NamedTuple):
    """A function as the simulator runs it.

    Attributes:
        function: the rewritten function, or the one that was given if nothing in it had to change.
        waits: whether it is a generator function.
        uses: the functions and modules that it was seen to use, by name; another one means to read it again.
        callees: those functions, in the same form.
    """

    function: Callable
    waits: bool
    uses: dict[str, Any]
    callees: tuple[tuple[Callable, Turned], ...] = ()


PLACES: list[Place] = []
_KEPT = "_giving_way"
_unknown = object()


def give_way(function: Callable) -> Turned:
    """The function in the form in which threads of the simulator can take turns.

    Errors: TypeError if it waits at a barrier and its source cannot be had.
    """
    return _give_way(plain(function) or function, ())


def plain(found: Any) -> Callable | None:
    """The Python function behind one, or behind what `cuda.jit` makes of it; None for anything else."""
    if isinstance(found, FunctionType):
        return found
    behind = getattr(found, "py_func", None) if hasattr(found, "py_func") else None
    return behind if isinstance(behind, FunctionType) else None


def _give_way(function: Callable, inside: tuple[Callable, ...]) -> Turned:
    if not isinstance(function, FunctionType) or function in inside:
        return Turned(function, False, {})
    known = _known(function)
    if known is None or not _still_holds(function, known):
        known = _read(function, (*inside, function))
        function.__dict__[_KEPT] = function, known
    return known


def _known(function: Callable) -> Turned | None:
    """What is kept with the function itself, so that it goes when the function goes."""
    owner, known = function.__dict__.get(_KEPT, (None, None))
    return known if owner is function else None  # functools.wraps copies what a function keeps


def _still_holds(function: FunctionType, known: Turned) -> bool:
    """Whether the names still mean what they meant: in a notebook a cell may have defined a function anew."""
    return all(_lookup(function, name) is used for name, used in known.uses.items()) and all(
        _known(callee) is turned and _still_holds(callee, turned)
        for callee, turned in known.callees
        if isinstance(callee, FunctionType)
    )


def _lookup(function: FunctionType, name: str) -> Any:
    code = function.__code__
    if name in code.co_freevars:
        try:
            return (function.__closure__ or ())[code.co_freevars.index(name)].cell_contents
        except ValueError:  # the cell is still empty
            return _unknown
    if name in code.co_varnames or name in code.co_cellvars:
        return _unknown
    return function.__globals__.get(name, _unknown)


def _read(function: FunctionType, inside: tuple[Callable, ...]) -> Turned:
    """Rewrite the function if it, or one that it calls, waits (or was made by `cuda.jit`, which would launch it)."""
    names = _names(function.__code__)
    found = {name: _lookup(function, name) for name in names}
    uses = {name: x for name, x in found.items() if isinstance(x, ModuleType) or plain(x)}
    callees: dict[Callable, Turned] = {}
    for x in list(uses.values()):
        named = [vars(x).get(n) for n in names] if isinstance(x, ModuleType) and x is not cuda else [x]
        for candidate in named:
            if (callee := plain(candidate)) and (callee is not candidate or _is_the_readers(callee)):
                callees[callee] = _give_way(callee, inside)
    pairs = tuple(callees.items())
    as_it_is = Turned(function, False, uses, pairs)
    waits = bool(WORDS.keys() & names) or any(turned.waits for turned in callees.values())
    changes = any(turned.function is not callee for callee, turned in pairs)
    changes = changes or any(plain(x) not in (None, x) for x in uses.values())
    if not waits and not changes:
        return as_it_is
    rewriter = _Rewriter(function, inside)
    definition = _definition(function)
    if definition is None and waits:
        raise TypeError(
            f"The simulator cannot read the source of {function.__name__}, which waits at a barrier.\n"
            f"  got:      a function from {function.__code__.co_filename}\n"
            "  expected: a function defined with `def` in a file or in a notebook's cell\n"
            "  try:      write the kernel into a file and import it"
        )
    if definition is None or not rewriter.visit_definition(definition).changed:
        return as_it_is
    return Turned(_build(function, definition, rewriter.cells), rewriter.waits, uses, pairs)


def _names(code: CodeType) -> set[str]:
    """The names that a function uses, inner functions and comprehensions included."""
    inner = (_names(x) for x in code.co_consts if isinstance(x, CodeType))
    return set(code.co_names).union(code.co_freevars, *inner)


def _is_the_readers(function: FunctionType) -> bool:
    return (function.__module__ or "").partition(".")[0] not in ("numpy", "numba", "math", "llvmlite")


def _definition(function: FunctionType) -> ast.FunctionDef | None:
    """The function's source, read; None where there is none."""
    try:
        lines, first = inspect.getsourcelines(function)
        indented = lines[0][:1].isspace()
        tree = ast.parse("if 1:\n" + "".join(lines) if indented else "".join(lines))
    except (OSError, SyntaxError):
        return None
    definition = tree.body[0].body[0] if indented else tree.body[0]  # type: ignore[attr-defined]
    ast.increment_lineno(definition, first - 1 - indented)
    is_it = isinstance(definition, ast.FunctionDef) and definition.name == function.__code__.co_name
    return definition if is_it else None


class _Rewriter(ast.NodeTransformer):
    """Puts the yields in.

    Attributes:
        cells: functions in their rewritten form, by the names that the rewritten source calls them by.
        waits, changed: whether there is a yield in it now; whether anything is different.
    """

    def __init__(self, function: FunctionType, inside: tuple[Callable, ...]):
        self.function, self.inside = function, inside
        self.cells: dict[str, Callable] = {}
        self.waits = self.changed = False

    def visit_definition(self, definition: ast.FunctionDef) -> _Rewriter:
        definition.body = [self.visit(statement) for statement in definition.body]
        return self

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if (word := self._waiting_word(node.func)) is not None:
            self.waits = self.changed = True
            code = self.function.__code__
            PLACES.append(Place(word, node.lineno, code.co_name, code.co_filename))
            pair = ast.Tuple([node, ast.Constant(len(PLACES) - 1)], ast.Load())
            return ast.copy_location(ast.Yield(ast.copy_location(pair, node)), node)
        found = self._resolve(node.func)
        callee = plain(found)
        if callee is None or (callee is found and not _is_the_readers(callee)):
            return node
        turned = _give_way(callee, self.inside)
        if turned.function is found:
            return node
        self.changed = True
        name = f"_giving_way_{len(self.cells)}"
        self.cells[name] = turned.function
        node.func = ast.copy_location(ast.Name(name, ast.Load()), node.func)
        if not turned.waits:
            return node
        self.waits = True
        return ast.copy_location(ast.YieldFrom(node), node)

    def _visit_inner(self, node: ast.AST) -> ast.AST:
        before = self.waits
        self.waits = False
        self.generic_visit(node)
        if self.waits:
            raise TypeError(
                f"{self.function.__name__} waits at a barrier inside an inner function or a comprehension.\n"
                f"  got:      a barrier in line {getattr(node, 'lineno', '?')} of {self.function.__code__.co_filename}\n"
                "  expected: barriers in the kernel itself or in device functions that it calls\n"
                "  try:      a `for` loop, or a device function outside the kernel"
            )
        self.waits = before
        return node

    visit_Lambda = visit_FunctionDef = _visit_inner
    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_inner

    def _waiting_word(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Attribute) and node.attr in WORDS and self._resolve(node.value) is cuda:
            return node.attr
        return None

    def _resolve(self, node: ast.expr) -> Any:
        """What a name, or an attribute of a module, stands for."""
        if isinstance(node, ast.Name):
            return _lookup(self.function, node.id)
        if isinstance(node, ast.Attribute):
            owner = self._resolve(node.value)
            return getattr(owner, node.attr, _unknown) if isinstance(owner, ModuleType) else _unknown
        return _unknown


def _build(function: FunctionType, definition: ast.FunctionDef, cells: dict[str, Callable]) -> FunctionType:
    """The rewritten function, over the same globals and closed over the same variables."""
    code = function.__code__
    definition.decorator_list, definition.returns = [], None
    definition.args.defaults, definition.args.kw_defaults = [], [None] * len(definition.args.kwonlyargs)
    for argument in (*definition.args.posonlyargs, *definition.args.args, *definition.args.kwonlyargs):
        argument.annotation = None
    definition.name = "_giving_way"
    module = ast.parse(f"def _outer({', '.join((*code.co_freevars, *cells))}):\n    pass")
    module.body[0].body = [definition]  # type: ignore[attr-defined]
    ast.fix_missing_locations(module)
    outer = _inner_code(compile(module, code.co_filename, "exec", dont_inherit=True), "_outer")
    inner = _inner_code(outer, "_giving_way").replace(co_name=code.co_name, co_qualname=code.co_qualname)
    closed_over = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    closed_over.update((name, CellType(x)) for name, x in cells.items())
    closure = tuple(closed_over[name] for name in inner.co_freevars)
    built = FunctionType(inner, function.__globals__, function.__name__, function.__defaults__, closure)
    built.__kwdefaults__ = function.__kwdefaults__
    return built


def _inner_code(code: Any, name: str) -> Any:
    return next(x for x in code.co_consts if getattr(x, "co_name", None) == name)
