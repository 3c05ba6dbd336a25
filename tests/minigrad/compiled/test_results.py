"""What a compiled function gives: values, structures, gradients, views of what came in."""

from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn

Pair = namedtuple("Pair", "first second")


def replayed(compiled: Any) -> Any:
    """The one program of the function, which was not given up."""
    assert len(compiled.traces) == 1 and not compiled.traces[0][1].breaks, compiled.explain()
    return compiled.traces[0][1]


def test_structures_come_back() -> None:
    @mg.compile
    def several(x: Any, *, scale: float = 2.0) -> Any:
        y = x * scale
        return {"y": y, "both": [y, (y + 1, None)], "pair": Pair(x.shape[0], "text"), "same": y}

    for n in range(3):
        found = several(mg.tensor([1.0 * n, 2.0]), scale=3.0)
        assert found["y"].tolist() == [3.0 * n, 6.0] and found["both"][1][0].tolist() == [3.0 * n + 1, 7.0]
        assert found["pair"] == Pair(2, "text") and found["same"] is found["y"] and found["both"][1][1] is None
    replayed(several)


def test_results_are_memory_of_their_own() -> None:
    double = mg.compile(lambda x: x * 2)
    results = [double(mg.tensor([float(n)])) for n in range(4)]
    assert [r.item() for r in results] == [0, 2, 4, 6]


def test_a_result_can_be_differentiated() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    compiled = mg.compile(model)
    for n in range(3):
        x = mg.tensor([[1.0, n, -1.0]], requires_grad=True)
        model.zero_grad()
        (model(x) ** 2).sum().backward()
        expected = [p.grad.numpy().copy() for p in (*model.parameters(), x)]
        model.zero_grad()
        x.grad = None
        (compiled(x) ** 2).sum().backward()
        for p, g in zip((*model.parameters(), x), expected, strict=True):
            np.testing.assert_allclose(p.grad.numpy(), g, rtol=1e-5, atol=1e-6)
    replayed(compiled)


def test_gradients_go_on_into_the_history_outside() -> None:
    square = mg.compile(lambda x: x * x)
    for _ in range(3):
        x = mg.tensor([3.0], requires_grad=True)
        y = square(x * 2) + square(x)
        y.backward()
        assert x.grad.item() == pytest.approx(4 * 2 * 3 + 2 * 3)


def test_gradients_inside_and_of_second_order() -> None:
    @mg.compile
    def curvature(x: Any) -> Any:
        (slope,) = mg.autograd.grad((x**3).sum(), x, create_graph=True)
        (bend,) = mg.autograd.grad(slope.sum(), x)
        return slope, bend

    for n in (1.0, 2.0, 3.0):
        slope, bend = curvature(mg.tensor([n], requires_grad=True))
        assert slope.item() == pytest.approx(3 * n * n) and bend.item() == pytest.approx(6 * n)
    replayed(curvature)


def test_losses_of_no_dimensions_that_are_multiplied_have_gradients() -> None:
    """NumPy makes a number of the product of two arrays of no dimensions, so that is what the gradient may be."""
    compiled = mg.compile(lambda x: x.square().sum())
    for _ in range(3):
        x, y = mg.tensor([2.0], requires_grad=True), mg.tensor([3.0], requires_grad=True)
        (compiled(x) * compiled(y)).backward()
        assert x.grad is not None and y.grad is not None and (x.grad.item(), y.grad.item()) == (36, 24)


def test_differentiating_the_gradient_of_a_compiled_function_says_what_to_do() -> None:
    square = mg.compile(lambda x: x * x)
    x = mg.tensor([3.0], requires_grad=True)
    with pytest.raises(mg.errors.GraphError, match="cannot be differentiated again"):
        mg.autograd.grad(square(x).sum(), x, create_graph=True)


def test_a_second_backward_pass_is_an_error_as_ever() -> None:
    w = mg.tensor([1.0], requires_grad=True)

    @mg.compile
    def loss(x: Any) -> Any:
        z = (w * x).sum()
        z.backward()
        return z

    for _ in range(3):
        z = loss(mg.tensor([2.0]))
        assert z.requires_grad
        with pytest.raises(mg.errors.GraphError, match="freed"):
            z.backward()


def test_what_the_gradient_needs_and_was_overwritten_is_an_error_as_ever() -> None:
    product = mg.compile(lambda x, y: x * y)
    x, y = mg.tensor([1.0], requires_grad=True), mg.tensor([2.0])
    z = product(x, y)
    y.add_(1)
    with pytest.raises(mg.errors.OverwrittenError):
        z.backward()


def test_what_comes_in_and_is_returned_is_the_same() -> None:
    w = mg.tensor([1.0], requires_grad=True)
    both = mg.compile(lambda x: (x, w, x[1:], x + 1))
    for _ in range(3):
        x = mg.tensor([1.0, 2.0])
        same, parameter, part, _ = both(x)
        assert same is x and parameter is w
        part.fill_(9)
        assert x.tolist() == [1.0, 9.0]  # a view of what came in, as it would have been
    replayed(both)


def test_a_view_of_a_parameter_keeps_its_history() -> None:
    w = mg.tensor([1.0, 2.0], requires_grad=True)
    part = mg.compile(lambda: w[1:])
    for _ in range(3):
        w.grad = None
        (part() * 3).sum().backward()
        assert w.grad.tolist() == [0.0, 3.0]


def test_arrays_are_arguments_too() -> None:
    add = mg.compile(lambda x, y: x + y)
    for n in range(3):
        assert add(mg.tensor([1.0]), np.array([n], np.float32)).item() == 1 + n
    replayed(add)


def test_methods_and_modules_and_other_compiled_functions() -> None:
    class Scaler:
        def __init__(self) -> None:
            self.by = mg.tensor([2.0])

        @mg.compile
        def inner(x: Any) -> Any:
            return x + 1

        def scale(self, x: Any) -> Any:
            return Scaler.inner(x * self.by)

    scaler = Scaler()
    compiled = mg.compile(scaler.scale)
    assert [compiled(mg.tensor([float(n)])).item() for n in range(3)] == [1, 3, 5]
    scaler.by = mg.tensor([10.0])
    assert compiled(mg.tensor([1.0])).item() == 11
    assert not Scaler.inner.traces  # it was part of the other
    replayed(compiled)


def test_tensors_as_indices_are_read_at_each_call() -> None:
    table = mg.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True)

    @mg.compile
    def pick(rows: Any, columns: Any) -> Any:
        return table[rows], table[rows, columns], table[rows, :, None]

    for rows, columns in (([0, 2], [1, 0]), ([-1, 1], [0, -1]), ([2, 2], [1, 1])):
        found = pick(mg.tensor(rows), mg.tensor(columns))
        for part, index in zip(found, ((rows,), (rows, columns), (rows, slice(None), None)), strict=True):
            assert part.tolist() == table.numpy()[index].tolist()
        table.grad = None
        found[1].sum().backward()
        expected = np.zeros((3, 2), np.float32)
        np.add.at(expected, (rows, columns), 1)
        assert table.grad.tolist() == expected.tolist()
    replayed(pick)
    with pytest.raises(mg.errors.IndexingError):
        pick(mg.tensor([0, 3]), mg.tensor([0, 0]))


def test_a_compiled_module_is_still_a_module_to_ask() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    compiled = mg.compile(model)
    assert list(compiled.parameters()) == list(model.parameters()) and len(compiled.state_dict()) == 2
    compiled.eval()
    assert not model[0].training and compiled(mg.ones(1, 2)).shape == (1, 3)
    with pytest.raises(AttributeError):
        compiled.nothing  # noqa: B018


def test_a_method_has_programs_for_each_object() -> None:
    class Scaler:
        def __init__(self, by: float) -> None:
            self.by = by

        @mg.compile
        def scale(self, x: Any) -> Any:
            return x * self.by

    two, three = Scaler(2.0), Scaler(3.0)
    for n in range(4):
        assert (two.scale(mg.tensor([n])).item(), three.scale(mg.tensor([n])).item()) == (2 * n, 3 * n)
    assert two.scale is not three.scale and len(two.scale.traces) == 1


def test_an_index_that_is_not_there_is_an_error_in_the_first_call_too() -> None:
    pick = mg.compile(lambda i: mg.tensor([1.0, 2.0])[i])
    for _ in range(2):
        with pytest.raises(mg.errors.IndexingError):
            pick(mg.tensor([2]))
    assert pick(mg.tensor([1])).tolist() == [2.0]


def test_arguments_of_every_kind_after_the_short_way_is_open() -> None:
    w = mg.tensor([2.0])
    add = mg.compile(lambda x: mg.add(x, w))
    for _ in range(4):
        add(mg.tensor([1.0]))
    assert add.quick is not None and "run_plan" in add.quick.source
    assert add(np.array([1.0], np.float32)).item() == 3
    with pytest.raises(mg.errors.DTypeError):
        add("text")
    assert add(x=mg.tensor([5.0])).item() == 7
    big = mg.arange(4.0)
    assert add(big[1:2]).item() == 3 and add(big[::2]).tolist() == [2, 4] and add(w).item() == 4
    x = mg.tensor([1.0], requires_grad=True)
    add(x).backward()
    assert x.grad.item() == 1


def test_several_threads_replay_one_program() -> None:
    from concurrent.futures import ThreadPoolExecutor

    model = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 1))
    compiled = mg.compile(model)
    inputs = [mg.randn(8, 4) for _ in range(40)]
    for x in inputs[:3]:
        compiled(x)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(compiled, inputs))
    for x, y in zip(inputs, found, strict=True):
        np.testing.assert_allclose(y.numpy(), model(x).numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("same_twice", [False, True])
def test_what_is_given_back_untouched_is_that_of_this_call(same_twice: bool) -> None:
    compiled = mg.compile(lambda x, a, y: (x, a, y * 2))
    first = mg.ones(2), np.ones(2), mg.ones(2)
    for _ in range(2):
        compiled(*first)
    for _ in range(3):
        x, a = mg.zeros(2), np.zeros(2)
        found = compiled(x, a, x if same_twice else first[2])
        assert found[0] is x and found[1] is a


def test_two_tensors_with_one_memory_are_each_their_own() -> None:
    compiled = mg.compile(lambda x, y: ((x * y).sum(), y))
    for n in range(4):
        x = mg.tensor([n + 1.0], requires_grad=True)
        y = x.detach().requires_grad_()
        z, again = compiled(x, y)
        z.backward()
        assert again is y and x.grad is not None and y.grad is not None
        assert x.grad.tolist() == y.grad.tolist() == [n + 1]


def test_gradients_and_memory_go_to_the_arguments_of_this_call() -> None:
    @mg.compile
    def step(x: Any, y: Any) -> Any:
        x.grad = None
        x.square().sum().backward()
        y.data = y.data * 2
        return x.grad

    xs = [mg.tensor([n + 1.0], requires_grad=True) for n in range(3)]
    ys = [mg.tensor([n + 1.0]) for n in range(3)]
    for x, y in zip(xs, ys, strict=True):
        assert step(x, y) is x.grad
    assert [x.grad.tolist() for x in xs if x.grad is not None] == [[2], [4], [6]]
    assert [y.item() for y in ys] == [2, 4, 6]


def test_the_short_way_gives_back_its_own_argument_after_many_long_ones() -> None:
    compiled = mg.compile(lambda x: (x, x * 2))
    x, other = mg.ones(2, 2), mg.ones(2, 2).T
    for _ in range(40):
        assert compiled(x)[0] is x and compiled(other)[0] is other
    w = mg.ones(2, requires_grad=True)

    def gradient(x: Any) -> Any:
        w.grad = None
        (w * x).sum().backward()
        return w.grad

    compiled = mg.compile(gradient)
    for _ in range(4):
        assert compiled(mg.ones(2)) is w.grad


def test_what_numpy_computes_of_an_argument_is_noticed_when_its_values_change() -> None:
    compiled = mg.compile(lambda x, a: x * float(a.sum()) + a * 2)
    x = mg.ones(2)
    for value in (1, 1, 1, 2, 3, 2):
        assert compiled(x, np.full(2, value, np.float32)).tolist() == [4 * value] * 2
    assert "two captures of the same call differ" in repr(compiled.explain())


def test_a_method_that_keeps_a_result_in_its_object() -> None:
    class Memory:
        def __init__(self) -> None:
            self.kept = mg.zeros(2)

        def step(self, x: Any) -> Any:
            self.kept = self.kept + x
            return self.kept * 2

    memory = Memory()
    step = mg.compile(memory.step)
    assert [step(mg.ones(2)).tolist() for _ in range(3)] == [[2, 2], [4, 4], [6, 6]] and memory.kept.tolist() == [3, 3]
    assert "kept outside" in repr(step.explain())
