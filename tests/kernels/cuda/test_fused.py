"""Generated kernels on the device: that they compute what their regions say, whichever threads share out the work."""

import fused_cases
import numpy as np
import pytest
from cuda_cases import there

from minigrad_kernels.fuse import NotFusible

NUMBERS = (0.3,)


def run(case: fused_cases.Case, inputs: list, by: str = "") -> list:
    from minigrad_kernels.cuda.fused import Fused
    from minigrad_kernels.cuda.transfer import to_numpy

    fused = Fused(case.region)
    assert fused.by == (by or case.by)
    return [to_numpy(z) for z in fused([there(x) for x in inputs], NUMBERS[: len(case.region.numbers)])]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", fused_cases.cases())
def test_a_region_gives_what_its_steps_give(name, dtype):
    case = fused_cases.cases(dtype)[name]
    inputs = case.inputs()
    found = run(case, inputs)
    expected = case.expected(inputs, NUMBERS[: len(case.region.numbers)])
    near = 1e-5 if dtype == "float32" else 1e-12
    for z, wanted in zip(found, expected, strict=True):
        assert z.shape == wanted.shape and z.dtype == (bool if wanted.dtype == bool else dtype)
        np.testing.assert_allclose(z, wanted, rtol=2 * near, atol=near)


def test_views_repetitions_and_arrays_of_the_computer_are_taken_too():
    from minigrad_kernels.cuda.fused import Fused, varying_shape
    from minigrad_kernels.cuda.transfer import to_numpy

    x, g = np.random.default_rng(0).standard_normal((33, 7)).astype("float32"), np.full((1, 1), 0.5, "float32")
    turned, repeated = there(x.T), there(g)
    repeated = repeated.view(np.broadcast_to(repeated.layout, (7, 33)))
    assert varying_shape(repeated) == (1, 1) and varying_shape(turned) == (7, 33)
    steps = [("mul", ("x", "g"), (7, 33)), ("exp", ("t0",), (7, 33))]
    fused = Fused(fused_cases.region({"x": (7, 33), "g": (1, 1)}, steps, ("t1",), shape=(7, 33)))
    for arrays in ([turned, repeated], [turned, g]):
        np.testing.assert_allclose(to_numpy(fused(arrays)[0]), np.exp(x.T * 0.5), rtol=1e-6)


def test_nan_and_infinity_keep_their_meaning():
    x = np.array([[np.nan, 1, -np.inf], [np.inf, 0, -1]], "float32")
    steps = [("amax", ("x",), (2, 1)), ("sub", ("x", "t0"), (2, 3))]
    case = fused_cases.Case(fused_cases.region({"x": (2, 3)}, steps, ("t0", "t1"), shape=(2, 3), reduced=1), "warps")
    largest, difference = run(case, [x])
    np.testing.assert_array_equal(largest[:, 0], [np.nan, np.inf])
    np.testing.assert_array_equal(difference, [[np.nan] * 3, [np.nan, -np.inf, -np.inf]])


@pytest.mark.parametrize("shape", [(0, 5), (3, 0)])
def test_of_nothing_there_is_nothing(shape):
    steps = [("exp", ("x",), shape), ("sum", ("t0",), (shape[0], 1)), ("add_up", ("x",), (1, shape[1]))]
    case = fused_cases.region({"x": shape}, steps, ("t0", "t1", "t2"), shape=shape, reduced=1)
    each, rows, columns = run(
        fused_cases.Case(case, "warps" if shape[0] > 1 else "blocks"), [np.empty(shape, "float32")]
    )
    assert each.shape == shape
    np.testing.assert_array_equal(rows, np.zeros((shape[0], 1)))
    np.testing.assert_array_equal(columns, np.zeros((1, shape[1])))


def test_what_would_leave_a_gpu_without_work_is_refused():
    from minigrad_kernels.cuda.fused import Fused

    with pytest.raises(NotFusible, match="a row, and 2 of 65536 elements"):
        Fused(fused_cases.softmax((2, 1 << 16), "float32"))
    with pytest.raises(NotFusible, match="sums over several numbers of first axes"):
        sums = [("add_up", ("x",), (1, 3, 4)), ("add_up", ("x",), (1, 1, 4))]
        Fused(fused_cases.region({"x": (2, 3, 4)}, sums, ("t0", "t1"), shape=(2, 3, 4)))
