"""Python that looks at values: specialised where a guard can hold it, run as written where none can."""

from typing import Any

import numpy as np
import pytest

import minigrad as mg


def test_an_if_takes_both_ways() -> None:
    @mg.compile
    def choose(x: Any) -> Any:
        return x * 10 if x.sum() > 0 else -x

    values = [1.0, 2.0, -3.0, 4.0, -5.0, 6.0]
    assert [choose(mg.tensor([v])).item() for v in values] == [10, 20, 3, 40, 5, 60]
    assert len(choose.traces) == 2 and not any(trace.breaks for _, trace in choose.traces)
    assert choose.traces[0][1].replays >= 3


def test_a_while_loop_makes_a_program_for_each_length() -> None:
    @mg.compile
    def halve(x: Any) -> Any:
        n = 0
        while (x > 1).all():
            x, n = x / 2, n + 1
        return x, n

    for value in (8.0, 3.0, 8.0, 3.0, 0.5, 7.0):
        expected, n = value, 0
        while expected > 1:
            expected, n = expected / 2, n + 1
        found, count = halve(mg.tensor([value]))
        assert (found.item(), count) == (expected, n)
    assert len(halve.traces) == 3


def test_whole_numbers_are_specialised() -> None:
    @mg.compile
    def first(x: Any, n: Any) -> Any:
        return x[: int(n)].sum() + n.item()

    x = mg.tensor([1.0, 2.0, 3.0])
    assert [first(x, mg.tensor(n)).item() for n in (1, 2, 1, 3, 2)] == [2, 5, 2, 9, 5]
    assert len(first.traces) == 3


def test_a_choice_that_does_not_hold_writes_nothing() -> None:
    w, optimizer_steps = mg.tensor([1.0], requires_grad=True), []
    optimizer = mg.optim.Adam([w], lr=0.1)
    generator = mg.Generator(0)

    @mg.compile
    def step(x: Any) -> Any:
        optimizer.zero_grad()
        noise = mg.rand(1, generator=generator)
        loss = (w * x).sum()
        loss.backward()
        optimizer.step()
        if loss > 0:
            return noise + 1
        return noise - 1

    twin = mg.tensor([1.0], requires_grad=True)
    other, stream = mg.optim.Adam([twin], lr=0.1), mg.Generator(0)
    for x in (1.0, 1.0, -1.0, 1.0, -1.0, -1.0, 1.0):
        found = step(mg.tensor([x]))
        noise = mg.rand(1, generator=stream)
        other.zero_grad()
        loss = (twin * x).sum()
        loss.backward()
        other.step()
        np.testing.assert_allclose(w.numpy(), twin.numpy(), rtol=1e-6)
        assert found.item() == pytest.approx((noise + (1 if loss.item() > 0 else -1)).item())
        optimizer_steps.append(optimizer.state[w]["step"])
    assert optimizer_steps == [1, 2, 3, 4, 5, 6, 7] and len(step.traces) == 2


def test_a_choice_by_random_numbers() -> None:
    def toss(x: Any) -> Any:
        first = mg.rand(1)
        return x + first if mg.rand(1) > 0.5 else x - first * mg.rand(1)

    compiled = mg.compile(toss)
    for n in range(8):
        mg.manual_seed(n)
        expected = toss(mg.tensor([1.0])).item(), mg.rand(1).item()
        mg.manual_seed(n)
        assert (compiled(mg.tensor([1.0])).item(), mg.rand(1).item()) == expected
    assert len(compiled.traces) == 2


@pytest.mark.parametrize("read", ["item", "numpy", "float", "tolist", "print", "format"])
def test_a_value_that_python_uses_is_a_break_with_its_line(read: str, capsys: pytest.CaptureFixture) -> None:
    def mean_and_more(x: Any) -> Any:
        y = x.mean()
        uses = {
            "item": lambda: y.item(),
            "numpy": lambda: float(y.numpy()),
            "float": lambda: float(y),
            "tolist": lambda: y.tolist(),
            "print": lambda: print(y) or 0.0,
            "format": lambda: float(f"{y:.3f}"),
        }
        return y + uses[read]()

    compiled = mg.compile(mean_and_more)
    found = [compiled(mg.tensor([v])).item() for v in (1.0, 2.0, 3.0)]
    assert found == ([1, 2, 3] if read == "print" else [2, 4, 6])
    (reason,) = {b.line.number: b for b in compiled.traces[0][1].breaks}.values()
    assert f'"{read}"' in reason.line.text and "test_control_flow.py" in str(compiled.explain())
    if read == "print":
        assert capsys.readouterr().out.count("\n") == 3  # each call once: nothing was done twice


def test_what_is_kept_outside_holds_values_and_is_a_break() -> None:
    losses: list = []
    w = mg.tensor([2.0], requires_grad=True)

    class Holder:
        last: Any = None

    @mg.compile
    def loss(x: Any) -> Any:
        z = (w * x).sum()
        losses.append(z * 1)
        Holder.last = z
        return z

    for n in range(4):
        z = loss(mg.tensor([float(n)]))
        assert z.item() == 2 * n and Holder.last.item() == 2 * n
    assert [z.item() for z in losses] == [0, 2, 4, 6]
    w.grad = None
    losses[0].backward()
    losses[3].backward()
    assert w.grad.item() == 3
    assert "kept outside" in str(loss.explain())


def test_what_python_changes_inside_is_a_break() -> None:
    class Counting:
        count, options = 0, {"scale": 1.0}

    model = mg.nn.Linear(1, 1)
    optimizer = mg.optim.SGD(model.parameters(), lr=1.0)

    def counts(x: Any) -> Any:
        model.calls = getattr(model, "calls", 0) + 1
        return model(x)

    def schedules(x: Any) -> Any:
        optimizer.zero_grad()
        model(x).sum().backward()
        optimizer.step()
        optimizer.param_groups[0]["lr"] /= 2

    compiled = mg.compile(counts)
    for _ in range(4):
        compiled(mg.tensor([[1.0]]))
    assert model.calls == 4
    compiled = mg.compile(schedules)
    for _ in range(4):
        compiled(mg.tensor([[1.0]]))
    assert optimizer.param_groups[0]["lr"] == 1 / 16
    assert "changed inside" in str(compiled.explain())


def test_masks_and_sizes_that_depend_on_values_run_as_written() -> None:
    for function in (lambda x: x[x > 0].sum(), lambda x: mg.argwhere(x), lambda x: mg.masked_select(x, x > 1)):
        compiled = mg.compile(function)
        for values in ([1.0, -1.0, 2.0], [0.0, 3.0, 4.0], [1.0, 1.0, 0.0]):
            x = mg.tensor(values)
            assert compiled(x).tolist() == function(x).tolist()
        assert compiled.traces[0][1].breaks


def test_what_was_kept_before_a_program_was_given_up_has_its_value() -> None:
    kept: list = []

    @mg.compile
    def gives_up(x: Any) -> Any:
        kept.append(x * 2)
        return x[x > 0]

    for _ in range(3):
        assert gives_up(mg.tensor([1.0, -1.0])).tolist() == [1]
    assert all(type(t.array) is np.ndarray and t.tolist() == [2, -2] for t in kept)


def test_what_is_kept_now_and_then_is_noticed_when_it_is_captured_again() -> None:
    kept: list = []
    calls = iter(range(10))

    @mg.compile
    def sometimes(x: Any) -> Any:
        y = x + 1
        if next(calls) == 1:
            kept.append(y)
        return y * 2

    assert [sometimes(mg.tensor([float(n)])).item() for n in range(4)] == [2, 4, 6, 8]
    assert kept[0].tolist() == [2] and "kept outside" in str(sometimes.explain())
