"""Which operations become one kernel, that none waits for itself, and what the kernels compute."""

import numpy
import pytest
from hypothesis import given
from random_graphs import programs

import minigrad as mg
from minigrad.graph import Graph, Plan, Program, Special, gradients, optimise
from minigrad.graph.clusters import Clusters
from minigrad.graph.fused import Fused
from minigrad.graph.rewrites.fuse import fuse, scalar


def kernels(*outputs, inputs=None) -> list[str]:
    """The kernels in a fused program, as the operations in each."""
    graph = outputs[0].graph
    inputs = inputs or [s for s in graph.symbols if s.kind in ("placeholder", "variable")]
    program = fuse(Program(graph, inputs, outputs))
    check(Program(graph, inputs, outputs), program)
    return [" ".join(m.op.name for m in s.op.members) for s in program.needed if isinstance(s.op, Fused)]


def check(before: Program, after: Program) -> None:
    random = numpy.random.default_rng(0)
    arrays = [random.uniform(-0.5, 0.5, s.shape).astype(s.dtype) for s in before.inputs]
    for found in (after.run(*arrays), Plan(after)(*arrays)):
        for z, y in zip(found, before.run(*arrays), strict=True):
            assert z.shape == y.shape
            numpy.testing.assert_allclose(z, y, rtol=2e-5, atol=1e-6)


@pytest.fixture
def x():
    return Graph().placeholder("x", (6, 5))


def test_a_chain_is_one_kernel_and_what_is_not_elementwise_parts_it(x) -> None:
    assert kernels((x * 2).tanh() + x) == ["mul tanh add"]
    assert kernels(((x * 2).tanh() @ x.mT).exp() + 1) == ["mul tanh", "exp add"]


def test_a_kernel_never_waits_for_itself(x) -> None:
    """y needs a product of what the kernel gives: two kernels, though all but the product is elementwise."""
    a = x.exp() + 1
    b = a @ (x.mT @ a)
    assert kernels(a * b + b) == ["exp add", "mul add"]


def test_two_chains_that_meet_are_one_and_several_results_are_given(x) -> None:
    left, right = x.exp() * 2, x.tanh() * 3
    assert kernels(left, right, left + right) == ["exp mul tanh mul add"]


def test_reductions_over_the_last_axes_the_first_and_all(x) -> None:
    assert kernels(((x - x.mean(-1, keepdim=True)) * 2).exp()) == ["mean sub mul exp"]
    square = x * x
    assert kernels(square.sum(0), (square + 1).sum(0)) == ["mul sum add sum"]
    assert kernels((x * x).sum() * 2) == ["mul sum mul"]
    assert kernels((x * x).sum(0) * 2 + 1) == ["mul sum", "mul add"]  # it is there at the end only


def test_what_is_repeated_is_read_where_it_is(x) -> None:
    row = x.graph.placeholder("row", (5,))
    assert kernels(row.expand(6, 5) * x + 1) == ["mul add"]
    assert kernels(row.expand(6, 5) * 2, row.expand(6, 5)) == []


def test_the_bias_joins_what_follows_and_its_gradient_what_comes_before(x) -> None:
    graph = x.graph
    w, b = graph.variable("w", (4, 5)), graph.variable("b", (4,))
    z = mg.linear(x, w, b).tanh()
    found = kernels(*gradients(((z @ z.mT) ** 2).sum(), [w, b]), inputs=[x, w, b])
    assert found == ["add tanh", "pow mul mul", "add mul sub mul sum"]


def test_what_only_the_backward_pass_reads_is_computed_there(x) -> None:
    w = x.graph.variable("w", (5, 5))
    z = (x + 1).tanh()
    y = z @ w
    found = kernels(gradients(((y * 2) ** 2).sum(), x)[0])
    assert found[0] == "add tanh" and found[-1] == "mul sub mul"


def test_effects_keep_their_order_around_kernels(x) -> None:
    seen: list[str] = []

    def note(x, *, word):
        seen.append(word)
        return x * 1

    say = Special("say", note, pure=False)
    first = x.graph.special(say, (x * 2 + 1,), {"word": "first"}, (6, 5))
    second = x.graph.special(say, (x,), {"word": "second"}, (6, 5))
    program = fuse(Program(x.graph, [x], [(x * 2 + 1) * first + second.exp() * 2]))
    Plan(program)(numpy.ones((6, 5), "float32"))
    assert seen == ["first", "second"]


def test_what_another_node_waits_for_stays_a_node(x) -> None:
    graph = Graph()
    x = graph.placeholder("x", (4, 5))
    first = mg.exp(x) * 2.0
    second = mg.tanh(first)
    ran = []
    late = graph.special(Special("late", lambda y: ran.append(1) or y, pure=False), (x,), {}, x.shape, after=(first,))
    program = Program(graph, [x], [second, late])
    array = numpy.linspace(-1, 1, 20, dtype="float32").reshape(4, 5)
    expected = program.run(array)
    for got, value in zip(Plan(optimise(program))(array), expected, strict=True):
        numpy.testing.assert_allclose(got, value, rtol=1e-6)
    assert len(ran) == 2


def test_without_generated_kernels_the_program_stays(x) -> None:
    program = Program(x.graph, [x], [x.exp() + 1])
    with mg.backend("numpy"):
        assert fuse(program) is program


@given(programs(20))
def test_groups_wait_only_for_earlier_ones(case) -> None:
    program, _ = case
    order = Clusters(program.needed, set(program.outputs), scalar).in_order()
    done: set = set(program.inputs)
    for group in order:
        inside = set(group.members)
        for s in group.members:
            assert all(x in done or x in inside for x in s.inputs if hasattr(x, "op") and x.op is not None) or any(
                x.op.name == "broadcast_to" for x in s.inputs if hasattr(x, "op") and x.op is not None
            )
        done |= inside
    assert done >= set(program.needed)


def test_a_trained_program_as_a_whole_agrees() -> None:
    graph = Graph()
    x, w = graph.placeholder("x", (8, 6)), graph.variable("w", (6,))
    h = (x * w).softmax(-1) * x
    loss = ((h - h.mean(-1, keepdim=True)) ** 2).mean()
    g = gradients(loss, w)[0]
    program = Program(graph, [x, w], [loss, w - 0.1 * g])
    check(program, optimise(program))
