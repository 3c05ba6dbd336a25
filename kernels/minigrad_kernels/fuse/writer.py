"""From a region to the text of its kernel.

1. A value is computed in the outermost loop in which it changes: what belongs to a row, once a row.
2. A reduction ends a pass over the row: what follows needs its result. What is cheap is computed again in the next
   pass; a function such as exp is kept in a row of scratch memory.
3. A value that is used once stands where it is used; others get a name.
"""

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
# As in `cpu/declare.py`, whose kernels need Numba; the text does not.
BLOCK = 512
_LETTERS = "ijkl"
# What the text itself calls things: steps and numbers, results, and what is derived from another name.
_OWN_NAMES = re.compile(rf"[{_LETTERS}]|[tc]\d+|out\d*|.*_(row|whole|[{_LETTERS}]+)")
_OWN_WORDS = frozenset(
    ("start", "kernel", "loop", "empty", "inf", "float32", "float64", "add_freely", *INSTRUCTIONS.values())
)


def with_free_names(region: Region, functions: dict[str, str]) -> Region:
    """The region with other names for those inputs whose own name means something else in the text."""
    names = {x.name: x.name for x in region.inputs}
    for name in names:
        taken = name in _OWN_WORDS or name in functions or keyword.iskeyword(name) or hasattr(builtins, name)
        if taken or _OWN_NAMES.fullmatch(name):
            names[name] = next(other for n in count() if (other := f"x{n}") not in names.values())
    steps = (s._replace(args=tuple(names.get(arg, arg) for arg in s.args)) for s in region.steps)
    inputs = (x._replace(name=names[x.name]) for x in region.inputs)
    return region._replace(inputs=tuple(inputs), steps=tuple(steps))


def source(region: Region, functions: dict[str, str]) -> str:
    """The text of the kernel for a collapsed region.

    Args:
        functions: for each operation that is a function, the module of `minigrad_kernels` from which to import it.
    """
    return _Writer(region, functions).text()


class _Writer:
    """Writes one kernel. `depth` of a value: inside how many loops it is computed."""

    def __init__(self, region: Region, functions: dict[str, str]):
        self.region, self.functions = region, functions = with_free_names(region, functions), functions
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
        self.kept: set[str] = set()  # in rows of scratch memory
        self.stored: set[str] = set()  # those of them that this row has already
        self.inline: set[str] = set()  # written where they are used
        self.imports: dict[str, set[str]] = {}

    # -- the parts of the text ---------------------------------------------------------------------------------------

    def text(self) -> str:
        body = self.body()
        region, dtype = self.region, self.region.dtype
        signature = [self.type_of(x) for x in region.inputs] + ["float64"] * len(region.numbers)
        signature += [
            self.array(dtype if not self.steps[name].boolean else "boolean", self.varies[name])
            for name in region.outputs
        ]
        names = [*(x.name for x in region.inputs), *region.numbers, *self.results()]
        self.need("minigrad_kernels.cpu.compile", "loop")
        lines = [f'"""{self.formula()}"""', ""]
        outside = sorted(module for module in self.imports if not module.startswith("minigrad"))
        for module in [*outside, None, *sorted(set(self.imports) - set(outside))]:
            lines.append(f"from {module} import {', '.join(sorted(self.imports[module]))}" if module else "")
        lines += ["", "", f'@loop("void({", ".join(signature)})")', f"def kernel({', '.join(names)}):"]
        return "\n".join(lines + ["    " + line if line else "" for line in body]).lstrip("\n") + "\n"

    def formula(self) -> str:
        """What the kernel computes, as it would be written with operations."""

        def say(name: str) -> str:
            step = self.steps.get(name)
            return name if step is None else self.written(step, say, lambda operation: operation)

        told = ", ".join(say(name) for name in self.region.outputs)
        return (told if len(told) < 90 else f"{len(self.region.steps)} operations") + ", in one pass over memory."

    def results(self) -> list[str]:
        outputs = self.region.outputs
        return ["out"] if len(outputs) == 1 else [f"out{n}" for n in range(len(outputs))]

    def type_of(self, x: Input) -> str:
        if not any(x.shape):
            return "boolean" if x.dtype == "bool" else "float64"
        return self.array("boolean" if x.dtype == "bool" else x.dtype, x.shape)

    @staticmethod
    def array(dtype: str, varies: Sequence[int]) -> str:
        return f"{dtype}[{':, ' * (max(sum(varies), 1) - 1)}::1]"

    def need(self, module: str, name: str) -> str:
        self.imports.setdefault(module, set()).add(name)
        return name

    # -- loops -------------------------------------------------------------------------------------------------------

    def body(self) -> list[str]:
        region, number = self.region, self.number
        lines = [f"{name} = {number(name)}" for name in region.numbers]
        lines += [f"{x.name} = {number(x.name)}" for x in region.inputs if not any(x.shape) and x.dtype != "bool"]
        if self.axes == 0:
            return lines + self.singles(0) + [f"{out}[0] = {self.value(name)}" for out, name in self.stores()]
        passes = max((self.stage[name] for name in region.outputs), default=0)
        self.keep(passes)
        for name in sorted(self.kept):
            lines.append(
                f"{name}_row = {self.need('numpy', 'empty')}({self.length(self.axes - 1)}, {self.need('numpy', region.dtype)})"
            )
        indent = ""
        for level in range(self.axes - 1):
            lines += [indent + line for line in self.singles(level)]
            lines.append(f"{indent}for {_LETTERS[level]} in range({self.length(level)}):")
            indent += "    "
            lines += [indent + line for line in self.rows(level)]
        return lines + [indent + line for line in self.row(passes)]

    def row(self, passes: int) -> list[str]:
        """One row: a pass for each set of reductions that need no later one, then a pass that writes the outputs."""
        level, letter = self.axes - 1, _LETTERS[self.axes - 1]
        lines: list[str] = []
        self.stored = set()
        for stage in range(passes + 1):
            lines += self.singles(level, stage)
            sums = [s for s in self.region.steps if s.op in REDUCTIONS and self.stage[s.name] == stage + 1]
            if sums:
                lines += self.fold(sums, letter)
        inner = [(out, name) for out, name in self.stores() if self.depth[name] == self.axes]
        if inner:
            lines.append(f"for {letter} in range({self.length(level)}):")
            lines += ["    " + line for line in self.inside([name for _, name in inner])]
            lines += [f"    {self.place(out, name, letter)} = {self.value(name)}" for out, name in inner]
        lines += [
            f"{self.place(out, name, '')} = {self.value(name)}"
            for out, name in self.stores()
            if self.depth[name] < self.axes
        ]
        return lines

    def fold(self, sums: list[Step], letter: str) -> list[str]:
        """A pass over the row for some reductions. Sums go by blocks: see BLOCK."""
        length, dtype = self.length(self.axes - 1), self.need("numpy", self.region.dtype)
        inside = self.inside([s.args[0] for s in sums])
        before, start, after, end = [], [], [], []
        for s in sums:
            value = self.value(s.args[0])
            if s.op == "sum":
                before.append(f"{s.name}_whole = 0.0")
                start.append(f"{s.name} = {dtype}(0)")
                inside.append(f"{s.name} = {self.need('minigrad_kernels.intrinsics', 'add_freely')}({s.name}, {value})")
                after.append(f"{s.name}_whole += {s.name}")
                end.append(f"{s.name} = {dtype}({s.name}_whole)")
            else:
                function = "maximum" if s.op == "amax" else "minimum"
                before.append(f"{s.name} = {dtype}({'-' if s.op == 'amax' else ''}inf)")
                self.need("numpy", "inf")
                inside.append(f"{s.name} = {self.need('minigrad_kernels.intrinsics', function)}({s.name}, {value})")
        if not start:
            return [*before, f"for {letter} in range({length}):", *("    " + line for line in inside)]
        return [
            *before,
            f"for start in range(0, {length}, {BLOCK}):",
            *("    " + line for line in start),
            f"    for {letter} in range(start, min(start + {BLOCK}, {length})):",
            *("        " + line for line in inside),
            *("    " + line for line in after),
            *end,
        ]

    # -- values ------------------------------------------------------------------------------------------------------

    def singles(self, level: int, stage: int = 0) -> list[str]:
        """The values that are computed inside `level` loops and before the pass `stage` over a row."""
        last = level == self.axes - 1 or self.axes == 0
        lines = []
        for step in self.region.steps:
            if (
                self.depth[step.name] == level
                and step.op not in REDUCTIONS
                and (not last or self.stage[step.name] == stage)
            ):
                lines.append(f"{step.name} = {self.expression(step)}")
        return lines

    def rows(self, level: int) -> list[str]:
        """Inside the loop of this level: the row (or the number) of each input that varies along it."""
        letter, lines = _LETTERS[level], []
        for x in self.region.inputs:
            if x.shape[level]:
                lines.append(f"{self.view(x.name, level + 1)} = {self.view(x.name, level)}[{letter}]")
        for out, name in self.stores():
            if self.varies[name][level] and self.depth[name] == self.axes and any(self.varies[name][level + 1 :]):
                lines.append(f"{self.view(out, level + 1, name)} = {self.view(out, level, name)}[{letter}]")
        return lines

    def view(self, name: str, level: int, value: str | None = None) -> str:
        """The name of what is left of an array inside so many loops: `x`, `x_i`, `x_ij`."""
        letters = "".join(_LETTERS[axis] for axis in range(level) if self.varies[value or name][axis])
        return f"{name}_{letters}" if letters else name

    def inside(self, targets: list[str]) -> list[str]:
        """The lines that compute what `targets` need of this element."""
        wanted: set[str] = set()
        stack = list(targets)
        while stack:
            name = stack.pop()
            step = self.steps.get(name)
            if step is None or self.depth[name] < self.axes or step.op in REDUCTIONS or name in wanted:
                continue
            wanted.add(name)
            if name not in self.stored:
                stack += step.args
        self.inline = set()
        lines = []
        counts: dict[str, int] = {}
        for step in self.region.steps:
            if step.name in wanted and step.name not in self.stored:
                for arg in step.args:
                    counts[arg] = counts.get(arg, 0) + 1
        for name in targets:
            counts[name] = counts.get(name, 0) + 1
        letter = _LETTERS[self.axes - 1]
        for step in self.region.steps:
            if step.name not in wanted or step.name in self.stored:
                continue
            text = self.expression(step)
            if step.name in self.kept:
                lines += [f"{step.name}_row[{letter}] = {text}"]
                self.stored.add(step.name)
            elif counts[step.name] == 1 and len(text) < 70:
                self.inline.add(step.name)
            else:
                lines.append(f"{step.name} = {text}")
        return lines

    def keep(self, passes: int) -> None:
        """Which functions are needed in more than one pass over the row, and so are kept."""
        seen: dict[str, int] = {}
        for stage in range(passes + 1):
            targets = [s.args[0] for s in self.region.steps if s.op in REDUCTIONS and self.stage[s.name] == stage + 1]
            if stage == passes:
                targets = [name for name in self.region.outputs if self.depth[name] == self.axes]
            stack, found = list(targets), set()
            while stack:
                name = stack.pop()
                step = self.steps.get(name)
                if step is None or self.depth[name] < self.axes or step.op in REDUCTIONS or name in found:
                    continue
                found.add(name)
                stack += step.args
            for name in found:
                seen[name] = seen.get(name, 0) + 1
        self.kept = {
            n for n, times in seen.items() if times > 1 and self.steps[n].op not in PLAIN and not self.steps[n].boolean
        }

    def value(self, name: str) -> str:
        """How a value is written where it is used."""
        letter = _LETTERS[self.axes - 1] if self.axes else ""
        if name in self.inputs:
            x = self.inputs[name]
            text = self.view(name, self.axes - 1) if self.axes else name
            return f"{text}[{letter}]" if self.axes and x.shape[-1] else text
        if name not in self.steps:
            return name if name in self.region.numbers else self.number(name)
        if name in self.stored:
            return f"{name}_row[{letter}]"
        return self.expression(self.steps[name]) if name in self.inline else name

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
            return self.need("minigrad_kernels.intrinsics", INSTRUCTIONS[operation])
        if operation not in self.functions:
            raise NotFusible(f"{operation} has no scalar function")
        return self.need(self.functions[operation], operation)

    def number(self, text: str) -> str:
        """A number in the dtype of the region: a bare 0.5 is a float64 and would widen whatever it meets."""
        return f"{self.need('numpy', self.region.dtype)}({text})"

    def length(self, level: int) -> str:
        """The length of an axis, from an array that varies along it."""
        results = dict(self.stores())
        for name in [*self.inputs, *results]:
            varies = self.varies[results.get(name, name)]
            if varies[level]:
                return f"{name}.shape[{sum(varies[:level])}]"
        raise NotFusible("nothing varies along an axis")

    def stores(self) -> list[tuple[str, str]]:
        return list(zip(self.results(), self.region.outputs, strict=True))

    def place(self, out: str, name: str, letter: str) -> str:
        """Where an output is written."""
        varies = self.varies[name]
        if letter:
            return f"{self.view(out, self.axes - 1, name)}[{letter if varies[-1] else 0}]"
        letters = [_LETTERS[axis] for axis in range(self.axes) if varies[axis]]
        return f"{out}[{', '.join(letters) or 0}]"
