"""Sums of products by labels, against NumPy's einsum."""

import numpy as np
import pytest
from cuda_cases import NEAR, compare, on_device
from op_cases import CASES, Case


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", [pytest.param(c, id=n) for n, c in CASES.items() if c.op.name == "sum_of_products"])
def test_the_sample_of_the_operation(case: Case, dtype: str) -> None:
    compare(case.op.name, *case.arrays(dtype), **case.parameters)


@pytest.mark.parametrize(
    "equation",
    ["ij,jk->ik", "ij,kj->ki", "i,i->", "i,j->ji", "bij,bjk->bik", "bhid,bhjd->bhij", "bij,jk->kib", "ij->ji", "ij->", "ij->i",
     "ij,ij->ij", "ia,ab,bj->ij", "i,ij,j->", "ab,bc,cd,da->", "bi,oi,bo->oi", "ijk,l->l", "bcd,bed->ce"],
)  # fmt: skip
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_equations(equation, dtype) -> None:
    sizes = dict(zip("abcdehijklmo", (3, 2, 4, 5, 3, 2, 6, 7, 2, 3, 4, 5), strict=True))
    r = np.random.default_rng(1)
    terms = equation.partition("->")[0].split(",")
    xs = [(3 * r.normal(size=[sizes[label] for label in term])).astype(dtype) for term in terms]
    found = on_device("sum_of_products", *xs, equation=equation)
    near = {"rtol": 1e-4, "atol": 1e-4} if dtype == "float32" else NEAR["float64"]
    np.testing.assert_allclose(found, np.einsum(equation, *xs), **near)
    assert found.dtype == dtype


def test_the_result_is_no_view_of_the_operand() -> None:
    from cuda_cases import there

    from minigrad_kernels.cuda.tables import TABLE

    x = there(np.ones((2, 3)))
    assert TABLE["sum_of_products"](x, equation="ij->ji").block is not x.block
