"""When a captured program may be replayed: whatever else it depends on makes another one, or none."""

from typing import Any

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad import nn

FACTOR = 2.0
GIVEN = mg.tensor([1.0])


def scaled(x: Any) -> Any:
    return x * FACTOR + GIVEN


def programs(compiled: Any) -> int:
    assert not any(trace.breaks for _, trace in compiled.traces), compiled.explain()
    return len(compiled.traces)


@pytest.mark.parametrize(
    "other",
    [
        mg.tensor([1.0, 2.0, 3.0]),
        mg.tensor([1.0, 2.0], dtype="float64"),
        mg.tensor([1.0, 2.0], requires_grad=True),
        np.array([1.0, 2.0], np.float32),
    ],
    ids=["shape", "dtype", "requires_grad", "kind"],
)
def test_another_kind_of_argument_makes_another_program(other: Any) -> None:
    @mg.compile
    def double(x: Any) -> Any:
        return mg.add(x, x)

    double(mg.tensor([1.0, 2.0]))
    found = double(other)
    assert np.array_equal(np.asarray(found), np.asarray(other) * 2)
    assert getattr(found, "requires_grad", False) is getattr(other, "requires_grad", False)
    assert programs(double) == 2


def test_plain_arguments_are_part_of_the_program() -> None:
    @mg.compile
    def power(x: Any, n: Any, options: Any = None) -> Any:
        return x**n * (options or {}).get("scale", [1])[0]

    x = mg.tensor([3.0])
    assert [power(x, n).item() for n in (1, 2, 1, 2)] == [3, 9, 3, 9] and programs(power) == 2
    assert [power(x, 1, {"scale": [s]}).item() for s in (2, 5, 2)] == [6, 15, 6] and programs(power) == 4
    assert power(x, 1.0).item() == 3 and programs(power) == 5  # 1 and 1.0 are not the same


def test_names_that_the_function_reaches(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = mg.compile(scaled)
    x = mg.tensor([1.0])
    assert [compiled(x).item() for _ in range(3)] == [3, 3, 3] and programs(compiled) == 1
    monkeypatch.setitem(globals(), "GIVEN", mg.tensor([5.0]))  # a tensor is read by its name
    assert compiled(x).item() == 7 and programs(compiled) == 1
    monkeypatch.setitem(globals(), "FACTOR", 3.0)  # a number is part of the program
    assert compiled(x).item() == 8 and programs(compiled) == 2
    monkeypatch.setitem(globals(), "scaled", lambda x: x)
    assert compiled(x).item() == 8


def test_names_of_the_function_around() -> None:
    factor, helper = 2.0, lambda x: x + 1

    @mg.compile
    def compiled(x: Any) -> Any:
        return helper(x) * factor

    x = mg.tensor([1.0])
    assert [compiled(x).item() for _ in range(3)] == [4, 4, 4]
    factor = 3.0
    assert compiled(x).item() == 6
    helper = lambda x: x - 1
    assert compiled(x).item() == 0
    assert programs(compiled) == 3


def test_training_mode_options_and_parameters_of_modules() -> None:
    class Noisy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w, self.p = nn.Parameter(mg.tensor([2.0])), 0.0

        def forward(self, x: Any) -> Any:
            return (x * self.w + self.p) * (1.0 if self.training else 10.0)

    model = Noisy()
    for compiled in (mg.compile(model), mg.compile(lambda x: nn.Sequential(model)(x))):
        model.train().p = 0.0
        model.w = nn.Parameter(mg.tensor([2.0]))
        x = mg.tensor([1.0])
        assert [compiled(x).item() for _ in range(3)] == [2, 2, 2]
        model.eval()
        assert compiled(x).item() == 20
        model.train()
        assert compiled(x).item() == 2
        model.p = 1.0
        assert compiled(x).item() == 3
        model.w = nn.Parameter(mg.tensor([5.0]))
        assert compiled(x).item() == 6
        model.w.requires_grad_(False)
        assert not compiled(x).requires_grad


def test_whether_gradients_are_recorded() -> None:
    w = mg.tensor([2.0], requires_grad=True)
    compiled = mg.compile(lambda x: x * w)
    assert compiled(mg.tensor([1.0])).requires_grad
    with mg.no_grad():
        assert not compiled(mg.tensor([1.0])).requires_grad
    assert programs(compiled) == 2


def test_a_parameter_is_read_where_it_lies() -> None:
    w = mg.tensor([2.0])
    compiled = mg.compile(lambda x: x * w)
    x = mg.tensor([1.0])
    found = [compiled(x).item()]
    w.fill_(3)
    found.append(compiled(x).item())
    w.numpy()[...] = 4
    found.append(compiled(x).item())
    w.data = mg.tensor([5.0])
    found.append(compiled(x).item())
    assert found == [2, 3, 4, 5] and programs(compiled) == 1


def test_arrays_in_closures_are_read_where_they_lie() -> None:
    data, chosen = np.array([2.0, 3.0], np.float32), np.array([0, 0])
    compiled = mg.compile(lambda x: (x * data)[chosen])
    found = [compiled(mg.tensor([1.0, 1.0])).tolist() for _ in range(3)]
    data[0], chosen[1] = 7.0, 1
    assert found == [[2, 2]] * 3 and compiled(mg.tensor([1.0, 1.0])).tolist() == [7, 3]


def test_numbers_made_anew_in_each_call_are_noticed() -> None:
    stream, count = np.random.default_rng(0), iter(range(100))
    for make, values in (
        (lambda x: x + stream.random(2).astype(np.float32), None),
        (lambda x: x + next(count), [0, 1, 2, 3, 4]),
        (lambda x: (x, next(count))[1], None),
    ):
        compiled = mg.compile(make)
        found = [np.asarray(compiled(mg.tensor([0.0, 0.0]))) for _ in range(5)]
        assert len({f.tobytes() for f in found}) == 5
        assert compiled.traces[0][1].breaks and "differ" in str(compiled.explain())
        if values:
            assert sorted({float(f[0]) for f in found}) == [float(f[0]) for f in found]


def test_arguments_that_are_one_tensor() -> None:
    @mg.compile
    def write(x: Any, y: Any) -> Any:
        x.add_(1)
        return y * 1

    for _ in range(2):
        x, y = mg.tensor([1.0]), mg.tensor([1.0])
        assert write(x, y).item() == 1 and x.item() == 2
    x = mg.tensor([1.0])
    assert write(x, x).item() == 2
    whole = mg.tensor([1.0, 1.0])
    assert write(whole[:1], whole[:1]).item() == 2 and whole.tolist() == [2, 1]


def test_too_many_programs_end_in_running_as_written() -> None:
    compiled = mg.compile(lambda x, n: x + n)
    assert [compiled(mg.tensor([0.0]), n).item() for n in range(12)] == list(range(12))
    assert len(compiled.traces) == 8 and "arguments" in compiled.recompiled[0]


def test_calls_that_a_film_watches_run_as_written() -> None:
    compiled = mg.compile(lambda x: F.relu(x) + 1)
    compiled(mg.tensor([1.0]))
    with mg.record() as film:
        compiled(mg.tensor([1.0]))
    assert len(film.steps) >= 2


@pytest.mark.parametrize("size", [2, 3000])  # small parameters are written by the plan itself, others after it
def test_an_argument_in_memory_that_is_written(size: int) -> None:
    total = mg.zeros(size)

    @mg.compile
    def add(x: Any) -> Any:
        total.add_(x)
        return x * 1

    def last(x: Any) -> tuple[float, float]:
        return add(x)[-1].item(), total[-1].item()

    assert [last(mg.ones(size)) for _ in range(4)] == [(1, n) for n in range(1, 5)]
    assert add.quick is not None
    assert last(total) == (8, 8) and last(total[:]) == (16, 16) and last(mg.from_numpy(total.numpy())) == (32, 32)
    assert last(mg.from_numpy(np.frombuffer(memoryview(total.numpy()), np.float32))) == (64, 64)
    assert last(mg.ones(size)) == (1, 65)


def test_another_shape_after_the_short_way_is_open() -> None:
    square = mg.compile(lambda x: (x * x).sum() + x.exp().sum())
    for _ in range(4):
        square(mg.zeros(4))
    assert square.quick is not None
    assert [square(mg.ones(n)).item() for n in (8, 2, 1)] == pytest.approx([n * (1 + np.e) for n in (8, 2, 1)])


def test_a_view_that_is_written_to_and_then_what_it_is_a_view_of() -> None:
    """Each comes alone first: the pair is what shares memory."""
    compiled = mg.compile(lambda x, y: (x.add_(1), y * 2)[1])
    base, apart = mg.zeros(4), mg.ones(4)
    for _ in range(2):
        compiled(mg.ones(2), apart)
    view = base[:2]
    assert compiled(view, apart).tolist() == [2, 2, 2, 2]
    assert compiled(view, base).tolist() == [4, 4, 0, 0]


def test_how_an_argument_lies_in_memory_matters_where_it_is_asked_or_written() -> None:
    @mg.compile
    def scale(x: Any) -> Any:
        return x * 2 if x.is_contiguous() else x * 3

    x = mg.ones(2, 2)
    assert [scale(y)[0, 0].item() for y in (x, x, x.T, x, x.T)] == [2, 2, 3, 2, 3] and programs(scale) == 2
    count = mg.compile(lambda x: x.add_(1))
    for _ in range(2):
        count(mg.ones(3, 2))
    with pytest.raises(mg.errors.GraphError, match="share one place in memory"):
        count(mg.ones(1, 2).expand(3, 2))


def test_a_backward_pass_that_would_leave_the_program_runs_as_written() -> None:
    w = mg.tensor([1.0], requires_grad=True)

    @mg.compile
    def descend(x: Any) -> None:
        x.square().sum().backward()

    for _ in range(3):
        w.grad, x = None, w * 3
        descend(x)
        assert w.grad is not None and w.grad.tolist() == [18] and x.grad is None
    assert "would go on from there" in repr(descend.explain())


def test_a_hook_on_a_gradient_that_comes_or_goes_makes_another_program() -> None:
    w = mg.tensor([1.0], requires_grad=True)

    @mg.compile
    def descend(x: Any) -> None:
        w.grad = None
        (w * x).sum().backward()

    found = []
    for n in range(8):
        if n == 3:
            handle = w.register_hook(lambda g: g * 10)
        if n == 6:
            handle.remove()
        descend(mg.tensor([2.0]))
        found.append(w.grad.item() if w.grad is not None else None)
    assert found == [2, 2, 2, 20, 20, 20, 2, 2] and programs(descend) == 2
