"""Places: NumPy's rules of indexing, what stands at the places, and what happens where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from cuda_cases import compare, on_device, there
from op_cases import CASES, Case

from minigrad_kernels.numpy import TABLE as REFERENCE

NAMES = (
    "getitem", "add_at", "index_put", "take_slices", "add_slices", "take_along_dim", "add_along_dim", "put_along_dim",
    "embedding", "is_class", "one_hot",
)  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", [pytest.param(c, id=n) for n, c in CASES.items() if c.op.name in NAMES])
def test_the_sample_of_each_operation(case: Case, dtype: str) -> None:
    compare(case.op.name, *case.arrays(dtype), **case.parameters)


X = np.arange(2 * 3 * 4 * 5, dtype="float32").reshape(2, 3, 4, 5)
MASK = X[0, :, :, 0] % 3 == 1
INDICES = {
    "integers": (1, -1),
    "slices": (slice(None, None, -1), ..., slice(1, 4, 2)),
    "new dimensions": (None, 0, ..., None),
    "one element": (1, 2, 3, 4),
    "list": ([1, 0, 1],),
    "array alone": np.array([[1, -1], [0, 0]]),
    "array second": (slice(None), np.array([2, 0])),
    "array last, after a step": (0, slice(None, None, 2), ..., np.array([4, -5, 1])),
    "two side by side": (slice(None), np.array([[0], [2]]), np.array([1, -1, 3])),
    "two apart": (np.array([1, 0]), slice(None), np.array([3, 2])),
    "two apart, slices between and behind": (np.array([1, 0]), slice(None), np.array([3, 2]), slice(1, 3)),
    "two apart behind a slice": (slice(None), np.array([1, 0]), slice(None), np.array([3, 2])),
    "integer beside an array": (slice(None), 1, np.array([3, 2, 0])),
    "integer apart from an array": (0, slice(None), np.array([3, 2, 0])),
    "array between reversed slices": (slice(None, None, -1), np.array([1, 1]), slice(None, None, -1)),
    "new dimension between": (np.array([0, 1]), None, np.array([2, 2])),
    "ellipsis of nothing between": (0, np.array([0, 1]), ..., np.array([2, 2]), 1),
    "mask of all": X % 7 == 2,
    "mask in the middle": (slice(None), MASK),
    "mask and array": (np.array([1]), np.array([True, False, True]), slice(2)),
    "mask of nothing": (np.zeros(2, bool),),
    "truth value": (np.array(True), 0),
    "falsehood": (np.array(False),),
    "no places": (np.zeros((0, 2), "int64"),),
    "small integers": (np.array([1, -2], "int8"), np.array([2], "uint8")),
}


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES.keys())
def test_every_kind_of_index(index) -> None:
    compare("getitem", X, index=index)
    compare("add_at", np.asarray(X[index]), index=index, shape=X.shape)
    parts = index if isinstance(index, tuple) else (index,)
    if all(np.asarray(p).dtype == bool or isinstance(p, (int, slice, type(None), type(Ellipsis))) for p in parts):
        compare("index_put", X, np.asarray(-X[index]), index=index)


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES.keys())
def test_indices_on_the_device(index) -> None:
    parts = index if isinstance(index, tuple) else (index,)
    moved = tuple(there(np.asarray(p)) if isinstance(p, (list, np.ndarray)) else p for p in parts)
    np.testing.assert_array_equal(on_device("getitem", X, index=moved), X[index])
    np.testing.assert_array_equal(
        on_device("add_at", np.asarray(X[index]), index=moved, shape=X.shape),
        REFERENCE["add_at"](np.asarray(X[index]), index=index, shape=X.shape),
    )


def test_writing_at_places_of_a_view() -> None:
    from minigrad_kernels.cuda.indexing import put
    from minigrad_kernels.cuda.transfer import to_numpy

    for index, value in [
        ((slice(None), np.array([0, 2])), np.arange(5, dtype="float32").reshape(5, 1)),
        ((np.array([0, 3]), slice(None, None, -1)), 7),
        (..., np.arange(4.0)[::-1]),
        ((2, slice(1, 3)), [1, 2]),
        (np.array([[True, False, False, True]] * 5), np.arange(10, dtype="int64")),
        (np.array([4, 1]), np.ones((1, 1, 4))),
    ]:
        wanted = np.arange(20, dtype="float32").reshape(4, 5)
        memory = there(wanted)
        put(memory.view(memory.layout.T), index, there(value) if isinstance(value, np.ndarray) else value)
        if isinstance(value, np.ndarray) and value.ndim == 3:
            value = value[0]
        wanted.T[index] = value
        np.testing.assert_array_equal(to_numpy(memory), wanted)


def test_adding_in_place_where_a_place_is_named_twice() -> None:
    from minigrad_kernels.cuda.indexing import accumulate_at
    from minigrad_kernels.cuda.transfer import to_numpy

    for dtype in ("float32", "int64", "uint8"):
        for index in ((slice(None), np.array([1, 1, 0])), (slice(1, 2),), (np.array([1, 1]), np.array([2, 2]))):
            wanted = np.ones((2, 3), dtype)
            z, x = there(wanted), wanted[index] * 2
            accumulate_at(z, there(x), index=index)
            REFERENCE["accumulate_at"](wanted, x, index=index)
            np.testing.assert_array_equal(to_numpy(z), wanted)


@pytest.mark.parametrize(("rows", "width"), [(1, 1000), (1000, 1), (33, 31), (257, 3), (2, 0), (0, 3)])
def test_more_elements_than_threads(rows: int, width: int) -> None:
    r = np.random.default_rng(0)
    x = r.normal(size=(7, width)).astype("float32")
    indices = r.integers(-7, 7, rows)
    compare("embedding", indices, x)
    compare("take_slices", np.ascontiguousarray(x.T), indices.astype("int32"), dim=1)
    compare("add_slices", r.normal(size=(rows, width)), indices % 7, dim=0, size=7)
    compare("take_along_dim", x, r.integers(0, 7, (rows, width)), dim=0)
    compare("add_along_dim", r.normal(size=(rows, width)), r.integers(0, 7, (rows, width)), dim=0, shape=(7, width))


def test_strides_and_corners() -> None:
    r = np.random.default_rng(0)
    x = r.normal(size=(5, 4, 3)).transpose(2, 0, 1)
    compare("take_slices", x, np.array([[3, 0]]).T, dim=-1)
    compare("take_along_dim", x, r.integers(0, 5, (3, 2, 1)), dim=1)
    compare("take_along_dim", x[:1], r.integers(0, 4, (4, 2, 3)).transpose(1, 2, 0)[:1, :1], dim=-1)
    compare("add_along_dim", r.normal(size=(2, 3, 1)), r.integers(0, 4, (2, 3, 1)), dim=2, shape=(3, 5, 4))
    compare("put_along_dim", x, np.array([[[4]], [[2]]]), np.array(9.0), dim=1)
    compare("put_along_dim", x.astype("float32"), np.array([[[4], [1]]]), r.normal(size=(1, 1, 1)), dim=1)
    compare("take_along_dim", np.array(3.0), np.array(0), dim=0)
    compare("add_along_dim", np.array(3.0), np.array(0), dim=0, shape=())
    compare("add_along_dim", np.ones(3, "uint8"), np.array([1, 1, 0]), dim=0, shape=(2,))


@pytest.mark.parametrize("shape", [(), (1,), (33,), (300,), (3, 4, 5), (0, 3)], ids=str)
def test_argwhere(shape: tuple) -> None:
    drawn = np.random.default_rng(0).integers(0, 2, shape)
    for x in (drawn, drawn * np.float32(np.nan), (drawn > 0).T):
        compare("argwhere", np.asarray(x))


@pytest.mark.parametrize(
    ("name", "inputs", "parameters"),
    [
        ("getitem", (X,), {"index": 2}),
        ("getitem", (X,), {"index": (0, 0, 0, 0, 0)}),
        ("getitem", (X,), {"index": np.array([0, -3])}),
        ("getitem", (X,), {"index": np.array([0.5])}),
        ("getitem", (X,), {"index": (np.array([0, 1]), np.array([0, 1, 2]))}),
        ("getitem", (X,), {"index": np.ones((3, 3), bool)}),
        ("getitem", (X[:0],), {"index": np.array([0])}),
        ("one_hot", (np.array([], "int64"),), {}),
        ("one_hot", (np.array([-1]),), {}),
        ("index_put", (X, np.ones(3, "float32")), {"index": np.array([0, 1])}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_host_sees_is_an_error_at_once(name: str, inputs: tuple, parameters: dict) -> None:
    with pytest.raises((IndexError, ValueError)):
        REFERENCE[name](*inputs, **parameters)
    with pytest.raises((IndexError, ValueError)):
        on_device(name, *inputs, **parameters)


def test_what_a_kernel_sees_is_an_error_when_results_are_read() -> None:
    from minigrad_kernels.cuda import faults
    from minigrad_kernels.cuda.tables import TABLE
    from minigrad_kernels.cuda.transfer import to_numpy

    w, wrong = there(np.arange(6.0).reshape(3, 2)), there(np.array([1, 3, -7]))
    z = TABLE["embedding"](wrong, w)
    with pytest.raises(faults.IndexFault, match=r"(?s)embedding: an index is out of range.*index 3.*-3 to 2"):
        to_numpy(z)
    np.testing.assert_array_equal(to_numpy(z), [[2, 3], [0, 1], [0, 1]])  # the note is gone, place 0 was taken
    for name, inputs, parameters in [
        ("getitem", (w,), {"index": (slice(None), wrong)}),
        ("getitem", (w,), {"index": (wrong, wrong)}),
        ("add_slices", (w,), {"dim": 0, "size": 2, "indices": wrong}),
        ("take_along_dim", (w, there(np.array([[0, 3]]))), {"dim": 0}),
        ("put_along_dim", (w, there(np.array([[0, -4]])), 1.0), {"dim": 0}),
        ("add_along_dim", (w, there(np.array([[0, 9], [0, 1], [0, 1]]))), {"dim": 1, "shape": (3, 2)}),
        ("one_hot", (wrong,), {"num_classes": 3}),
    ]:
        TABLE[name](*inputs, **parameters)
        with pytest.raises(faults.IndexFault, match=f"^{name}: "):
            faults.check()
    to_numpy(w)


def test_of_two_that_are_written_to_one_place_the_last_stays() -> None:
    twice, values = np.array([1, 0, -2, 0, 1]), np.arange(15, dtype="float32").reshape(5, 3)
    for index in (twice, there(twice)):
        found = on_device("index_put", np.zeros((3, 3), "float32"), values, index=index)
        np.testing.assert_array_equal(found, [[9, 10, 11], [12, 13, 14], [0, 0, 0]])
    columns = np.abs(np.stack([twice] * 3, 1))
    compare("put_along_dim", np.zeros((3, 4), "float32"), columns, values, dim=0)


@pytest.mark.parametrize("dtype", ["float32", "int64", "uint8", "bool"])
def test_what_is_added_to_one_place_is_added_in_its_order(dtype: str) -> None:
    r = np.random.default_rng(0)
    x, index = (r.normal(size=(300, 2)) * 50).astype(dtype), r.integers(0, 5, 300)
    wanted = REFERENCE["add_slices"](x, index, dim=0, size=6)
    np.testing.assert_array_equal(on_device("add_slices", x, index, dim=0, size=6), wanted)  # to the last bit
