"""Every operation of the registry, through every backend and interpreter, against the rules it states itself.

The cases are the operations' own samples (tests/op_cases.py): an operation that is added is tested here as it is.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy
import pytest
from op_cases import CASES, DIFFERENTIABLE, LIBRARY, WITHOUT_SAMPLES, Case, cases_of, is_floating

import minigrad
from minigrad.autograd import grad
from minigrad.check import gradcheck, gradgradcheck
from minigrad.graph import Graph, gradients
from minigrad.op import Spec
from minigrad_kernels.cpu import ALWAYS as NUMBA

every_op = pytest.mark.parametrize("op", LIBRARY.values(), ids=LIBRARY.keys())
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
# A backend replaces the reference's kernels where it is faster: elsewhere it has nothing of its own to test.
every_kernel = pytest.mark.parametrize(
    ("case", "backend"),
    [
        pytest.param(case, backend, id=f"{name}-{backend}")
        for name, case in CASES.items()
        for backend in ("numpy", "numba")
        if backend == "numpy" or case.op.name in NUMBA
    ],
    indirect=["backend"],
)
every_differentiable_case = pytest.mark.parametrize("case", DIFFERENTIABLE.values(), ids=DIFFERENTIABLE.keys())
both_floats = pytest.mark.parametrize("dtype", ["float32", "float64"])
# Arithmetic on truth values, which NumPy and PyTorch refuse or make something of their own of.
NOT_FOR_TRUTH_VALUES = {"floor_divide", "remainder", "pow", "sub", "lerp", "neg", "sign", "clamp", "matmul", "linear"}
TOLERANCE = {"float32": {"rtol": 2e-5, "atol": 2e-6}, "float64": {"rtol": 1e-12, "atol": 1e-13}}


def floating(values: tuple) -> list[Any]:
    return [x for x in values if isinstance(x, minigrad.Tensor) and x.requires_grad]


def weights_like(z: Any) -> numpy.ndarray:
    """A gradient for the output in which every element has a weight of its own."""
    return numpy.linspace(0.5, 1.5, z.size).reshape(z.shape).astype(z.dtype)


# -- what it computes ------------------------------------------------------------------------------------------------


@both_floats
@every_kernel
def test_a_backend_computes_what_the_reference_specifies(case: Case, dtype: str, backend: str) -> None:
    z = case(case.arrays(dtype))
    with minigrad.backend("numpy"):
        exact = case(case.arrays("float64"))
    numpy.testing.assert_allclose(z, exact, **TOLERANCE[dtype])


@both_floats
@every_kernel
def test_tensors_get_what_arrays_get(case: Case, dtype: str, backend: str) -> None:
    z, made = case(case.arrays(dtype)), case(case.tensors(dtype))
    assert isinstance(made, minigrad.Tensor)
    assert made.dtype == z.dtype
    numpy.testing.assert_array_equal(made.numpy(), z, strict=True)


@both_floats
@every_kernel
def test_shape_and_dtype_are_as_inferred(case: Case, dtype: str, backend: str) -> None:
    specs = tuple(Spec(x.shape, x.dtype) if isinstance(x, numpy.ndarray) else x for x in case.arrays(dtype))
    z = case(case.tensors(dtype))
    assert case.op.infer(specs, case.parameters) == Spec(z.shape, z.dtype)


@both_floats
@every_case
def test_symbols_get_what_tensors_get(case: Case, dtype: str) -> None:
    arrays = case.arrays(dtype)
    graph, symbols, feeds = declared(arrays)
    z, expected = case(symbols), case(case.tensors(dtype))
    assert (z.shape, z.dtype) == (expected.shape, expected.dtype)
    numpy.testing.assert_array_equal(graph.run(z, feeds), expected.numpy(), strict=True)


def declared(values: tuple) -> tuple[Graph, tuple, dict]:
    """A graph, with a placeholder for each array, and what to feed."""
    graph = Graph()
    symbols = tuple(
        graph.placeholder(f"x{i}", x.shape, x.dtype) if isinstance(x, numpy.ndarray) else x
        for i, x in enumerate(values)
    )
    return graph, symbols, {s: x for s, x in zip(symbols, values, strict=True) if isinstance(x, numpy.ndarray)}


@every_case
def test_integers_and_booleans_get_the_dtype_that_is_inferred(case: Case) -> None:
    for dtype in ("int64", "int8", "bool"):
        inputs = tuple(minigrad.tensor(numpy.ones_like(x, dtype)) if is_floating(x) else x for x in case.inputs)
        inputs = tuple(minigrad.tensor(x) if isinstance(x, numpy.ndarray) else x for x in inputs)
        try:
            inferred = case.op.infer(inputs, case.parameters)
        except minigrad.errors.MinigradError as error:
            with pytest.raises(type(error)):
                case(inputs)
            continue
        if dtype == "bool" and case.op.name in NOT_FOR_TRUTH_VALUES:
            continue
        z = case(inputs)
        assert Spec(z.shape, z.dtype) == inferred, dtype
        _, symbols, _ = declared(tuple(x.numpy() if isinstance(x, minigrad.Tensor) else x for x in inputs))
        s = case(symbols)
        assert Spec(s.shape, s.dtype) == inferred, dtype


@every_kernel
def test_only_a_view_shares_memory_with_its_input(case: Case, backend: str) -> None:
    arrays = case.arrays()
    z = case(arrays)
    shared = any(numpy.shares_memory(z, x) for x in arrays if isinstance(x, numpy.ndarray))
    assert not shared or case.op.view


@pytest.mark.parametrize("case", [c for c in CASES.values() if c.op.elementwise], ids=lambda c: c.op.name)
def test_an_elementwise_op_looks_at_its_own_place_only(case: Case) -> None:
    z = case(case.inputs)
    spread = numpy.broadcast_arrays(*case.inputs) if len(case.inputs) > 1 else case.inputs
    for place in numpy.ndindex(z.shape):
        assert case(tuple(x[place][None] for x in spread))[0] == pytest.approx(z[place], rel=1e-14)


# -- its gradient ----------------------------------------------------------------------------------------------------


@every_differentiable_case
def test_gradient_against_finite_differences(case: Case, backend: str, count: Callable) -> None:
    inputs = case.tensors()
    report = gradcheck(lambda *xs: case(xs), inputs)
    assert report.checked > 0 and report.skipped == 0, "a sample must stay away from kinks"
    count("gradient elements against finite differences", report.checked)


@every_differentiable_case
def test_second_derivative_against_finite_differences(case: Case, count: Callable) -> None:
    report = gradgradcheck(lambda *xs: case(xs), case.tensors())
    assert report.skipped == 0
    count("second-derivative elements against finite differences", report.checked)


@both_floats
@every_differentiable_case
def test_the_rule_gives_the_same_on_arrays_and_on_tensors(case: Case, dtype: str, backend: str) -> None:
    inputs = case.tensors(dtype)
    z = case(inputs)
    weights = minigrad.from_numpy(weights_like(z.numpy()))
    fast = grad(z, floating(inputs), weights, retain_graph=True)
    recorded = grad(z, floating(inputs), weights, create_graph=True)
    for x, a, b in zip(floating(inputs), fast, recorded, strict=True):
        assert (a.shape, a.dtype) == (x.shape, x.dtype)
        numpy.testing.assert_array_equal(a.numpy(), b.numpy(), strict=True)


@both_floats
@every_differentiable_case
def test_the_rule_gives_the_same_on_symbols(case: Case, dtype: str) -> None:
    inputs = case.tensors(dtype)
    z = case(inputs)
    weights = weights_like(z.numpy())
    eager = grad(z, floating(inputs), minigrad.from_numpy(weights), retain_graph=True)
    graph, symbols, feeds = declared(case.arrays(dtype))
    chosen = [s for s, x in zip(symbols, inputs, strict=True) if floating((x,))]
    found = gradients(case(symbols), chosen, [graph.constant(weights)])
    assert [(g.shape, g.dtype) for g in found] == [(x.shape, x.dtype) for x in floating(inputs)]
    for a, b in zip(graph.run(found, feeds), eager, strict=True):
        numpy.testing.assert_allclose(a, b.numpy(), **TOLERANCE[dtype])


def gradients_of_rule(case: Case, need: int, keep: tuple[str, ...]) -> list[Any]:
    """The gradients of the inputs in `need` (bits) when the rule sees only what `keep` names of (z, *inputs)."""
    z = case(case.inputs)
    if case.op.variadic:
        keep = keep[:1] + keep[1:] * len(case.inputs)
    seen = [
        value if kind == "value" else Spec(value.shape, value.dtype) if kind == "shape" else None
        for value, kind in zip((z, *case.inputs), keep, strict=False)
    ]
    parts = case.op.rule(weights_like(numpy.asarray(z)), *seen, **case.parameters)
    needed = [part for place, part in enumerate(parts) if need >> place & 1 and is_floating(case.inputs[place])]
    return [part() if callable(part) else part for part in needed]


def plans(op: Any) -> list[tuple[int, tuple[str, ...]]]:
    """What is saved, for each set of inputs that need a gradient; the inputs of a sequence are not told apart."""
    return [(-1, op.plans[0])] if op.variadic else list(enumerate(op.plans))[1:]


@every_differentiable_case
def test_what_is_not_saved_is_not_needed(case: Case) -> None:
    for need, keep in plans(case.op):
        if need >= 2 ** len(case.inputs):
            continue  # an optional input that this sample leaves out
        whole = gradients_of_rule(case, need, ("value",) * len(keep))
        saved = gradients_of_rule(case, need, keep)
        for a, b in zip(whole, saved, strict=True):
            numpy.testing.assert_array_equal(a, b)


@every_op
def test_what_is_saved_is_needed(op: Any) -> None:
    """Otherwise it holds memory for nothing: with less, the gradient of some sample cannot be computed as before."""
    if op.sample is None or op.rule is None:
        return
    for need, keep in plans(op):
        for place, kind in enumerate(keep):
            if kind:
                less = (*keep[:place], "shape" if kind == "value" else "", *keep[place + 1 :])
                name, wanted = ("z", *op.inputs)[place], [n for i, n in enumerate(op.inputs) if need >> i & 1]
                assert any(changes(case, need, keep, less) for case in cases_of(op)), (
                    f"saves= need not name {name} ({kind}) for the gradient of {wanted}"
                )


def changes(case: Case, need: int, keep: tuple[str, ...], less: tuple[str, ...]) -> bool:
    if need >= 2 ** len(case.inputs):
        return False
    whole = gradients_of_rule(case, need, keep)
    if not whole:
        return True  # no floating input needs a gradient here: such a set never comes up
    try:
        return not all(map(numpy.array_equal, whole, gradients_of_rule(case, need, less)))
    except Exception:
        return True


# -- what it says of itself ------------------------------------------------------------------------------------------


@every_op
def test_it_has_samples_or_a_reason(op: Any) -> None:
    assert (op.sample is None) == (op.name in WITHOUT_SAMPLES)


@every_op
def test_its_docstring_derives_the_gradient_or_says_why_there_is_none(op: Any) -> None:
    text = inspect.getdoc(op) or ""
    assert text.split("\n")[0].rstrip().endswith((".", ":")), "a docstring begins with a sentence"
    if op.rule is not None:
        assert any(word in text for word in ("dz", r"\bar", "gradient", "derivative", "receives", "slope")), text
    elif op.dtype not in ("bool", "int64"):  # booleans and indices have none by their dtype
        assert "no useful gradient" in text


@every_op
def test_its_inputs_have_the_house_names(op: Any) -> None:
    signature = list(inspect.signature(op.__wrapped__).parameters)
    assert signature[:2] == ["g", "z"]
