"""Rewrites keep every value: random programs, with gradients, before and after each and all; and each does its own work."""

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import programs

import minigrad as mg
from minigrad import events
from minigrad.errors import GraphError
from minigrad.graph import Graph, Special
from minigrad.graph.program import Program
from minigrad.graph.rewrites import REWRITES, optimise


def agree(before: Program, after: Program, arrays: list) -> None:
    for old, new in zip(before.run(*arrays), after.run(*arrays), strict=True):
        assert numpy.shape(old) == numpy.shape(new) and old.dtype == new.dtype
        numpy.testing.assert_allclose(new, old, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in REWRITES if name != "fuse"])
@given(programs())
def test_values_and_gradients_stay(name, case) -> None:
    check(case, [name])


@pytest.mark.slow
@settings(max_examples=12, derandomize=True)  # each compiles kernels, and the next run finds them on the disk
@given(programs(20))
def test_values_and_gradients_stay_with_kernels_and_all_together(case) -> None:
    check(case, ["fuse"])
    check(case, None)


def check(case, names) -> None:
    program, arrays = case
    after = optimise(program, names)
    agree(program, after, arrays)
    assert [s.name for s in after.inputs] == [s.name for s in program.inputs]
    assert set(after.origin) >= set(after.needed) and {s.graph for olds in after.origin.values() for s in olds} <= {
        program.graph
    }


def after(name: str, make, *shapes: tuple[int, ...], dtype: str = "float32") -> str:
    """What a rewrite makes of a formula, as the names of the operations that are left."""
    graph = Graph()
    inputs = [graph.placeholder(f"x{n}", shape, dtype) for n, shape in enumerate(shapes or [(2, 3)])]
    outputs = make(*inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    found = optimise(Program(graph, inputs, outputs), [name])
    return " ".join(s.op.name for s in found.needed if s.op is not None)


SIMPLIFIED = {
    "x * 1": (lambda x: x * 1, ""),
    "1 * x": (lambda x: 1 * x, ""),
    "x / 1": (lambda x: x / 1, ""),
    "x - 0": (lambda x: x - 0, ""),
    "x + -0.0": (lambda x: x + -0.0, ""),
    "exp(x) + 0": (lambda x: x.exp() + 0, "exp"),
    "x + 0 is not x for -0": (lambda x: x + 0, "add"),
    "x * 0 is not 0 for infinity": (lambda x: x * 0, "mul"),
    "--x": (lambda x: mg.neg(mg.neg(x)), ""),
    "-x * -y": (lambda x: -x * -(x + 1), "add mul"),
    "x - -y": (lambda x: x - -(x * x), "mul add"),
    "x ** 1": (lambda x: x**1, ""),
    "x ** 2": (lambda x: x**2, "mul"),
    "x ** 0.5": (lambda x: x**0.5, "sqrt"),
    "x / 4": (lambda x: x / 4, "mul"),
    "x / 3": (lambda x: x / 3, "div"),
    "x * 2 * 3": (lambda x: x * 2 * 3, "mul"),
    "x * 2 * 0.5 may overflow on the way": (lambda x: x * 2 * 0.5, "mul mul"),
    "x + 1 + 2": (lambda x: x + 1 + 2, "add add"),
    "x.mT.mT": (lambda x: x.mT.mT, "permute"),
    "two reshapes": (lambda x: x.reshape((6,)).reshape((3, 2)), "reshape"),
    "a wider dtype and back": (lambda x: x.cast(dtype="float64").cast(dtype="float32"), ""),
    "a narrower dtype and back": (lambda x: x.cast(dtype="float16").cast(dtype="float32"), "cast cast"),
}


@pytest.mark.parametrize("case", SIMPLIFIED)
def test_simplify(case) -> None:
    make, left = SIMPLIFIED[case]
    assert after("simplify", make) == left


def test_integers_have_the_algebra_of_school() -> None:
    assert after("simplify", lambda x: x + 1 + 2, (3,), dtype="int64") == "add"
    assert after("simplify", lambda x: (x + 0) * 1, (3,), dtype="int64") == ""


def test_a_broadcast_by_one_stays() -> None:
    """x times a matrix of ones has the shape of the matrix."""
    graph = Graph()
    x, ones = graph.placeholder("x", (3,)), graph.constant(numpy.ones((2, 3), "float32"))
    program = optimise(Program(graph, [x], [x * ones]), ["simplify"])
    assert program.outputs[0].shape == (2, 3) and len(program.needed) == 2


def test_common_finds_equal_trees_and_tells_numbers_apart() -> None:
    assert after("common", lambda x: x.exp() / (1 + x.exp())) == "exp add div"
    assert after("common", lambda x, y: (x * y, y * x, x - y, y - x), (2,), (2,)) == "mul sub sub"
    assert after("common", lambda x: (x * 0.0, x * -0.0)) == "mul mul"
    assert after("common", lambda x: (x.sum(0), x.sum(dim=0, keepdim=False), x.sum(1))) == "sum sum"
    assert after("common", lambda x: (x[:, 0], x[:, 0], x[:, 1])) == "getitem getitem"


def test_fold_computes_what_constants_give_and_keeps_large_results_unmade() -> None:
    def make(x):
        two = x.graph.constant(numpy.float32(2))
        return x * (two * 3 + 1).sqrt(), x.graph.constant([1.0]).expand((100_000,))

    assert after("fold", make) == "mul broadcast_to"


def test_identity_and_prune() -> None:
    make = lambda x: mg.clone(x.reshape((2, 3))).sum(0, keepdim=True).sum(0, keepdim=True)[:, :]
    assert after("identity", make) == "sum"
    graph = Graph()
    x, other = graph.placeholder("x", (2,)), graph.placeholder("other", (2,))
    y, _ = x.exp(), other.exp()
    assert [s.name for s in optimise(Program(graph, [x], [y]), ["prune"]).symbols] == ["x", "exp"]


def test_effects_stay_once_each_in_their_order_and_only_if_needed() -> None:
    seen: list[str] = []

    def note(x, *, word):
        seen.append(word)
        return x * 1

    say = Special("say", note, pure=False)
    graph = Graph()
    x = graph.constant(numpy.ones(2))
    first = graph.special(say, (x,), {"word": "first"}, (2,), "float64")
    again = graph.special(say, (x,), {"word": "first"}, (2,), "float64", after=(first,))
    graph.special(say, (x,), {"word": "unneeded"}, (2,), "float64")
    graph.control = (again,)
    program = optimise(Program(graph, [], [(x + x) * 1]))
    assert seen == []
    program.run()
    assert seen == ["first", "first"]


def test_pure_specials_are_merged_and_folded() -> None:
    double = Special("double", lambda x: 2 * x)
    graph = Graph()
    x, c = graph.placeholder("x", (2,)), graph.constant([1.0, 2.0])
    y = graph.special(double, (x,), {}, (2,)) + graph.special(double, (x,), {}, (2,))
    program = optimise(Program(graph, [x], [y, graph.special(double, (c,), {}, (2,))]))
    assert [s.kind for s in program.needed] == ["op", "op", "constant"]


@given(st.sampled_from([numpy.nan, numpy.inf, -numpy.inf, -0.0, 3e38, 1e-45]), st.sampled_from(sorted(SIMPLIFIED)))
def test_simplify_keeps_what_is_special_about_floating_point_numbers(number, case) -> None:
    graph = Graph()
    x = graph.placeholder("x", (2, 3))
    program = Program(graph, [x], [SIMPLIFIED[case][0](x)])
    array = numpy.full((2, 3), number, "float32")
    with numpy.errstate(all="ignore"):
        [old], [new] = program.run(array), optimise(program, ["simplify"]).run(array)
    numpy.testing.assert_allclose(new, old, rtol=1e-6, atol=1e-44)
    assert (numpy.signbit(new) == numpy.signbit(old)).all() or numpy.isnan(old).all()


def test_events_tell_what_each_did_and_names_are_checked() -> None:
    graph = Graph()
    x = graph.placeholder("x", (2,))
    told: list[events.Rewrite] = []
    program = optimise(Program(graph, [x], [x * 1]), listener=told.append)
    assert [event.name for event in told] == list(REWRITES)
    assert told[0].after is told[1].before and program.origin[program.outputs[0]] == tuple(graph.symbols)
    with pytest.raises(GraphError, match="no such rewrite"):
        optimise(program, ["fuze"])
