"""Einstein's notation: products of any number of tensors, their dimensions named by letters.

A letter that stands in several operands pairs their elements; one that is missing from the result is summed over. So
"ij,jk->ik" is the matrix product, "i,j->ij" the outer and "i,i->" the inner one. `einsum` reads all that a user may
write and leaves to the operation `sum_of_products` what is left of it: each letter once in each operand.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NoReturn

from minigrad import shapes
from minigrad.errors import ShapeError
from minigrad.op import op
from minigrad.ops.arranging import diagonal
from minigrad.ops.composed import composed
from minigrad.ops.elementwise import mul
from minigrad.ops.shape import broadcast_to, reshape

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@op(
    shape=shapes.sum_of_products,
    saves="xs",
    sample=lambda r: [
        ([r(2, 3), r(3, 4)], {"equation": "ij,jk->ik"}),
        ([r(2, 3), r(2, 3)], {"equation": "bi,bj->bji"}),
        ([r(2, 3), r(4)], {"equation": "ij,k->i"}),
        ([r(2, 2), r(2, 3), r(3, 2)], {"equation": "ia,ab,bj->ij"}),
    ],
)
def sum_of_products(g, z, *xs, equation):
    r"""The sum of products that the letters of an equation describe: "ij,jk->ik" is :math:`z_{ik} = \sum_j x_{ij} y_{jk}`.

    The result is linear in each operand, with the product of the others as its coefficients:
    :math:`dz_{ik} = \sum_j dx_{ij}\,y_{jk}`, so :math:`\bar x_{ij} = \sum_k \bar z_{ik}\,y_{jk}`, which is "ik,jk->ij". The
    gradient of an einsum is an einsum: the operand and the result change places. A letter that only this operand has was summed
    over, and each of its places receives the same.
    """
    left, out = equation.split("->")
    letters = left.split(",")

    def gradient(place: int):
        others = [x for other, x in enumerate(xs) if other != place]
        known = [out, *(names for other, names in enumerate(letters) if other != place)]
        own = "".join(letter for letter in letters[place] if any(letter in names for names in known))
        part = sum_of_products([g, *others], equation=f"{','.join(known)}->{own}")
        if own == letters[place]:
            return part
        sizes = dict(zip(own, part.shape, strict=True))
        line = tuple(sizes.get(letter, 1) for letter in letters[place])
        whole = tuple(sizes.get(letter, n) for letter, n in zip(letters[place], xs[place].shape, strict=True))
        return broadcast_to(reshape(part, shape=line), shape=whole)

    return tuple(lambda place=place: gradient(place) for place in range(len(xs)))


@composed
def einsum(equation: Any, *operands: Any) -> Any:
    """Sums of products in Einstein's notation: `einsum("bij,bjk->bik", x, y)`.

    Without "->" the result has the letters that stand once, in alphabetical order. "..." stands for any further
    dimensions, which broadcast. A letter twice in one operand takes its diagonal. Numbers in place of letters:
    `einsum(x, [0, 1], y, [1, 2], [0, 2])`.
    """
    equation, operands = _with_letters(equation, operands)
    names, out = _expanded(equation.replace(" ", ""), operands)
    taken = [_without_repeats(x, letters) for x, letters in zip(operands, names, strict=True)]
    for letter in out:
        if out.count(letter) > 1 or not any(letter in letters for _, letters in taken):
            _fail(
                f"the result's letter {letter!r} {'stands twice' if out.count(letter) > 1 else 'is in no operand'}.",
                equation,
                "each letter of the result once, and in an operand",
            )
    taken = [_without_ones(x, letters, taken) for x, letters in taken]
    return sum_of_products([x for x, _ in taken], equation=f"{','.join(letters for _, letters in taken)}->{out}")


def _with_letters(equation: Any, operands: tuple) -> tuple[str, tuple]:
    """The equation as text: operands in one list, and numbers for letters, are read too."""
    if isinstance(equation, str):
        return equation, tuple(operands[0]) if len(operands) == 1 and isinstance(
            operands[0], (list, tuple)
        ) else operands
    given = (equation, *operands)
    pairs = len(given) // 2
    numbers = [*given[1 : 2 * pairs : 2], *given[2 * pairs :]]
    named = ["".join("..." if n is Ellipsis else _LETTERS[n] for n in part) for part in numbers]
    return ",".join(named[:pairs]) + "".join("->" + out for out in named[pairs:]), given[0 : 2 * pairs : 2]


def _expanded(equation: str, operands: tuple) -> tuple[list[str], str]:
    """The letters of each operand and of the result, with letters of their own for "..."."""
    left, arrow, out = equation.partition("->")
    names = left.split(",")
    if len(names) != len(operands) or not operands:
        _fail("the equation has another number of operands.", equation, f"{len(operands)} of them, parted by commas")
    unknown = set(equation.replace("...", "").replace("->", "")) - set(_LETTERS) - {","}
    if unknown or any(part.count("...") > 1 for part in (*names, out)):
        _fail("the equation cannot be read.", equation, 'letters, ",", "->", and at most one "..." in each operand')
    free = [letter for letter in _LETTERS if letter not in equation]
    more = [len(x.shape) - len(part.replace("...", "")) for x, part in zip(operands, names, strict=True)]
    for x, part, n in zip(operands, names, more, strict=True):
        if n < 0 or (n > 0 and "..." not in part):
            _fail(
                f"the letters {part!r} do not fit an operand of {len(x.shape)} dimensions.",
                f"{equation}, shape {tuple(x.shape)}",
                "one letter for each dimension",
            )
    widest = max((n for n, part in zip(more, names, strict=True) if "..." in part), default=0)
    names = [
        p.replace("...", "".join(free[widest - n : widest])) if "..." in p else p
        for n, p in zip(more, names, strict=True)
    ]
    spread = "".join(free[:widest])
    if not arrow:
        counts = Counter("".join(names))
        out = spread + "".join(sorted(letter for letter, n in counts.items() if n == 1 and letter not in spread))
    return names, out.replace("...", spread)


def _without_repeats(x: Any, letters: str) -> tuple[Any, str]:
    """The diagonal in place of two dimensions of one letter."""
    for letter in sorted(set(letters)):
        while letters.count(letter) > 1:
            one, two, *_ = (place for place, other in enumerate(letters) if other == letter)
            if x.shape[one] != x.shape[two]:
                _fail(f"the letter {letter!r} has two sizes.", f"{letters}, shape {tuple(x.shape)}", "equal sizes")
            x = diagonal(x, dim1=one, dim2=two)
            letters = "".join(other for place, other in enumerate(letters) if place not in (one, two)) + letter
    return x, letters


def _without_ones(x: Any, letters: str, operands: list) -> tuple[Any, str]:
    """Without dimensions of size 1 that another operand has in full: as elsewhere, they are repeated."""
    wide = {letter for other, names in operands for letter, n in zip(names, other.shape, strict=True) if n != 1}
    kept = [place for place, n in enumerate(x.shape) if n != 1 or letters[place] not in wide]
    if len(kept) == len(letters):
        return x, letters
    return reshape(x, shape=tuple(x.shape[place] for place in kept)), "".join(letters[place] for place in kept)


def _fail(what: str, got: str, expected: str) -> NoReturn:
    raise ShapeError(what, got=got, expected=expected, hint='einsum("ij,jk->ik", x, y) is x @ y')


@composed
def tensordot(x: Any, y: Any, dims: Any = 2) -> Any:
    """The sum of products over the last `dims` dimensions of `x` and the first of `y`, or over those in two lists."""
    if isinstance(dims, int):
        over_x, over_y = list(range(x.ndim - dims, x.ndim)), list(range(dims))
    else:
        over_x, over_y = ([d] if isinstance(d, int) else list(d) for d in dims)
    if len(over_x) != len(over_y) or (isinstance(dims, int) and not 0 <= dims <= min(x.ndim, y.ndim)):
        raise ShapeError(
            "the dimensions do not pair up.",
            got=f"dims={dims} for shapes {tuple(x.shape)} and {tuple(y.shape)}",
            expected="a number of dimensions that both have, or two lists of one length",
            hint="dims=1 for a matrix product",
        )
    over_x = [shapes.normal_dim(d, x.ndim) for d in over_x]
    over_y = [shapes.normal_dim(d, y.ndim) for d in over_y]
    first = list(_LETTERS[: x.ndim])
    second = list(_LETTERS[x.ndim : x.ndim + y.ndim])
    for a, b in zip(over_x, over_y, strict=True):
        second[b] = first[a]
    out = [letter for d, letter in enumerate(first) if d not in over_x]
    out += [letter for d, letter in enumerate(second) if d not in over_y]
    return sum_of_products([x, y], equation=f"{''.join(first)},{''.join(second)}->{''.join(out)}")


@composed
def inner(input: Any, other: Any) -> Any:
    """The sums of products over the last dimensions of both; a number multiplies."""
    return tensordot(input, other, dims=([-1], [-1])) if input.ndim and other.ndim else mul(input, other)


__all__ = ["einsum", "inner", "sum_of_products", "tensordot"]
