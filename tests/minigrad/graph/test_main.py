"""`python -m minigrad.graph`: the programs of the page run, and the page in the documentation is what it gives."""

import re
from pathlib import Path

import numpy
import pytest

from minigrad.graph import REWRITES, Plan, optimise
from minigrad.graph.__main__ import page, resnet, transformer

PAGE = Path(__file__).parents[3] / "docs" / "rewrites.md"


@pytest.mark.slow
def test_the_page_is_in_step() -> None:
    assert PAGE.read_text() == page()


def test_each_rewrite_has_its_line_and_fusion_and_memory_lower_the_figures() -> None:
    for part in PAGE.read_text().split("## ")[1:]:
        figures = [[float(n) for n in re.findall(r"[\d.]+", line)] for line in part.splitlines() if "MiB" in line]
        assert (
            len(figures) == 1 + len(REWRITES)
            and figures[-1][0] < 0.7 * figures[0][0]
            and figures[-1][3] < 0.7 * figures[0][3]
        )


@pytest.mark.slow
@pytest.mark.parametrize("program", [transformer(1, 4, 8, 2), resnet(2, 4, 4)], ids=["transformer", "resnet"])
def test_the_programs_of_the_page_keep_their_values(program) -> None:
    random = numpy.random.default_rng(0)
    arrays = [
        random.integers(0, 4, s.shape) if s.dtype.kind == "i" else random.standard_normal(s.shape).astype("float32")
        for s in program.inputs
    ]
    for z, y in zip(Plan(optimise(program))(*arrays), program.run(*arrays), strict=True):
        numpy.testing.assert_allclose(z, y, rtol=1e-4, atol=1e-5)
