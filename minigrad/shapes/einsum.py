"""The shape of a sum of products, by labels."""

from __future__ import annotations

from typing import Any

from minigrad.errors import ShapeError
from minigrad.shapes.common import shape_of


def sum_of_products(*xs: Any, equation: str) -> tuple[int, ...]:
    """`ij,jk->ik`: each label has one size; those of the output, once each, make its shape."""
    inputs, arrow, output = equation.partition("->")
    terms = inputs.split(",")
    found = [tuple(shape_of(x)) for x in xs]
    if not arrow or len(terms) != len(xs):
        raise ShapeError(
            "the equation does not name every operand and the output.",
            got=f"{equation!r} for {len(xs)} operands",
            expected=f"{len(xs)} terms with commas between them, then -> and the output",
            hint="einsum('ij,jk->ik', x, y)",
        )
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, found, strict=True):
        if len(term) != len(shape) or len(set(term)) != len(term):
            raise ShapeError(
                "a term does not have one label for each dimension.",
                got=f"{term!r} for shape {shape}",
                expected=f"{len(shape)} labels, each once",
                hint="... stands for all dimensions that have no label",
            )
        for label, size in zip(term, shape, strict=True):
            if sizes.setdefault(label, size) != size:
                raise ShapeError(
                    f"the label {label!r} has two sizes.",
                    got=f"{sizes[label]} and {size} in {equation!r} of {', '.join(map(str, found))}",
                    expected="one size wherever a label stands",
                    hint="another label, if these are different dimensions",
                )
    if not set(output) <= set(sizes) or len(set(output)) != len(output):
        raise ShapeError(
            "the output's labels are not among the inputs', each once.",
            got=repr(equation),
            expected=f"labels among {''.join(sorted(sizes))!r}",
            hint="einsum('ij->ji', x)",
        )
    return tuple(sizes[label] for label in output)
