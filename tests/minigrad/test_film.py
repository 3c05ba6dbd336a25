"""`record`: a film of what a program did, as plain data that later changes do not reach."""

import pickle
import time

import numpy
import pytest

import minigrad
from minigrad import events, no_grad, tensor


def test_vertices_and_steps_in_the_order_in_which_they_happened() -> None:
    w = tensor([2.0, 3.0], requires_grad=True)
    with minigrad.record() as film:
        y = w * 4
        loss = y.sum()
        loss.backward()
    assert [(v.kind, v.op, v.inputs, v.name) for v in film.vertices] == [
        ("leaf", "", (), "w"),
        ("op", "mul", (0, "4"), "y"),
        ("op", "sum", (1,), "loss"),
    ]
    assert [(s.kind, s.vertex) for s in film.steps] == [
        ("forward", 1), ("forward", 2), ("backward", 2), ("backward", 1), ("accumulate", 0), ("finished", 2),
    ]  # fmt: skip
    assert film.steps[2].g.array.tolist() == 1.0
    assert [(to, part.array.tolist()) for to, part in film.steps[2].parts] == [(1, [1.0, 1.0])]
    assert film.steps[3].parts[0][1].array.tolist() == [4.0, 4.0] and film.steps[3].parts[1] == (None, None)
    assert film.steps[4].total.array.tolist() == [4.0, 4.0]


def test_each_vertex_knows_its_line() -> None:
    x = tensor(1.0, requires_grad=True)
    with minigrad.record() as film:
        y = x * 2  # first
        y.exp()  # second
    mul, exp = (v for v in film.vertices if v.kind == "op")
    assert mul.line.text.endswith("# first") and exp.line.text.endswith("# second")
    assert exp.line.number == mul.line.number + 1 and mul.line.file == __file__
    assert str(mul.line) == f"test_film.py:{mul.line.number}: y = x * 2  # first"


def test_values_are_those_of_the_moment() -> None:
    w = tensor([1.0, 2.0], requires_grad=True)
    optimizer = minigrad.optim.SGD([w], lr=1.0)
    with minigrad.record() as film:
        (w * w).sum().backward()
        optimizer.step()
        with no_grad():
            w.zero_()
    w.grad.zero_()
    assert film.vertices[0].value.array.tolist() == [1.0, 2.0]
    update = next(s for s in film.steps if s.kind == "update")
    assert update.total.array.tolist() == [-1.0, -2.0]
    assert next(s for s in film.steps if s.kind == "accumulate").total.array.tolist() == [2.0, 4.0]


def test_a_leaf_used_twice_is_one_vertex() -> None:
    x = tensor(3.0, requires_grad=True)
    with minigrad.record() as film:
        (x * x + x).backward()
    assert [v.kind for v in film.vertices].count("leaf") == 1
    assert film.vertices[1].inputs == (0, 0)


def test_what_was_made_before_the_film_is_taken_from_the_tape() -> None:
    x = tensor(3.0, requires_grad=True)
    y = x * 2
    z = y.exp()
    with minigrad.record() as film:
        z.backward()
    ops = [v.op for v in film.vertices if v.kind == "op"]
    assert ops == ["mul", "exp"]
    assert [s.kind for s in film.steps if s.kind != "forward"] == ["backward", "backward", "accumulate", "finished"]


@pytest.mark.parametrize("limit", [4, 64])
def test_large_values_are_summed_up(limit: int) -> None:
    a = numpy.arange(100.0).reshape(10, 10)
    a[0, 1], a[5, 5] = numpy.nan, numpy.inf
    with minigrad.record(limit=limit) as film:
        tensor(a) * 1
    value = film.vertices[-1].value
    assert value.array is None and value.corner.shape == (6, 6) and value.nonfinite == 2
    finite = a[numpy.isfinite(a)]
    assert (value.low, value.high) == (0.0, 99.0)
    assert value.mean == pytest.approx(finite.mean()) and value.norm == pytest.approx(numpy.sqrt((finite**2).sum()))


def test_empty_and_unusual_values() -> None:
    with minigrad.record() as film:
        minigrad.zeros(0, 3) + 1
        tensor([float("nan")]) * 1
        tensor([True, False]) | False
        tensor([1, 2], dtype="int8") * 2
    values = [v.value for v in film.vertices if v.kind == "op"]
    assert values[0].shape == (0, 3) and values[0].low is None
    assert values[1].nonfinite == 1 and values[1].low is None
    assert values[2].dtype == "bool" and values[3].dtype == "int8"


def test_parameters_are_told_in_words() -> None:
    x = tensor([1, 2, 3])
    with minigrad.record() as film:
        x.float()[[0, 2]]
    cast, index = (v.parameters for v in film.vertices if v.kind == "op")
    assert cast == {"dtype": "float32"} and "[0, 2]" in str(index)


def test_a_film_is_plain_data() -> None:
    x = tensor([1.0], requires_grad=True)
    with minigrad.record() as film:
        (x[[0]] * 2).sum().backward()
    copy = pickle.loads(pickle.dumps(film))
    assert [s.kind for s in copy.steps] == [s.kind for s in film.steps]
    assert copy.vertices[1].parameters == {"index": "[0]"}


def test_what_happens_after_the_block_is_not_in_the_film() -> None:
    x = tensor(1.0, requires_grad=True)
    with minigrad.record() as film:
        y = x * 2
    y.backward()
    assert [s.kind for s in film.steps] == ["forward"] and events.LISTENERS == []


def test_the_block_ends_cleanly_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), minigrad.record() as film:
        tensor(1.0) * 2
        raise ZeroDivisionError
    assert len(film.steps) == 1 and events.LISTENERS == []


def test_films_inside_films() -> None:
    x = tensor(1.0)
    with minigrad.record() as outer:
        x * 2
        with minigrad.record() as inner:
            x * 3
    assert (len(outer.steps), len(inner.steps)) == (2, 1)


def test_the_second_pass_of_create_graph_is_in_the_film() -> None:
    x = tensor(2.0, requires_grad=True)
    with minigrad.record() as film:
        (g,) = minigrad.autograd.grad(x * x * x, x, create_graph=True)
        g.backward()
    assert film.vertices[-1].op and [s.kind for s in film.steps].count("finished") == 1
    assert {v.name for v in film.vertices if v.name} >= {"x", "g"}


def test_20_000_ops_are_recorded_in_seconds() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    begin = time.process_time()  # the processor's time: the machine may be busy with other tests
    with minigrad.record() as film:
        y = x
        for _ in range(10_000):
            y = y * 1.0 + 0.0
        y.sum().backward()
    seconds = time.process_time() - begin
    assert len(film.vertices) == 20_002 and len(film.steps) == 2 * 20_001 + 2
    assert seconds < 8, f"{seconds:.1f} s"
