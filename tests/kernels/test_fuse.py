"""The generator: what it writes, and that the kernels it writes compute what the operations do."""

import numpy as np
import pytest

from minigrad_kernels.cpu.fused import Fused, varying_shape
from minigrad_kernels.fuse import Input, NotFusible, Region, Step, collapse, source

S = (6, 700)  # rows longer than a block of a sum
ROW = (6, 1)


def arrays(*shapes, dtype="float32"):
    stream = np.random.default_rng(0)
    return [stream.standard_normal(shape).astype(dtype) for shape in shapes]


def region(inputs, steps, outputs, *, shape=S, dtype="float32", numbers=(), reduced=0):
    """`inputs` by name; `steps` as (operation, arguments, shape), named t0, t1, … in order."""
    return Region(
        shape,
        dtype,
        tuple(Input(name, x.shape, x.dtype.name) for name, x in inputs.items()),
        numbers,
        tuple(Step(f"t{n}", op, args, s, op in ("gt", "eq")) for n, (op, args, s) in enumerate(steps)),
        outputs,
        reduced,
    )


def test_the_text_is_one_loop_that_reads_like_the_formula():
    x, y = arrays(S, S)
    text = Fused(
        region({"x": x, "y": y}, [("mul", ("x", "y"), S), ("tanh", ("t0",), S), ("add", ("t1", "1.0"), S)], ("t2",))
    ).source
    assert text.startswith('"""tanh(x * y) + 1.0, in one pass over memory."""')
    assert text.endswith(
        '@loop("void(float32[::1], float32[::1], float32[::1])")\n'
        "def kernel(x, y, out):\n"
        "    for i in range(x.shape[0]):\n"
        "        out[i] = tanh(x[i] * y[i]) + float32(1.0)\n"
    )


@pytest.mark.parametrize(
    ("steps", "formula"),
    [
        ([("add", ("x", "y")), ("mul", ("t0", "x"))], "(x + y) * x"),
        ([("mul", ("x", "y")), ("add", ("t0", "x"))], "x * y + x"),
        ([("sub", ("x", "y")), ("sub", ("x", "t0"))], "x - (x - y)"),
        ([("sub", ("x", "y")), ("sub", ("t0", "x"))], "x - y - x"),
        ([("neg", ("x",)), ("mul", ("t0", "y"))], "(-x) * y"),
        ([("gt", ("x", "y")), ("gt", ("x", "0.0")), ("logical_and", ("t0", "t1"))], "(x > y) & (x > 0.0)"),
    ],
)
def test_parentheses_stand_where_they_are_needed(steps, formula):
    x, y = arrays(S, S)
    last = f"t{len(steps) - 1}"
    text = Fused(region({"x": x, "y": y}, [(op, args, S) for op, args in steps], (last,))).source
    assert text.split(", in one pass")[0] == f'"""{formula}'


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softmax_with_reductions_between_passes(dtype):
    (x,) = arrays(S, dtype=dtype)
    fused = Fused(
        region(
            {"x": x},
            [
                ("amax", ("x",), ROW),
                ("sub", ("x", "t0"), S),
                ("exp", ("t1",), S),
                ("sum", ("t2",), ROW),
                ("div", ("t2", "t3"), S),
            ],
            ("t4", "t3"),
            dtype=dtype,
            reduced=1,
        )
    )
    e = np.exp(x.astype("float64") - x.max(1, keepdims=True))
    z, total = fused([x])
    assert z.dtype == dtype and total.shape == ROW
    np.testing.assert_allclose(z, e / e.sum(1, keepdims=True), rtol=2e-6)
    np.testing.assert_allclose(total, e.sum(1, keepdims=True), rtol=2e-6)
    body = fused.source.split("def kernel")[1]
    assert body.count("exp(") == 1  # kept in a row of scratch memory for the next pass


def test_what_is_repeated_is_read_once_where_it_changes():
    x, row, column, number = arrays((4, 3, 5, 7), (5, 7), (3, 1, 1), ())
    inputs = {
        "x": x,
        "row": row.reshape(1, 1, 5, 7),
        "column": column.reshape(1, 3, 1, 1),
        "number": number.reshape(1, 1, 1, 1),
    }
    steps = [("mul", ("x", "column"), x.shape), ("add", ("t0", "row"), x.shape), ("mul", ("t1", "number"), x.shape)]
    fused = Fused(region(inputs, steps, ("t2",), shape=x.shape))
    (z,) = fused(list(inputs.values()))
    np.testing.assert_allclose(z, (x * column + row) * number, rtol=1e-5, atol=1e-7)
    assert len(collapse(fused.region)[1]) == 3  # the last two axes are one


def test_numbers_are_given_at_each_call_and_make_no_new_kernel():
    (x,) = arrays(S)
    fused = Fused(region({"x": x}, [("mul", ("x", "c0"), S), ("exp", ("t0",), S)], ("t1",), numbers=("c0",)))
    for number in (0.3, -0.7):
        np.testing.assert_allclose(fused([x], [number])[0], np.exp(x * np.float32(number)), rtol=1e-6)


def test_conditions_and_several_results():
    x, y = arrays(S, S)
    fused = Fused(
        region(
            {"x": x, "y": y},
            [("gt", ("x", "0.0"), S), ("where", ("t0", "y", "0.0"), S), ("neg", ("t1",), S)],
            ("t0", "t1", "t2"),
        )
    )
    positive, chosen, negative = fused([x, y])
    assert positive.dtype == bool
    np.testing.assert_array_equal(positive, x > 0)
    np.testing.assert_array_equal(chosen, np.where(x > 0, y, 0))
    np.testing.assert_array_equal(negative, -chosen)


def test_a_long_sum_of_float32_keeps_its_digits():
    x = np.full((1, 2**20), 0.1, np.float32)
    fused = Fused(
        region({"x": x}, [("mul", ("x", "2.0"), x.shape), ("sum", ("t0",), (1, 1))], ("t1",), shape=x.shape, reduced=1)
    )
    np.testing.assert_allclose(fused([x])[0][0, 0], 2 * np.float64(np.float32(0.1)) * 2**20, rtol=1e-6)


def test_nan_and_infinity_keep_their_meaning():
    x = np.array([[np.nan, 1, -np.inf], [np.inf, 0, -1]], np.float32)
    fused = Fused(
        region(
            {"x": x}, [("amax", ("x",), (2, 1)), ("sub", ("x", "t0"), x.shape)], ("t0", "t1"), shape=x.shape, reduced=1
        )
    )
    largest, difference = fused([x])
    np.testing.assert_array_equal(largest[:, 0], [np.nan, np.inf])
    np.testing.assert_array_equal(difference, [[np.nan] * 3, [np.nan, -np.inf, -np.inf]])


def test_views_are_taken_too():
    x, g = arrays((700, 6), ())
    repeated = np.broadcast_to(g, S)
    assert varying_shape(repeated) == (1, 1) and varying_shape(x.T) == S
    fused = Fused(region({"x": x.T, "g": g.reshape(1, 1)}, [("mul", ("x", "g"), S), ("exp", ("t0",), S)], ("t1",)))
    np.testing.assert_allclose(fused([x.T, repeated])[0], np.exp(x.T * g), rtol=1e-6)


def test_what_cannot_be_one_kernel_is_refused():
    x, y = arrays((4, 5, 6), (4, 1, 6))
    mixed = region(
        {"x": x, "y": y}, [("mul", ("x", "y"), x.shape), ("sum", ("t0",), (4, 1, 1))], ("t1",), shape=x.shape, reduced=2
    )
    with pytest.raises(NotFusible, match="repeated along some of the reduced axes"):
        collapse(mixed)
    unknown = region({"x": x}, [("conv2d", ("x",), x.shape)], ("t0",), shape=x.shape)
    with pytest.raises(NotFusible, match="conv2d has no scalar function"):
        source(collapse(unknown)[0], {})


def test_sums_over_the_first_axes_are_taken_while_the_rest_goes_by():
    x, y = arrays(S, S)
    fused = Fused(
        region(
            {"x": x, "y": y},
            [("mul", ("x", "y"), S), ("add_up", ("t0",), (1, 700)), ("add_up", ("x",), (1, 700))],
            ("t0", "t1", "t2"),
        )
    )
    assert "out1[:] = 0\n" in fused.source and "out1[j] += t0\n" in fused.source
    for _ in range(2):  # the second time into memory that holds other numbers
        z, total, of_x = fused([x, y])
        np.testing.assert_allclose(z, x * y)
        np.testing.assert_allclose(total, (x * y).sum(0, keepdims=True), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(of_x, x.sum(0, keepdims=True), rtol=1e-5, atol=1e-6)


def test_a_sum_over_the_first_axes_beside_one_over_the_last():
    x, y = arrays(S, ROW)
    fused = Fused(
        region(
            {"x": x, "y": y},
            [("sum", ("x",), ROW), ("mul", ("t0", "y"), ROW), ("mul", ("x", "t1"), S), ("add_up", ("t2",), (1, 700))],
            ("t3",),
            reduced=1,
        )
    )
    expected = (x * (x.sum(1, keepdims=True) * y)).sum(0, keepdims=True)
    np.testing.assert_allclose(fused([x, y])[0], expected, rtol=1e-4, atol=1e-4)
