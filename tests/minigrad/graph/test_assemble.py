"""Gradients of parts: put together where no two overlap, added up where they do."""

from collections.abc import Callable

import numpy as np
import pytest

from minigrad.graph import Graph, gradients
from minigrad.graph.plan import Plan
from minigrad.graph.program import Program
from minigrad.graph.rewrites import optimise

CASES: dict[str, tuple[Callable, int, int]] = {  # the loss, and how many assembled and add_at nodes are left
    "unbind": (lambda x: sum((part * part).sum() * n for n, part in enumerate(x.unbind(0), 1)), 1, 0),
    "columns": (lambda x: (x[:, :2] * x[:, 2:]).sum(), 1, 0),
    "with holes": (lambda x: (x[0] * 2).sum() + (x[2, 1:] ** 2).sum(), 1, 0),
    "blocks": (lambda x: (x[:2, :3] ** 2).sum() + (x[2:] ** 3).sum() + (x[:2, 3:] * 2).sum(), 1, 0),
    "ellipsis and new axes": (lambda x: (x[..., 0] ** 2).sum() + (x[None, :, 1:] ** 2).sum(), 1, 0),
    "and the whole": (lambda x: (x * x).sum() + (x[0] ** 2).sum() + (x[1] ** 2).sum(), 1, 0),
    "negative": (lambda x: (x[-1] ** 2).sum() + (x[:-1] ** 3).sum(), 1, 0),
    "overlapping": (lambda x: (x[:2] ** 2).sum() + (x[1:] ** 2).sum(), 0, 2),
    "every second": (lambda x: (x[::2] ** 2).sum() + (x[1::2] ** 3).sum(), 0, 2),
    "one": (lambda x: (x[1:] ** 2).sum(), 0, 1),
}


@pytest.mark.parametrize("planned", [False, True], ids=["run", "plan"])
@pytest.mark.parametrize("name", CASES)
def test_the_gradient_of_the_whole(name: str, planned: bool) -> None:
    loss, assembled, added = CASES[name]
    graph = Graph()
    x = graph.placeholder("x", (3, 4))
    program = Program(graph, [x], [gradients(loss(x), x)[0]])
    after = optimise(program, ["assemble", "memory"])
    names = [s.op.name for s in after.needed if s.op is not None]
    assert (names.count("assembled"), names.count("add_at")) == (assembled, added)
    for seed in range(2):
        values = np.random.default_rng(seed).standard_normal((3, 4)).astype(np.float32)
        found = Plan(after)(values) if planned else after.run(values)
        np.testing.assert_allclose(found[0], program.run(values)[0], rtol=1e-5, atol=1e-6)
    plan = Plan(after, own=True)
    np.testing.assert_allclose(plan(values)[0], program.run(values)[0], rtol=1e-5, atol=1e-6)
