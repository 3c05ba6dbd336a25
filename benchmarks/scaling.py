"""How the cost grows with the depth of the graph: it should grow in step, and never overflow a stack."""

from __future__ import annotations

import torch

import minigrad as mg
from benchmarks.harness import Result, compare


def run() -> dict[str, list[Result]]:
    """A chain of additions, forward and backward, from 10 to 100,000 deep. Times are for each op."""
    results = []
    for depth in (10, 100, 1_000, 10_000, 100_000):
        x, p = mg.ones(4, requires_grad=True), torch.ones(4, requires_grad=True)

        def chain(start, depth=depth):
            z = start
            for _ in range(depth):
                z = z + start
            z.sum().backward()

        found = compare(
            f"{depth:,} deep", lambda x=x: chain(x), lambda p=p: chain(p), rounds=5 if depth > 5_000 else 15
        )
        results.append(Result(found.name, found.ours / depth, found.theirs / depth, found.ratio, found.low, found.high))
    return {"A chain, forward and backward, for each op": results}
