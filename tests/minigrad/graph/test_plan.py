"""Plans give what the plain executor gives, run after run; memory is reused, and never too early."""

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from op_cases import CASES
from random_graphs import programs

import minigrad as mg
from minigrad.errors import GraphError, ShapeError
from minigrad.graph import Graph, Plan, Program, Special, optimise
from minigrad.graph.lowering import bytes_of, results


def poison(plan: Plan):
    """After each step, NaN into all of the block that no value needs any more."""
    memory = plan.program.memory
    if memory is None:
        return lambda step: None

    def spoil(step: int) -> None:
        free = numpy.ones(memory.size, bool)
        for (symbol, n), at in memory.places.items():
            since, until = memory.alive[symbol, n]
            if since <= step < until:
                free[at : at + bytes_of(*results(symbol)[n])] = False
        plan._block[free] = 255

    return spoil


@pytest.mark.parametrize("rewrites", [[], ["memory"]], ids=["none", "memory"])
@given(programs(), st.booleans())
def test_a_plan_gives_the_values_of_the_program(rewrites, case, own) -> None:
    check(rewrites, case, own)


@pytest.mark.slow
@settings(max_examples=12, derandomize=True)  # each compiles kernels, and the next run finds them on the disk
@given(programs(20), st.booleans())
def test_a_plan_of_generated_kernels_too(case, own) -> None:
    check(None, case, own)


def check(rewrites, case, own) -> None:
    program, arrays = case
    plan = Plan(optimise(program, rewrites), own=own)
    expected = program.run(*arrays)
    kept = [a.copy() for a in arrays]
    first = plan(*arrays)
    if not own:
        plan(*[a + 1 for a in arrays])  # what was handed out is not overwritten
    for found in (first, plan.run_watched(arrays, poison(plan)), plan(*arrays)):
        for z, y in zip(found, expected, strict=True):
            assert isinstance(z, numpy.ndarray) and z.dtype == y.dtype
            numpy.testing.assert_allclose(z, y, rtol=1e-6, atol=1e-6)
    assert all((a == b).all() for a, b in zip(arrays, kept, strict=True))


@pytest.mark.parametrize("name", CASES)
def test_every_operation(name) -> None:
    """Each operation's samples, so that a kernel that gives back its input is known to do so."""
    graph, case = Graph(), CASES[name]
    arrays = case.arrays("float32")
    inputs = [
        graph.placeholder(f"x{n}", x.shape, x.dtype) if isinstance(x, numpy.ndarray) else x
        for n, x in enumerate(arrays)
    ]
    symbols = [x for x in inputs if not isinstance(x, (int, float)) and x is not None]
    z = case(tuple(inputs))
    program = Program(graph, symbols, [z, z])
    given = [x for x in arrays if isinstance(x, numpy.ndarray)]
    one, two = Plan(optimise(program))(*given)
    numpy.testing.assert_allclose(one, program.run(*given)[0], rtol=1e-5, atol=1e-6)
    one[...] = 0
    assert not any(numpy.shares_memory(one, x) for x in (two, *given))
    numpy.testing.assert_allclose(two, program.run(*given)[0], rtol=1e-5, atol=1e-6)


def test_a_chain_is_computed_in_one_place_and_memory_is_reused() -> None:
    graph = Graph()
    x = graph.placeholder("x", (1000,))
    y = x
    for number in range(10):
        y = (y + x) * number
    program = Program(graph, [x], [y + 1])
    without, planned = Plan(program), Plan(optimise(program, ["memory"]))
    assert planned.program.memory.size == 4032 and len(planned.program.memory.in_place) == 19
    assert without.peak_bytes == 21 * 4000 and planned.peak_bytes == 4032 + 4000


def test_the_text_of_a_plan() -> None:
    graph = Graph()
    x, w, b = graph.placeholder("x", (2, 3)), graph.variable("w", (4, 3)), graph.variable("b", (4,))
    h = mg.linear(x, w, b)
    plan = Plan(Program(graph, [x, w, b], [h.reshape((8,)).sum()]), own=True)
    assert plan.source == (
        "def run(x, w, b):\n"
        "    dot(x, w.T, linear)\n"
        "    numpy_add(linear, b, out=linear)\n"
        "    sum_1 = kernel_sum(reshape)\n"
        "    return [asarray(sum_1)]\n"
    )
    assert [(step.name, step.bytes) for step in plan.steps] == [("linear", 32), ("reshape", 0), ("sum", 4)]


def test_a_trace_names_every_step_in_order() -> None:
    graph = Graph()
    x = graph.placeholder("x", (8,))
    plan = Plan(Program(graph, [x], [(x * 2).exp()]))
    [z], trace = plan.run_traced([numpy.zeros(8, "float32")])
    assert z.tolist() == [1] * 8
    assert [(s.name, bytes) for s, _, _, bytes in trace] == [("mul", 32), ("exp", 32)]
    assert all(start <= end for _, start, end, _ in trace)


def test_effects_run_at_each_run_in_their_order() -> None:
    seen: list[str] = []

    def note(x, *, word):
        seen.append(word)
        return x

    say, graph = Special("say", note, pure=False), Graph()
    x = graph.placeholder("x", (2,))
    first = graph.special(say, (x,), {"word": "first"}, (2,))
    graph.control = (first,)
    y = graph.special(say, (x,), {"word": "second"}, (2,)) * 2
    plan = Plan(optimise(Program(graph, [x], [y, first])))
    array = numpy.ones(2, "float32")
    for _ in range(2):
        z, same = plan(array)
        assert z.tolist() == [2, 2] and same.tolist() == [1, 1] and not numpy.shares_memory(same, array)
    assert seen == ["first", "second"] * 2


def test_arrays_that_do_not_fit_are_refused_and_others_are_put_in_order() -> None:
    graph = Graph()
    x = graph.placeholder("x", (2, 3))
    plan = Plan(Program(graph, [x], [x + 1]))
    assert plan(numpy.zeros((3, 2), "float32").T)[0].tolist() == [[1, 1, 1], [1, 1, 1]]
    with pytest.raises(ShapeError, match="'x' does not fit"):
        plan(numpy.zeros((3, 2), "float32"))
    with pytest.raises(ShapeError, match="'x' does not fit"):
        plan(numpy.zeros((2, 3)))
    with pytest.raises(GraphError, match="not as many arrays"):
        plan()


def test_a_kernel_overwrites_only_what_the_result_is_made_of() -> None:
    """Two arrays that change places: each result would overwrite what the other still reads."""
    graph = Graph()
    x, y = graph.variable("x", (1000,)), graph.variable("y", (1000,))
    swapped = optimise(Program(graph, [x, y], [y * 1.5 + 1, x * 1.5 + y]), ["fuse"])
    arrays = [numpy.arange(1000, dtype="float32"), numpy.ones(1000, "float32")]
    expected = [arrays[1] * 1.5 + 1, arrays[0] * 1.5 + arrays[1]]
    given = dict(zip(swapped.inputs, arrays, strict=True))
    plan = Plan(swapped, fixed=given, into=dict(zip(swapped.outputs, swapped.inputs, strict=True)))
    assert plan.overwritten == {swapped.inputs[1]}  # x is read for y's result, which is not made of x alone
    found = [a if z is None else z for z, a in zip(plan(), arrays, strict=True)]
    for z, a in zip(found, expected, strict=True):
        numpy.testing.assert_allclose(z, a)


def test_a_transpose_is_not_taken_for_what_it_is_made_of() -> None:
    """A square's transpose has its shape and lies in its memory; what is wanted in the input's memory is the transpose."""
    graph = Graph()
    x = graph.variable("x", (3, 3))
    for y, overwrites in [((x * 2 + 1).permute((1, 0)), False), ((x * 2 + 1).reshape((9,)).reshape((3, 3)), True)]:
        program = Program(graph, [x], [y])
        a = numpy.arange(9, dtype="float32").reshape(3, 3)
        expected = program.run(a.copy())[0]
        plan = Plan(program, fixed={x: a}, into={y: x})
        (z,) = plan()
        assert bool(plan.overwritten) is overwrites
        assert (a if z is None else z).tolist() == expected.tolist()


def test_a_product_is_not_written_where_a_factor_lies() -> None:
    """A row of the result needs all rows of a factor, so the two are in use at one time."""
    graph = Graph()
    x = graph.placeholder("x", (16, 16))
    y = x
    for _ in range(4):
        y = y @ x
    program = Program(graph, [x], [y + 1])
    planned = optimise(program, ["memory"])
    array = numpy.random.default_rng(0).uniform(-0.3, 0.3, (16, 16)).astype("float32")
    numpy.testing.assert_allclose(Plan(planned)(array)[0], program.run(array)[0], rtol=1e-5)
    assert planned.memory is not None and planned.memory.size == 2 * 1024
