"""From a region to the text of its kernel for a GPU: which thread computes what.

- elements: without sums, a thread takes an element, and its neighbour the neighbouring one. What belongs to a row is computed
  again for each of its elements: arithmetic costs a GPU less than memory.
- blocks: with reductions over the last axis, a block takes a row. Its threads go along it side by side, and combine what they
  found in shared memory. A later pass reads the row again, which by then waits in the cache.
- warps: short rows, where a warp takes one and no shared memory is needed.
- columns: with sums over the first axes, a thread goes down a column and writes the rest on its way. The rows are parted
  among blocks, each of which leaves sums of its own. Nobody adds to another's sum, so they are the same in each run.

With both kinds of sums there are rows, and each block (or warp) has a row of sums over the first axes for itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from minigrad_kernels.fuse.expressions import ADD_UP, INSTRUCTIONS, LETTERS
from minigrad_kernels.fuse.region import Input, NotFusible, Region, Step
from minigrad_kernels.fuse.writer import Writer

# Of each reduction: what combines two values, and what combines those of a warp or a block.
_COMBINED = {"sum": "sum", "amax": "maximum", "amin": "minimum"}


def source_for_threads(region: Region, functions: dict[str, str], by: str) -> str:
    """The text of the kernel for a collapsed region.

    After its other arguments the kernel takes its results. One that is summed over the first axes has an axis more, in front,
    for the parts that are to be added.

    Args:
        functions: for each operation that is a function, the module of `minigrad_kernels` from which to import it.
        by: "elements", "blocks", "warps" or "columns".

    Errors: NotFusible.
    """
    return _Threads(region, functions, by).text()


class _Threads(Writer):
    words = frozenset(
        (
            "cuda",
            "launch",
            "kernel",
            "n",
            "row",
            "column",
            "part",
            "partial",
            "inf",
            "float32",
            "float64",
            "WARPS",
            "ALL_LANES",
        )
    ).union(INSTRUCTIONS.values(), (f"{who}_{what}" for who in ("block", "warp") for what in _COMBINED.values()))
    instructions = "minigrad_kernels.cuda.intrinsics"

    def __init__(self, region: Region, functions: dict[str, str], by: str):
        super().__init__(region, functions)
        self.by = by
        self.adding = [step for step in self.region.steps if step.op == ADD_UP]
        if rows := by in ("blocks", "warps"):
            self.way = "a row at a time"
        for step in self.region.steps:  # computed for each element or for each row, and nowhere else
            self.depth[step.name] = max(self.depth[step.name], self.axes - rows)
        self.first = self.axes - 1 if rows else sum(not one for one in self.adding[0].shape) if self.adding else 0
        for step in self.adding:
            if step.shape != (0,) * self.first + (1,) * (self.axes - self.first) or self.first == self.axes:
                raise NotFusible("there are sums over several numbers of first axes, or over all")

    def text(self) -> str:
        body = self.body()
        dtype = self.region.dtype
        signature = [self.type_of(x) for x in self.region.inputs] + [dtype] * len(self.region.numbers)
        for name in self.region.outputs:
            step = self.steps[name]
            varies = (1, *step.shape[self.first :]) if step.op == ADD_UP else step.shape
            signature.append(self.array("boolean" if step.boolean else dtype, varies))
        self.need("numba", "cuda")
        self.need("minigrad_kernels.cuda", "launch")
        return self.module(f'@launch.kernel("void({", ".join(signature)})", register=False)', body)

    def type_of(self, x: Input) -> str:
        return self.array("boolean" if x.dtype == "bool" else x.dtype, x.shape)

    def value(self, name: str) -> str:
        return self.place(name, name, "") if name in self.inputs else super().value(name)

    def length(self, level: int) -> str:
        text = super().length(level)
        if text.partition(".")[0] in [out for out, name in self.stores() if self.adds(name)]:
            raise NotFusible("only a sum varies along an axis")
        return text

    def body(self) -> list[str]:
        if self.by == "elements":
            return self.elements()
        return self.columns() if self.by == "columns" else self.all_rows()

    # -- who takes what ----------------------------------------------------------------------------------------------

    def elements(self) -> list[str]:
        if not self.axes:
            return ["if cuda.grid(1) == 0:", *_inside(self.element())]
        return self.shared_out(range(self.axes), "n", "cuda.grid(1)", "cuda.gridsize(1)", self.element())

    def columns(self) -> list[str]:
        down = self.shared_out(range(self.first), "row", "cuda.blockIdx.y", "cuda.gridDim.y", self.element())
        lines = [f"{step.name} = {self.number('0')}" for step in self.adding] + down
        letters = ", ".join(LETTERS[self.first : self.axes])
        lines += [f"{out}[cuda.blockIdx.y, {letters}] = {name}" for out, name in self.stores() if self.adds(name)]
        return self.shared_out(range(self.first, self.axes), "column", "cuda.grid(1)", "cuda.gridsize(1)", lines)

    def all_rows(self) -> list[str]:
        first, many = "cuda.blockIdx.x", "cuda.gridDim.x"
        lines = []
        if self.by == "warps":
            first, many = f"{first} * cuda.blockDim.y + cuda.threadIdx.y", f"{many} * cuda.blockDim.y"
        else:
            room = self.need("minigrad_kernels.cuda.warp", "WARPS")
            lines.append(f"partial = cuda.shared.array({room}, {self.need('numpy', self.region.dtype)})")
        if self.adding:
            lines.append(f"part = {first}")
            first, letter = "part", LETTERS[self.axes - 1]
            lines.append(self.along_the_row())
            lines += [f"    {out}[part, {letter}] = 0" for out, name in self.stores() if self.adds(name)]
        passes = max((self.stage[name] for name in self.region.outputs), default=0)
        return lines + self.shared_out(range(self.axes - 1), "row", first, many, self.row(passes))

    def shared_out(self, axes: Sequence[int], count: str, start: str, step: str, body: list[str]) -> list[str]:
        """The loop over some axes, counted as one, of which a thread takes every so manieth element."""
        if not axes:
            return body
        lengths = [self.length(axis) for axis in axes]
        if len(axes) == 1:
            return [f"for {LETTERS[axes[0]]} in range({start}, {lengths[0]}, {step}):", *_inside(body)]
        lines, rest = [], count
        for axis, length in zip(reversed(axes[1:]), reversed(lengths[1:])):
            lines.append(f"{LETTERS[axis]} = {rest} % {length}")
            rest = f"{rest} // {length}"
        lines.append(f"{LETTERS[axes[0]]} = {rest}")
        return [f"for {count} in range({start}, {' * '.join(lengths)}, {step}):", *_inside(lines + body)]

    # -- what it does with it ----------------------------------------------------------------------------------------

    def element(self) -> list[str]:
        """What is computed and written for an element."""
        lines = self.inside([self.summand(name) for name in self.region.outputs], named=len(self.region.outputs) > 1)
        return lines + [line for result in self.stores() for line in self.store(*result, "")]

    def store(self, out: str, name: str, letter: str) -> list[str]:
        if self.adds(name):
            place = name if self.by == "columns" else f"{out}[part, {LETTERS[self.axes - 1]}]"
            return [f"{place} += {self.value(self.summand(name))}"]
        line = f"{self.place(out, name, '')} = {self.value(name)}"
        loops = self.axes if letter or self.by in ("elements", "columns") else self.axes - 1
        once = [f"{LETTERS[axis]} == 0" for axis in range(loops) if not self.varies[name][axis]]
        return [f"if {' and '.join(once)}:", "    " + line] if once else [line]

    def adds(self, name: str) -> bool:
        return self.steps[name].op == ADD_UP

    def along_the_row(self) -> str:
        letter, length = LETTERS[self.axes - 1], self.length(self.axes - 1)
        return f"for {letter} in range(cuda.threadIdx.x, {length}, cuda.blockDim.x):"

    def once_a_row(self, lines: list[str]) -> list[str]:
        return ["if cuda.threadIdx.x == 0:", *_inside(lines)] if lines else []

    def fold(self, sums: list[Step], letter: str) -> list[str]:
        """A pass over the row: each thread reduces what it meets, then all of them combine."""
        dtype = self.need("numpy", self.region.dtype)
        before, after, inside = [], [], self.inside([s.args[0] for s in sums])
        for s in sums:
            value, combined = self.value(s.args[0]), _COMBINED[s.op]
            if s.op == "sum":
                before.append(f"{s.name} = {dtype}(0)")
                inside.append(f"{s.name} += {value}")
            else:
                before.append(f"{s.name} = {dtype}({'-' if s.op == 'amax' else ''}{self.need('numpy', 'inf')})")
                inside.append(f"{s.name} = {self.need(self.instructions, combined)}({s.name}, {value})")
            if self.by == "blocks":
                after.append(
                    f"{s.name} = {self.need('minigrad_kernels.cuda.warp', f'block_{combined}')}({s.name}, partial)"
                )
            else:
                whole = self.need("minigrad_kernels.cuda.warp", f"warp_{combined}")
                lanes = self.need("minigrad_kernels.cuda.warp", "ALL_LANES")
                after.append(f"{s.name} = cuda.shfl_sync({lanes}, {whole}({s.name}), 0)")
        return [*before, self.along_the_row(), *_inside(inside), *after]


def _inside(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]
