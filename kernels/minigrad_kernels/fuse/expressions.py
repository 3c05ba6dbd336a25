"""How the values of a region are written: names, places in arrays, formulas with the parentheses they need."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Sequence
from itertools import count

from minigrad_kernels.fuse.region import Input, NotFusible, Region, Step

INFIX = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
    "logical_and": "&", "logical_or": "|",
}  # fmt: skip
# What binds tighter: * and / before + and -, these before comparisons. Python's & and | would come in between.
_BINDS = {"mul": 3, "div": 3, "add": 2, "sub": 2}
PREFIX = {"neg": "-", "logical_not": "not "}
# Machine instructions, by the name of the operation; every other function comes from `scalar`.
INSTRUCTIONS = {
    "where": "choose", "abs": "absolute", "sqrt": "square_root", "maximum": "maximum", "minimum": "minimum",
}  # fmt: skip
PLAIN = {*INFIX, *PREFIX, *INSTRUCTIONS, "cast"}
REDUCTIONS = ("sum", "amax", "amin")
# A sum over the first axes: each row is added to the result as it goes by. Its value is there at the end, as an output.
ADD_UP = "add_up"
LETTERS = "ijkl"
# What the text itself calls things: steps and numbers, results, and what is derived from another name.
_OWN_NAMES = re.compile(rf"[{LETTERS}]|[tc]\d+|out\d*|.*_(row|whole|[{LETTERS}]+)")


def with_free_names(region: Region, functions: dict[str, str], words: frozenset[str]) -> Region:
    """The region with other names for those inputs whose own name means something else in the text."""
    names = {x.name: x.name for x in region.inputs}
    for name in names:
        taken = name in words or name in functions or keyword.iskeyword(name) or hasattr(builtins, name)
        if taken or _OWN_NAMES.fullmatch(name):
            names[name] = next(other for n in count() if (other := f"x{n}") not in names.values())
    steps = (s._replace(args=tuple(names.get(arg, arg) for arg in s.args)) for s in region.steps)
    inputs = (x._replace(name=names[x.name]) for x in region.inputs)
    return region._replace(inputs=tuple(inputs), steps=tuple(steps))


class Expressions:
    """The values of a region as text.

    Attributes:
        depth: of each value, inside how many loops it is computed.
        stage: of each value, after how many reductions.
        kept: the values in rows of scratch memory; stored: those of them that this row has already.
        inline: the values that are written where they are used.
        imports: the names that the text needs, by module.
        words: what the text calls its own, which no input may be called. instructions: the module that has those.
        way: how the kernel goes about it, for its first line.
    """

    words = frozenset(
        ("start", "kernel", "loop", "empty", "inf", "float32", "float64", "add_freely", *INSTRUCTIONS.values())
    )
    instructions = "minigrad_kernels.intrinsics"
    way = "in one pass over memory"

    def __init__(self, region: Region, functions: dict[str, str]):
        self.region, self.functions = region, functions = with_free_names(region, functions, self.words), functions
        self.axes = len(region.shape)
        self.steps = {step.name: step for step in region.steps}
        self.varies = {value.name: value.shape for value in (*region.inputs, *region.steps)}
        self.inputs = {x.name: x for x in region.inputs}
        self.uses: dict[str, int] = {}
        for step in region.steps:
            for arg in step.args:
                self.uses[arg] = self.uses.get(arg, 0) + 1
        self.depth: dict[str, int] = {}
        self.stage: dict[str, int] = {}
        for value in region.inputs:
            self.depth[value.name] = max((axis + 1 for axis, one in enumerate(value.shape) if one), default=0)
            self.stage[value.name] = 0
        for step in region.steps:
            self.depth[step.name] = max((self.depth.get(arg, 0) for arg in step.args), default=0)
            self.stage[step.name] = max((self.stage.get(arg, 0) for arg in step.args), default=0)
            if step.op in REDUCTIONS:
                self.depth[step.name] = self.axes - 1
                self.stage[step.name] += 1
            elif step.op == ADD_UP:
                self.depth[step.name] = self.axes
        self.kept: set[str] = set()  # in rows of scratch memory
        self.stored: set[str] = set()  # those of them that this row has already
        self.inline: set[str] = set()  # written where they are used
        self.imports: dict[str, set[str]] = {}

    def need(self, module: str, name: str) -> str:
        self.imports.setdefault(module, set()).add(name)
        return name

    def results(self) -> list[str]:
        outputs = self.region.outputs
        return ["out"] if len(outputs) == 1 else [f"out{n}" for n in range(len(outputs))]

    def stores(self) -> list[tuple[str, str]]:
        return list(zip(self.results(), self.region.outputs, strict=True))

    def formula(self) -> str:
        """What the kernel computes, as it would be written with operations."""

        def say(name: str) -> str:
            step = self.steps.get(name)
            return name if step is None else self.written(step, say, lambda operation: operation)

        told = ", ".join(say(name) for name in self.region.outputs)
        return (told if len(told) < 90 else f"{len(self.region.steps)} operations") + f", {self.way}."

    def value(self, name: str) -> str:
        """How a value is written where it is used."""
        letter = LETTERS[self.axes - 1] if self.axes else ""
        if name in self.inputs:
            x = self.inputs[name]
            text = self.view(name, self.axes - 1) if self.axes else name
            return f"{text}[{letter}]" if self.axes and x.shape[-1] else text
        if name not in self.steps:
            return name if name in self.region.numbers else self.number(name)
        if name in self.stored:
            return f"{name}_row[{letter}]"
        return self.expression(self.steps[name]) if name in self.inline else name

    def view(self, name: str, level: int, value: str | None = None) -> str:
        """The name of what is left of an array inside so many loops: `x`, `x_i`, `x_ij`."""
        letters = "".join(LETTERS[axis] for axis in range(level) if self.varies[value or name][axis])
        return f"{name}_{letters}" if letters else name

    def place(self, out: str, name: str, letter: str) -> str:
        """Where an output is written."""
        varies = self.varies[name]
        if letter:
            return f"{self.view(out, self.axes - 1, name)}[{letter if varies[-1] else 0}]"
        letters = [LETTERS[axis] for axis in range(self.axes) if varies[axis]]
        return f"{out}[{', '.join(letters) or 0}]"

    def length(self, level: int) -> str:
        """The length of an axis, from an array that varies along it."""
        results = dict(self.stores())
        for name in [*self.inputs, *results]:
            varies = self.varies[results.get(name, name)]
            if varies[level]:
                return f"{name}.shape[{sum(varies[:level])}]"
        raise NotFusible("nothing varies along an axis")

    def number(self, text: str) -> str:
        """A number in the dtype of the region: a bare 0.5 is a float64 and would widen whatever it meets."""
        return f"{self.need('numpy', self.region.dtype)}({text})"

    def summand(self, name: str) -> str:
        """What of a result is computed for an element: the result itself, or what is added to it."""
        step = self.steps[name]
        return step.args[0] if step.op == ADD_UP else name

    def store(self, out: str, name: str, letter: str) -> list[str]:
        """The line that writes an element of a result."""
        added = "+" if self.steps[name].op == ADD_UP else ""
        return [f"{self.place(out, name, letter)} {added}= {self.value(self.summand(name))}"]

    def expression(self, step: Step) -> str:
        return self.written(step, self.value, self.function)

    def written(self, step: Step, say: Callable[[str], str], function: Callable[[str], str]) -> str:
        """A step as a formula of its arguments, with parentheses where they are needed."""
        args = [say(arg) for arg in step.args]
        if step.op in INFIX:
            left, right = (self.parenthesised(step, n, text) for n, text in enumerate(args))
            return f"{left} {INFIX[step.op]} {right}"
        if step.op in PREFIX:
            return f"{PREFIX[step.op]}{self.parenthesised(step, 0, args[0])}"
        return f"{function(step.op)}({', '.join(args)})"

    def parenthesised(self, step: Step, place: int, text: str) -> str:
        """An argument of an operator: a sum in a product stands in parentheses, and so does x in y - x if x is a sum."""
        inner = self.steps.get(step.args[place])
        if inner is None or text.isidentifier() or inner.op not in INFIX | PREFIX:
            return text
        mine, its = _BINDS.get(step.op, 0), _BINDS.get(inner.op, 0)
        return text if its > mine > 0 or (its == mine > 0 and place == 0) else f"({text})"

    def function(self, operation: str) -> str:
        """The name of the function that computes an operation on numbers, imported."""
        if operation == "cast":
            return self.need("numpy", self.region.dtype)
        if operation in INSTRUCTIONS:
            return self.need(self.instructions, INSTRUCTIONS[operation])
        if operation not in self.functions:
            raise NotFusible(f"{operation} has no scalar function")
        return self.need(self.functions[operation], operation)

    def type_of(self, x: Input) -> str:
        if not any(x.shape):
            return "boolean" if x.dtype == "bool" else "float64"
        return self.array("boolean" if x.dtype == "bool" else x.dtype, x.shape)

    @staticmethod
    def array(dtype: str, varies: Sequence[int]) -> str:
        return f"{dtype}[{':, ' * (max(sum(varies), 1) - 1)}::1]"
