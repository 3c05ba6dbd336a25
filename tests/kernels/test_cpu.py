"""Numba's kernels against NumPy's: for whatever is put in, the same comes out, errors included."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad_kernels.cpu import ALWAYS, BY_SIZE
from minigrad_kernels.cpu.entries import KERNELS
from minigrad_kernels.numpy import TABLE

REDUCTIONS = ("sum", "mean", "amax", "amin", "var", "logsumexp")
SPECIAL = [0.0, -0.0, 1.0, np.inf, -np.inf, np.nan, 1e-45, -1e-40, 5e-324, 30.0, -30.0]
TOLERANCE = {"float16": 4e-3, "float32": 4e-6, "float64": 1e-14}

# How many elements an array has at least: 0 tries the kernels of "numba", the other those of "auto".
ELEMENTWISE = [name for name, kernel in KERNELS.items() if kernel.signature == "unary"]
TABLES = [pytest.param(ALWAYS, 0, id="always"), pytest.param(BY_SIZE, 1, id="by-size")]


@st.composite
def layouts(draw, shape, dtype=None, special=True):
    """An array of this shape, of any dtype and strides, now and then with infinities, NaN and subnormals."""
    plain = draw(st.booleans())  # half of all arrays are such as the loops take
    others = [] if plain else ["float16", ">f4", "int64"]
    dtype = np.dtype(dtype or draw(st.sampled_from(["float32", "float64", *others])))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = generator.normal(size=shape, scale=3.0)
    if dtype.kind != "i" and special and draw(st.booleans()):
        x = np.where(generator.random(shape) < 0.2, generator.choice(SPECIAL, shape), x)
    with np.errstate(all="ignore"):
        x = np.asarray(x).astype(dtype)
    if plain:
        return x
    kind = draw(st.sampled_from(["F", "stepped", "reversed", "read-only", "broadcast", "offset"]))
    if kind == "F" and x.ndim:
        return np.asfortranarray(x)
    if kind == "stepped" and x.ndim:
        return np.repeat(x, 2, axis=-1)[..., ::2]
    if kind == "reversed" and x.ndim:
        return x[..., ::-1]
    if kind == "read-only":
        x.setflags(write=False)
    if kind == "broadcast" and x.ndim and x.shape[0]:
        return np.broadcast_to(x[:1], x.shape)
    if kind == "offset":
        # Not aligned to its own item size.
        raw = np.empty(x.nbytes + 1, np.uint8)
        y = raw[1:].view(dtype).reshape(x.shape) if x.ndim else x
        y[...] = x
        return y
    return x


@st.composite
def shapes(draw, name, large, min_dims=0):
    if large:
        rows = draw(st.sampled_from([1, 3, 8, 50, 300]))
        columns = -(-2 * KERNELS[name].above // rows) + draw(st.integers(0, 40))
        return draw(st.sampled_from([(rows * columns,), (rows, columns), (columns, rows), (2, rows, columns)]))
    return tuple(draw(st.lists(st.sampled_from([0, 1, 2, 3, 5, 8, 17]), min_size=min_dims, max_size=3)))


def outcome(kernel, *args, **parameters):
    """What it returns, or which error it raises."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return kernel(*args, **parameters)
        except Exception as error:
            return type(error)


def assert_same(got, expected, x, scale=1.0):
    if isinstance(expected, type):
        assert got is expected
        return
    assert isinstance(got, np.ndarray | np.generic)
    assert got.shape == expected.shape
    assert got.dtype == expected.dtype
    tolerance = TOLERANCE.get(np.asarray(x).dtype.newbyteorder("=").name, 1e-14)
    with np.errstate(all="ignore"):  # it subtracts infinities
        np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance * scale)


def finite_scale(x):
    """The size of what is summed, against which a rounding error is measured."""
    x = np.asarray(x, np.float64)
    x = x[np.isfinite(x)]
    return 1.0 + float(np.square(x).max(initial=0)) + float(np.abs(x).max(initial=0))


@pytest.mark.parametrize(("table", "large"), TABLES)
@pytest.mark.parametrize("name", ELEMENTWISE)
@given(data=st.data())
def test_elementwise(table, large, name, data):
    x = data.draw(layouts(data.draw(shapes(name, large))))
    # Two units of the smallest subnormal number may lie between results that both round to almost nothing.
    assert_same(outcome(table[name], x), outcome(TABLE[name], x), x, scale=1e-30)


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("number", [0.5, np.float32(0.5), 2])
def test_elementwise_of_a_number(name, number):
    """NumPy's kernel is asked, whether it knows an answer or not."""
    assert outcome(ALWAYS[name], number) == outcome(TABLE[name], number)


@pytest.mark.parametrize(("table", "large"), TABLES)
@pytest.mark.parametrize("name", REDUCTIONS)
@given(data=st.data())
def test_reductions(table, large, name, data):
    x = data.draw(layouts(data.draw(shapes(name, large))))
    dims = st.integers(-4, 3)
    dim = data.draw(dims if name == "logsumexp" else st.one_of(st.none(), dims, st.lists(dims, max_size=3).map(tuple)))
    parameters = {"dim": dim, "keepdim": data.draw(st.booleans())}
    if name == "var":
        parameters["correction"] = data.draw(st.sampled_from([0, 1, 2]))
    assert_same(outcome(table[name], x, **parameters), outcome(TABLE[name], x, **parameters), x, scale=finite_scale(x))


@pytest.mark.parametrize(("table", "large"), TABLES)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@given(data=st.data())
def test_softmax(table, large, name, data):
    x = data.draw(layouts(data.draw(shapes(name, large, 1))))
    dim = data.draw(st.integers(-4, 3))
    assert_same(outcome(table[name], x, dim=dim), outcome(TABLE[name], x, dim=dim), x)


@pytest.mark.parametrize(("table", "large"), TABLES)
@given(data=st.data())
def test_cross_entropy(table, large, data):
    shape = data.draw(shapes("cross_entropy", large, 1))
    x = data.draw(layouts(shape))
    classes = shape[1] if len(shape) > 1 else shape[0]
    target_shape = shape[:1] + shape[2:] if len(shape) > 1 else ()
    low, high = data.draw(st.sampled_from([(0, classes), (0, classes), (-1, classes), (0, classes + 1)]))
    generator = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    target = generator.integers(low, max(high, low + 1), target_shape)
    target = np.where(generator.random(target_shape) < 0.1, -100, target)
    parameters = {
        "reduction": data.draw(st.sampled_from(["mean", "sum", "none"])),
        "label_smoothing": data.draw(st.sampled_from([0.0, 0.0, 0.1])),
    }
    got, expected = (
        outcome(kernel, x, target, **parameters) for kernel in (table["cross_entropy"], TABLE["cross_entropy"])
    )
    assert_same(got, expected, x, scale=10.0 * max(1, shape[0]))


@pytest.mark.parametrize(("table", "large"), TABLES)
@given(data=st.data())
def test_mse_loss(table, large, data):
    shape = data.draw(shapes("mse_loss", large))
    x, y = (
        data.draw(layouts(shape)),
        data.draw(layouts(data.draw(st.sampled_from([shape, shape, shape[1:]])))),
    )
    reduction = data.draw(st.sampled_from(["mean", "sum", "none"]))
    got, expected = (outcome(kernel, x, y, reduction=reduction) for kernel in (table["mse_loss"], TABLE["mse_loss"]))
    assert_same(got, expected, np.asarray(got) if isinstance(got, np.generic | np.ndarray) else x)


@pytest.mark.parametrize(("table", "large"), TABLES)
@given(data=st.data())
def test_where(table, large, data):
    shape = data.draw(shapes("where", large))
    condition = data.draw(layouts(shape, "float32")) > 0
    branch = st.one_of(
        layouts(shape),
        layouts(shape),
        layouts(()),
        layouts(shape[1:]),
        st.sampled_from([0.0, 2, True, np.float64(3)]),
    )
    x, y = data.draw(branch), data.draw(branch)
    expected = outcome(TABLE["where"], condition, x, y)
    got = outcome(table["where"], condition, x, y)
    if isinstance(expected, type):
        assert got is expected
    else:
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected)


SGD = st.fixed_dictionaries(
    {
        "lr": st.sampled_from([0.1, 1]),
        "momentum": st.sampled_from([0, 0.9]),
        "dampening": st.sampled_from([0.0, 0.5]),
        "weight_decay": st.sampled_from([0, 0.01]),
        "nesterov": st.booleans(),
        "first": st.booleans(),
    }
)
ADAM = st.fixed_dictionaries(
    {
        "lr": st.sampled_from([0.001, 1]),
        "beta1": st.just(0.9),
        "beta2": st.just(0.999),
        "eps": st.just(1e-8),
        "weight_decay": st.sampled_from([0, 0.01]),
        "decoupled": st.booleans(),
        "step": st.integers(1, 1000),
    }
)


@pytest.mark.parametrize(("table", "large"), TABLES)
@pytest.mark.parametrize(("name", "parameters", "count"), [("sgd_update", SGD, 3), ("adam_update", ADAM, 4)])
@given(data=st.data())
def test_updates(table, large, name, parameters, count, data):
    shape = data.draw(shapes(name, large))
    dtype = data.draw(st.sampled_from(["float32", "float64", "float16"]))
    state = [data.draw(layouts(shape, dtype)) for _ in range(count)]
    # Written to: a copy with the same strides. The second moment is a mean of squares.
    state = [np.array(np.abs(x) if i == 3 else x, order="K", subok=True) for i, x in enumerate(state)]
    values = data.draw(parameters)
    if name == "sgd_update":
        if values["first"]:
            state[2][...] = np.nan
        if not values["momentum"]:
            state[2] = None
    mine, theirs = ([None if x is None else x.copy(order="K") for x in state] for _ in range(2))
    assert outcome(table[name], *mine, **values) is None
    assert outcome(TABLE[name], *theirs, **values) is None
    for got, expected in zip(mine, theirs, strict=True):
        if expected is not None:
            assert_same(got, expected, state[0], scale=finite_scale(expected))


SGD_PARAMETERS = {
    "lr": 0.1,
    "momentum": 0,
    "dampening": 0,
    "weight_decay": 0,
    "nesterov": False,
    "first": False,
}
ADAM_PARAMETERS = {
    "lr": 0.1,
    "beta1": 0.9,
    "beta2": 0.9,
    "eps": 1e-8,
    "weight_decay": 0,
    "decoupled": False,
    "step": 1,
}


@pytest.mark.parametrize("name", [*ELEMENTWISE, "sum", "mean", "amax", "var"])
def test_what_has_no_dimension_keeps_its_type(name):
    """NumPy turns a 0-dimensional array into a scalar."""
    x = np.array(0.5, np.float32)
    parameters = {"correction": 0} if name == "var" else {}
    assert type(ALWAYS[name](x, **parameters)) is type(TABLE[name](x, **parameters))


@pytest.mark.parametrize("target", [-1, 6])
def test_a_target_that_is_no_class_is_an_error(target):
    x = np.ones((4, 6), np.float32)
    with pytest.raises(IndexError):
        ALWAYS["cross_entropy"](x, np.array([0, 1, target, 2]))


def test_a_python_number_goes_to_numpy():
    for table in (ALWAYS, BY_SIZE):
        assert table["sum"](2.0) == 2.0
        assert table["var"](2.0, correction=0) == 0.0
        assert table["where"](True, 1.0, 2.0) == 1.0


@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin", "var"])
@pytest.mark.parametrize("dim", [(0, 2), (2, 0), (0, -1), (1, 1), 3, -4, (0, 3)])
def test_dimensions_that_no_loop_takes(name, dim):
    """Not neighbours, named twice, out of range."""
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    assert_same(outcome(ALWAYS[name], x, dim=dim), outcome(TABLE[name], x, dim=dim), x, scale=10)


@pytest.mark.parametrize(("n", "correction"), [(1, 1), (1, 2), (2, 2), (2, 3)])
def test_variance_with_no_degree_of_freedom_left(n, correction):
    x = np.arange(3 * n, dtype=np.float32).reshape(3, n)
    parameters = {"dim": 1, "correction": correction}
    assert_same(outcome(ALWAYS["var"], x, **parameters), outcome(TABLE["var"], x, **parameters), x)


def test_a_batch_that_is_all_ignored_is_nan_without_a_warning():
    x, target = np.ones((4, 6), np.float32), np.full(4, -100)
    with warnings.catch_warnings(action="error"):
        assert np.isnan(ALWAYS["cross_entropy"](x, target))
    assert ALWAYS["cross_entropy"](x, target, reduction="sum") == 0


def test_label_smoothing_is_left_to_numpy():
    x, target = np.arange(24, dtype=np.float32).reshape(4, 6), np.zeros(4, np.int64)
    got, expected = (k["cross_entropy"](x, target, label_smoothing=0.1) for k in (ALWAYS, TABLE))
    assert got == expected


def test_shapes_that_broadcast_are_left_to_numpy():
    x, y = np.arange(12, dtype=np.float32).reshape(3, 4), np.arange(4, dtype=np.float32)
    assert ALWAYS["mse_loss"](x, y) == TABLE["mse_loss"](x, y)
    np.testing.assert_array_equal(ALWAYS["where"](x > 5, x, y), np.where(x > 5, x, y))
    np.testing.assert_array_equal(ALWAYS["where"](y > 2, x, 0.0), np.where(y > 2, x, 0.0))


def samples(name):
    """Calls that the compiled loops must take, not hand on."""
    x = np.linspace(-1, 1, 24, dtype=np.float32).reshape(4, 6)
    if name in ELEMENTWISE:
        return [((x,), {}), ((x.astype(np.float64),), {})]
    if name in ("softmax", "log_softmax"):
        return [((x,), {"dim": 1}), ((x,), {"dim": -1})]
    if name in ("sum", "mean"):
        return [((x,), {}), ((x,), {"dim": 0}), ((x,), {"dim": -1}), ((x.reshape(2, 2, 6),), {"dim": (0, 1)})]
    if name in REDUCTIONS:
        return [((x,), {"dim": -1}), ((x,), {"dim": (0, 1)})]
    return {
        "where": [((x > 0, x, x), {}), ((x > 0, x, 0.0), {}), ((x > 0, 0, x), {})],
        "cross_entropy": [((x, np.zeros(4, np.int64)), {})],
        "mse_loss": [((x, x), {})],
        "sgd_update": [((x, x, x), SGD_PARAMETERS), ((x, x, x), SGD_PARAMETERS | {"momentum": 0.9})],
        "adam_update": [((x, x, x, abs(x)), ADAM_PARAMETERS)],
    }[name]


@pytest.mark.parametrize("name", KERNELS)
def test_contiguous_floats_are_not_left_to_numpy(name):
    for args, parameters in samples(name):
        assert KERNELS[name].call(*args, **parameters) is not NotImplemented


def test_both_tables_replace_only_what_numpy_has():
    assert ALWAYS.keys() == BY_SIZE.keys() <= TABLE.keys()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_long_sums_keep_their_digits(dtype):
    """A single strand of float32 additions would have lost four digits of this one."""
    x = np.full(3_000_000, 0.1, dtype)
    exact = float(x[0]) * x.size
    assert ALWAYS["sum"](x) == pytest.approx(exact, rel=5e-7)
    assert ALWAYS["mean"](x) == pytest.approx(float(x[0]), rel=5e-7)
    assert ALWAYS["logsumexp"](np.zeros(3_000_000, dtype), dim=0) == pytest.approx(np.log(3e6), rel=5e-7)
    assert ALWAYS["softmax"](np.zeros(3_000_000, dtype), dim=0)[-1] == pytest.approx(1 / 3e6, rel=5e-7)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_variance_of_nearly_equal_numbers(dtype):
    """E[x^2] - E[x]^2 would give 0 here, or less."""
    x = np.array([[1e4, 1e4 + 1, 1e4 + 2]], dtype)
    np.testing.assert_allclose(ALWAYS["var"](x, dim=-1), [1.0], rtol=1e-6)


def test_large_logits_do_not_cancel():
    """(x - m) - log(total), not x - (m + log(total)): near 1e4 float32 has steps of 1e-3."""
    x = np.tile(np.array([1e4, 1e4 - 2], np.float32), (64, 16))
    small = np.tile(np.array([0, -2], np.float32), (64, 16))
    np.testing.assert_array_equal(ALWAYS["log_softmax"](x, dim=-1), ALWAYS["log_softmax"](small, dim=-1))
    target = np.zeros(64, np.int64)
    assert ALWAYS["cross_entropy"](x, target) == ALWAYS["cross_entropy"](small, target)
