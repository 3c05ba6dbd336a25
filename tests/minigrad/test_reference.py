"""The reference page in the repository is the one that the registry makes."""

from pathlib import Path

from minigrad.op import OPS
from minigrad.reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"


def test_the_page_is_not_stale():
    assert PAGE.read_text(encoding="utf-8") == reference(), "run `make docs`"


def test_every_operation_of_the_library_has_its_entry():
    page = reference()
    missing = [
        op.name
        for op in OPS.values()
        if op.__module__.startswith("minigrad.ops.") and f"### `{op.signature()}`" not in page
    ]
    assert missing == []
