"""From a region to the text of its kernel.

1. A value is computed in the outermost loop in which it changes: what belongs to a row, once a row.
2. A reduction ends a pass over the row: what follows needs its result. What is cheap is computed again in the next
   pass; a function such as exp is kept in a row of scratch memory.
3. A value that is used once stands where it is used; others get a name.
"""

from __future__ import annotations

from minigrad_kernels.fuse.expressions import ADD_UP, LETTERS, PLAIN, REDUCTIONS, Expressions
from minigrad_kernels.fuse.region import Region, Step

# As in `cpu/declare.py`, whose kernels need Numba; the text does not.
BLOCK = 512


def source(region: Region, functions: dict[str, str]) -> str:
    """The text of the kernel for a collapsed region.

    Args:
        functions: for each operation that is a function, the module of `minigrad_kernels` from which to import it.
    """
    return Writer(region, functions).text()


class Writer(Expressions):
    """Writes one kernel: its signature, its loops, and what is computed in each."""

    def text(self) -> str:
        body = self.body()
        region, dtype = self.region, self.region.dtype
        signature = [self.type_of(x) for x in region.inputs] + ["float64"] * len(region.numbers)
        signature += [
            self.array(dtype if not self.steps[name].boolean else "boolean", self.varies[name])
            for name in region.outputs
        ]
        self.need("minigrad_kernels.cpu.compile", "loop")
        return self.module(f'@loop("void({", ".join(signature)})")', body)

    def module(self, decorator: str, body: list[str]) -> str:
        """The text of the file: what the kernel computes, what it needs, the kernel."""
        region = self.region
        names = [*(x.name for x in region.inputs), *region.numbers, *self.results()]
        lines = [f'"""{self.formula()}"""', ""]
        outside = sorted(module for module in self.imports if not module.startswith("minigrad"))
        for module in [*outside, None, *sorted(set(self.imports) - set(outside))]:
            lines.append(f"from {module} import {', '.join(sorted(self.imports[module]))}" if module else "")
        lines += ["", "", decorator, f"def kernel({', '.join(names)}):"]
        return "\n".join(lines + ["    " + line for line in body]) + "\n"

    def body(self) -> list[str]:
        region, number = self.region, self.number
        lines = [f"{name} = {number(name)}" for name in region.numbers]
        lines += [f"{x.name} = {number(x.name)}" for x in region.inputs if not any(x.shape) and x.dtype != "bool"]
        lines += [f"{out}[:] = 0" for out, name in self.stores() if self.steps[name].op == ADD_UP]
        if self.axes == 0:
            return lines + self.singles(0) + [line for result in self.stores() for line in self.store(*result, "")]
        passes = max((self.stage[name] for name in region.outputs), default=0)
        self.keep(passes)
        for name in sorted(self.kept):
            lines.append(
                f"{name}_row = {self.need('numpy', 'empty')}({self.length(self.axes - 1)}, {self.need('numpy', region.dtype)})"
            )
        indent = ""
        for level in range(self.axes - 1):
            lines += [indent + line for line in self.singles(level)]
            lines.append(f"{indent}for {LETTERS[level]} in range({self.length(level)}):")
            indent += "    "
            lines += [indent + line for line in self.rows(level)]
        return lines + [indent + line for line in self.row(passes)]

    def row(self, passes: int) -> list[str]:
        """One row: a pass for each set of reductions that need no later one, then a pass that writes the outputs."""
        level, letter = self.axes - 1, LETTERS[self.axes - 1]
        lines: list[str] = []
        self.stored = set()
        for stage in range(passes + 1):
            lines += self.singles(level, stage)
            sums = [s for s in self.region.steps if s.op in REDUCTIONS and self.stage[s.name] == stage + 1]
            if sums:
                lines += self.fold(sums, letter)
        inner = [(out, name) for out, name in self.stores() if self.depth[name] == self.axes]
        if inner:
            lines.append(self.along_the_row())
            # With several outputs every value is there before the first is written: an output may lie where an input does.
            named = len(inner) > 1
            lines += ["    " + line for line in self.inside([self.summand(name) for _, name in inner], named=named)]
            lines += ["    " + line for result in inner for line in self.store(*result, letter)]
        outer = [(out, name) for out, name in self.stores() if self.depth[name] < self.axes]
        return lines + self.once_a_row([line for result in outer for line in self.store(*result, "")])

    def along_the_row(self) -> str:
        return f"for {LETTERS[self.axes - 1]} in range({self.length(self.axes - 1)}):"

    def once_a_row(self, lines: list[str]) -> list[str]:
        """The lines that write what a row has one of."""
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
            return [*before, self.along_the_row(), *("    " + line for line in inside)]
        return [
            *before,
            f"for start in range(0, {length}, {BLOCK}):",
            *("    " + line for line in start),
            f"    for {letter} in range(start, min(start + {BLOCK}, {length})):",
            *("        " + line for line in inside),
            *("    " + line for line in after),
            *end,
        ]

    def singles(self, level: int, stage: int = 0) -> list[str]:
        """The values that are computed inside `level` loops and before the pass `stage` over a row."""
        last = level == self.axes - 1 or self.axes == 0
        lines = []
        for step in self.region.steps:
            if (
                self.depth[step.name] == level
                and step.op not in (*REDUCTIONS, ADD_UP)
                and (not last or self.stage[step.name] == stage)
            ):
                lines.append(f"{step.name} = {self.expression(step)}")
        return lines

    def rows(self, level: int) -> list[str]:
        """Inside the loop of this level: the row (or the number) of each input that varies along it."""
        letter, lines = LETTERS[level], []
        for x in self.region.inputs:
            if x.shape[level]:
                lines.append(f"{self.view(x.name, level + 1)} = {self.view(x.name, level)}[{letter}]")
        for out, name in self.stores():
            if self.varies[name][level] and self.depth[name] == self.axes and any(self.varies[name][level + 1 :]):
                lines.append(f"{self.view(out, level + 1, name)} = {self.view(out, level, name)}[{letter}]")
        return lines

    def inside(self, targets: list[str], *, named: bool = False) -> list[str]:
        """The lines that compute what `targets` need of this element; `named`, and the targets themselves."""
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
        letter = LETTERS[self.axes - 1]
        for step in self.region.steps:
            if step.name not in wanted or step.name in self.stored:
                continue
            text = self.expression(step)
            if step.name in self.kept:
                lines += [f"{step.name}_row[{letter}] = {text}"]
                self.stored.add(step.name)
            elif counts[step.name] == 1 and len(text) < 70 and not (named and step.name in targets):
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
                targets = [self.summand(name) for name in self.region.outputs if self.depth[name] == self.axes]
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
