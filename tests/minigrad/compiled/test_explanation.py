"""What `explain` says of programs, guards, rewrites and breaks."""

from typing import Any

import pytest

import minigrad as mg
import minigrad.nn.functional as F


def test_it_lists_guards_rewrites_and_recompiles(capsys: pytest.CaptureFixture) -> None:
    w = mg.tensor([2.0], requires_grad=True)

    @mg.compile(explain=True)
    def curve(x: Any) -> Any:
        return F.gelu(x * w) * 1 + 0

    curve(mg.tensor([1.0]))
    assert "1 program captured" in capsys.readouterr().out
    curve(mg.tensor([1.0, 2.0]))
    told = curve.explain()
    text = repr(told)
    assert (
        "the shape of argument 0: (2,), not (1,)" in text and "w: Tensor of shape (1,), float32, requires_grad" in text
    )
    first = told.programs[0]
    assert [name for name, *_ in first["rewrites"]][:2] == ["prune", "fold"]
    assert first["rewrites"][0][1] > first["rewrites"][-1][2]
    ((name, source),) = first["kernels"]
    assert f"kernels: {name}" in text and "def kernel(" in source
    assert "<table>" in told._repr_html_() and "&lt;locals&gt;" in told._repr_html_()


def test_rewrites_can_be_chosen() -> None:
    plain = mg.compile(lambda x: x * 1 + 0, rewrites=[])
    assert plain(mg.tensor([1.0])).item() == 1
    assert not plain.explain().programs[0]["rewrites"]


def test_a_break_is_told_with_its_line_and_what_to_try() -> None:
    @mg.compile
    def looks(x: Any) -> Any:
        return x * x.sum().item()

    looks(mg.tensor([2.0]))
    text = repr(looks.explain())
    assert "runs as it is written" in text and "x.sum().item()" in text and "try: return the tensor" in text
