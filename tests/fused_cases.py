"""Regions for the generator of kernels: each way in which threads share out work, and what may stand in one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from minigrad_kernels.fuse import Input, Region, Step

BOOLEAN = ("gt", "eq", "isnan")


class Case(NamedTuple):
    """A region, and the shapes of the arrays for its inputs.

    Attributes:
        by: which threads are to take what.
    """

    region: Region
    by: str

    def inputs(self, *, seed: int = 0) -> list[np.ndarray]:
        stream = np.random.default_rng(seed)
        return [stream.standard_normal(x.shape).astype(self.region.dtype) for x in self.region.inputs]

    def expected(self, inputs: list[np.ndarray], numbers: tuple[float, ...]) -> list[np.ndarray]:
        """What NumPy computes, step by step, in float64."""
        region = self.region
        values: dict[str, Any] = {x.name: a.astype("float64") for x, a in zip(region.inputs, inputs, strict=True)}
        values |= dict(zip(region.numbers, numbers, strict=True))
        for step in region.steps:
            args = [values[arg] if arg in values else float(arg) for arg in step.args]
            values[step.name] = STEPS[step.op](region, step, *args)
        return [np.broadcast_to(values[name], self.shape_of(name)) for name in region.outputs]

    def shape_of(self, name: str) -> tuple[int, ...]:
        return next(step.shape for step in self.region.steps if step.name == name)


def _last(region: Region) -> tuple[int, ...]:
    return tuple(range(-region.reduced, 0))


def _add_up(region: Region, step: Step, x: np.ndarray) -> np.ndarray:
    summed = tuple(axis for axis, (n, m) in enumerate(zip(step.shape, region.shape, strict=True)) if n != m)
    return np.broadcast_to(x, region.shape).sum(summed, keepdims=True)


STEPS = {
    "add": lambda region, step, x, y: x + y,
    "sub": lambda region, step, x, y: x - y,
    "mul": lambda region, step, x, y: x * y,
    "div": lambda region, step, x, y: x / y,
    "gt": lambda region, step, x, y: x > y,
    "where": lambda region, step, c, x, y: np.where(c, x, y),
    "cast": lambda region, step, x: np.asarray(x, "float64"),
    "exp": lambda region, step, x: np.exp(x),
    "tanh": lambda region, step, x: np.tanh(x),
    "sigmoid": lambda region, step, x: 1 / (1 + np.exp(-x)),
    "amax": lambda region, step, x: x.max(_last(region), keepdims=True),
    "amin": lambda region, step, x: x.min(_last(region), keepdims=True),
    "sum": lambda region, step, x: np.broadcast_to(x, region.shape).sum(_last(region), keepdims=True),
    "add_up": _add_up,
}


def region(
    inputs: dict[str, tuple[int, ...]],
    steps: list[tuple[str, tuple[str, ...], tuple[int, ...]]],
    outputs: tuple[str, ...],
    *,
    shape: tuple[int, ...],
    dtype: str = "float32",
    numbers: tuple[str, ...] = (),
    reduced: int = 0,
) -> Region:
    """`inputs` are shapes by name; `steps` (operation, arguments, shape), named t0, t1, … in order."""
    return Region(
        shape,
        dtype,
        tuple(Input(name, x, dtype) for name, x in inputs.items()),
        numbers,
        tuple(Step(f"t{n}", op, args, s, op in BOOLEAN) for n, (op, args, s) in enumerate(steps)),
        outputs,
        reduced,
    )


def softmax(shape: tuple[int, ...], dtype: str) -> Region:
    row = (*shape[:-1], 1)
    steps = [
        ("amax", ("x",), row),
        ("sub", ("x", "t0"), shape),
        ("exp", ("t1",), shape),
        ("sum", ("t2",), row),
        ("div", ("t2", "t3"), shape),
    ]
    return region({"x": shape}, steps, ("t4", "t3"), shape=shape, dtype=dtype, reduced=1)


def layer_norm_backward(rows: int, length: int, dtype: str) -> Region:
    """The gradients of w x (x normalised, in rows), with respect to x, roughly, and to w: sums over both kinds of axes."""
    whole, row, column = (rows, length), (rows, 1), (1, length)
    steps = [
        ("mul", ("g", "w"), whole),
        ("mul", ("t0", "x"), whole),
        ("sum", ("t1",), row),
        ("sum", ("t0",), row),
        ("mul", ("x", "t2"), whole),
        ("add", ("t4", "t3"), whole),
        ("sub", ("t0", "t5"), whole),
        ("mul", ("g", "x"), whole),
        ("add_up", ("t7",), column),
        ("add_up", ("g",), column),
    ]
    inputs = {"g": whole, "x": whole, "w": column}
    return region(inputs, steps, ("t6", "t8", "t9"), shape=whole, dtype=dtype, reduced=1)


def cases(dtype: str = "float32") -> dict[str, Case]:
    def of(*args: Any, by: str, **options: Any) -> Case:
        return Case(region(*args, dtype=dtype, **options), by)

    flat, many, down = (7, 33), (2, 3, 1, 5), (40, 3, 5)
    return {
        "whole": of(
            {"x": flat, "y": flat},
            [("mul", ("x", "y"), flat), ("tanh", ("t0",), flat), ("add", ("t1", "c0"), flat)],
            ("t2",),
            shape=flat,
            numbers=("c0",),
            by="elements",
        ),
        "repeated": of(
            {"x": many, "row": (1, 1, 1, 5), "column": (1, 3, 1, 1), "one": (1, 1, 1, 1)},
            [
                ("mul", ("x", "column"), many),
                ("exp", ("row",), (1, 1, 1, 5)),
                ("add", ("t0", "t1"), many),
                ("mul", ("t2", "one"), many),
            ],
            ("t3", "t1"),
            shape=many,
            by="elements",
        ),
        "chosen": of(
            {"x": flat, "y": flat},
            [
                ("gt", ("x", "0.0"), flat),
                ("where", ("t0", "y", "0.0"), flat),
                ("cast", ("t0",), flat),
                ("sigmoid", ("t1",), flat),
                ("sub", ("t3", "t2"), flat),
            ],
            ("t0", "t1", "t4"),
            shape=flat,
            by="elements",
        ),
        "one": of({"x": (1, 1)}, [("exp", ("x",), (1, 1))], ("t0",), shape=(1, 1), by="elements"),
        "short rows": Case(softmax((11, 33), dtype), "warps"),
        "long rows": Case(softmax((3, 300), dtype), "blocks"),
        "rows in planes": Case(softmax((2, 3, 40), dtype), "warps"),
        "one row": Case(softmax((1, 70), dtype), "blocks"),
        "smallest of a region": of(
            {"x": down, "y": (40, 1, 1)},
            [("mul", ("x", "y"), down), ("amin", ("t0",), (40, 1, 1)), ("sub", ("t1", "y"), (40, 1, 1))],
            ("t2",),
            shape=down,
            reduced=2,
            by="warps",
        ),
        "columns": of(
            {"x": flat, "y": flat},
            [("mul", ("x", "y"), flat), ("add_up", ("t0",), (1, 33)), ("add_up", ("x",), (1, 33))],
            ("t0", "t1", "t2"),
            shape=flat,
            by="columns",
        ),
        "columns of planes": of(
            {"x": down, "w": (1, 3, 1)},
            [("mul", ("x", "w"), down), ("add_up", ("t0",), (1, 3, 5)), ("mul", ("w", "w"), (1, 3, 1))],
            ("t1", "t0", "t2"),
            shape=down,
            by="columns",
        ),
        "columns over two axes": of(
            {"x": down, "w": (1, 3, 1)},
            [("mul", ("x", "w"), down), ("add_up", ("t0",), (1, 1, 5))],
            ("t1",),
            shape=down,
            by="columns",
        ),
        "both": Case(layer_norm_backward(9, 70, dtype), "warps"),
        "both, long": Case(layer_norm_backward(5, 300, dtype), "blocks"),
    }
