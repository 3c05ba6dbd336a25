"""Writing in place, into tensors and their views, in many small random programs.

Each program is run by minigrad and by PyTorch, and its gradient is compared with PyTorch's and with finite differences.
Where PyTorch finds that a saved value was overwritten, minigrad either finds it too or gives the right gradient.
"""

from typing import Any

import numpy
from hypothesis import example, given, settings
from hypothesis import strategies as st

import minigrad
from minigrad.errors import OverwrittenError

# Uneven numbers, so that no sum of theirs is 0, where relu has a kink.
START = numpy.array([[0.3137, -0.8291, 1.1173], [0.6211, -0.2459, 0.9071]])
CONSTANT = numpy.array([[0.5303, 1.4957, -0.7219], [-1.1931, 0.4127, 0.8363]])

which = st.integers(0, 5)
instruction = st.one_of(
    st.tuples(st.just("new"), which, which, st.sampled_from(["add", "mul", "tanh", "neg"])),
    st.tuples(st.just("view"), which, st.integers(-2, 1), st.sampled_from(["row", "columns", "flat", "turned"])),
    st.tuples(st.just("scale"), which, st.sampled_from([0.5, -1.5]), st.sampled_from(["mul_", "add_"])),
    st.tuples(st.just("write"), which, which, st.sampled_from(["add_", "sub_", "mul_", "copy_"])),
    st.tuples(st.just("change"), which, which, st.sampled_from(["tanh_", "neg_", "relu_"])),
    st.tuples(st.just("put"), which, st.integers(-2, 1), which),
)
# Tensors 3 and 5 are views of views of tensors 0 and 1.
TWO_ROWS_OF_VIEWS = [("view", 0, 0, "turned"), ("view", 2, 0, "row"), ("view", 1, 0, "turned"), ("view", 4, 0, "row")]
programs = st.lists(instruction, min_size=1, max_size=8)


def run(library: Any, program: list[tuple], x: Any) -> Any:
    """The loss of a program. What does not fit (other shapes, memory that overlaps) is left out, by both libraries."""
    tensors = [x * 1.0, library.tensor(CONSTANT.copy())]

    def pick(number: int) -> Any:
        return tensors[number % len(tensors)]

    for kind, first, second, third in program:
        t = pick(first)
        if kind == "new":
            other = pick(second)
            if third in ("tanh", "neg"):
                tensors.append(getattr(t, third)())
            elif t.shape == other.shape:
                tensors.append(t + other if third == "add" else t * other)
        elif kind == "view" and third == "flat":
            tensors.append(t.reshape(-1))
        elif kind == "view" and len(t.shape) == 2:
            tensors.append(t[second] if third == "row" else t[:, 1:] if third == "columns" else t.permute(1, 0))
        elif kind == "scale":
            getattr(t, third)(second)
        elif kind == "write" and fits(pick(second), t):
            getattr(t, third)(pick(second))
        elif kind == "change":
            getattr(t, third)()
        elif kind == "put" and len(t.shape) == 2 and fits(pick(third), t[second]):
            t[second] = pick(third)
    # The start itself takes part, so that something is recorded even when constants overwrite everything else.
    return sum(((t * (0.5 + 0.25 * n)).sum() for n, t in enumerate(tensors)), x.sum())


def fits(source: Any, target: Any) -> bool:
    """Whether `source` broadcasts to `target` and lies elsewhere in memory."""
    if numpy.shares_memory(source.detach().numpy(), target.detach().numpy()):
        return False
    return source.shape == target.shape or tuple(source.shape) == tuple(target.shape[1:])


def finite_differences(program: list[tuple]) -> numpy.ndarray:
    found = numpy.zeros_like(START)
    with minigrad.no_grad():
        for place in numpy.ndindex(START.shape):
            ends = []
            for step in (1e-6, -1e-6):
                moved = START.copy()
                moved[place] += step
                ends.append(run(minigrad, program, minigrad.tensor(moved)).item())
            found[place] = (ends[0] - ends[1]) / 2e-6
    return found


@settings(max_examples=300)
@given(program=programs)
@example(program=[("write", 0, 1, "mul_")])
@example(program=[("view", 0, 0, "row"), ("scale", 2, 0.5, "mul_"), ("scale", 0, 0.5, "mul_"), ("new", 2, 2, "mul")])
@example(program=[("view", 1, 0, "row"), ("put", 1, 1, 2), ("view", 0, 0, "turned"), ("write", 1, 0, "copy_")])
@example(program=[*TWO_ROWS_OF_VIEWS, ("scale", 0, 0.5, "mul_"), ("write", 3, 5, "copy_")])
@example(program=[*TWO_ROWS_OF_VIEWS, ("scale", 3, 0.5, "mul_"), ("scale", 0, 0.5, "mul_"), ("write", 5, 3, "copy_")])
@example(program=[("view", 1, 0, "row"), ("write", 1, 0, "add_"), ("change", 2, 0, "tanh_")])
@example(program=[("view", 1, 0, "columns"), ("view", 2, 0, "flat"), ("write", 1, 0, "add_")])
def test_gradient_of_random_programs(program: list[tuple], torch: Any) -> None:
    ours = minigrad.tensor(START, requires_grad=True)
    theirs = torch.tensor(START, requires_grad=True)
    loss = run(minigrad, program, ours)
    try:
        expected = run(torch, program, theirs)
        numpy.testing.assert_allclose(loss.item(), expected.item(), rtol=1e-12, atol=1e-12)
        expected.backward()
        theirs_found = True
    except RuntimeError as error:
        # The second: PyTorch takes a view that was made before its memory was recorded for a leaf.
        assert "modified by an inplace operation" in str(error) or "a leaf Variable that requires grad" in str(error)
        theirs_found = False
    try:
        loss.backward()
    except OverwrittenError:
        assert not theirs_found, "PyTorch has a gradient here"
        return
    numpy.testing.assert_allclose(ours.grad.numpy(), finite_differences(program), rtol=1e-6, atol=1e-6)
    if theirs_found:
        numpy.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=1e-12, atol=1e-12)
