"""A rewrite for images with the channels last: transpositions move behind what does not care, until two of them meet.

TensorFlow's images are (N, H, W, channels), minigrad's kernels take (N, channels, H, W). So every convolution and every pooling is
declared with a transposition before it and one behind. Between them stand a bias, an activation, their gradients: operations on
elements. For those :math:`f(x^T) = f(x)^T`, and a sum over axes of :math:`x^T` is a sum over other axes of :math:`x`. The
transposition behind one layer comes next to that before the other, and the two are nothing.
"""

from __future__ import annotations

from typing import Any

from minigrad.graph.ir import Symbol
from minigrad.graph.program import Copy, Program, rewritten
from minigrad.op import OPS, Op
from minigrad.shapes import normal_dims

_REDUCTIONS = ("sum", "mean", "amax", "amin")


def layout(program: Program) -> Program:
    """The program with its transpositions as late as they can be."""
    return rewritten(program, _change)


def _change(copy: Copy, symbol: Symbol) -> None:
    op = symbol.op
    if not isinstance(op, Op):
        return
    inputs = copy.inputs(symbol)
    dims = next((x.parameters["dims"] for x in inputs if _is_transposed(x)), None)
    if dims is None or op.variadic:
        return
    dims = tuple(d % len(dims) for d in dims)
    if op.name == "permute":
        before = tuple(dims[d % len(dims)] for d in symbol.parameters["dims"])
        whole = inputs[0].inputs[0]
        if before == tuple(range(len(dims))):
            copy.replace(symbol, whole)
        else:
            copy.put(symbol, op, (whole,), {"dims": before})
    elif op.elementwise and len(symbol.shape) == len(dims):
        found = [_untransposed(x, dims, symbol.shape) for x in inputs]
        if all(ok for ok, _ in found):
            _behind(copy, symbol, op(*(x for _, x in found), **symbol.parameters), dims)
    elif op.name in _REDUCTIONS:
        _reduced(copy, symbol, inputs[0], dims)


def _is_transposed(x: Any) -> bool:
    return isinstance(x, Symbol) and x.op is OPS["permute"]


def _untransposed(x: Any, dims: tuple[int, ...], shape: tuple[int, ...]) -> tuple[bool, Any]:
    """Whether an operand has a form that stands before the transposition, and that form."""
    if not isinstance(x, Symbol) or x.shape == ():
        return True, x
    if _is_transposed(x) and x.shape == shape and tuple(d % len(dims) for d in x.parameters["dims"]) == dims:
        return True, x.inputs[0]
    aligned = (1,) * (len(shape) - len(x.shape)) + tuple(x.shape)
    if sum(n != 1 for n in aligned) > 1:
        return False, None
    own = [1] * len(dims)  # one axis that is repeated along the others, such as a bias: it only stands elsewhere
    for place, n in enumerate(aligned):
        own[dims[place]] = n
    return True, x if tuple(own) == tuple(x.shape) else OPS["reshape"](x, shape=tuple(own))


def _behind(copy: Copy, symbol: Symbol, value: Symbol, dims: tuple[int, ...]) -> None:
    """The symbol as a transposition of a value that was computed before it."""
    copy.replace(symbol, value)  # both the value and its transposition come from the symbol
    value.name = symbol.name
    copy.put(symbol, OPS["permute"], (value,), {"dims": dims}).name = f"{symbol.name}/transposed"


def _reduced(copy: Copy, symbol: Symbol, x: Symbol, dims: tuple[int, ...]) -> None:
    axes = normal_dims(symbol.parameters.get("dim"), len(dims))
    parameters = {**symbol.parameters, "dim": tuple(sorted(dims[d] for d in axes))}
    left = [dims[d] for d in range(len(dims)) if d not in axes]
    if parameters.get("keepdim"):
        _behind(copy, symbol, symbol.op(x.inputs[0], **parameters), dims)
    elif left == sorted(left):
        copy.put(symbol, symbol.op, (x.inputs[0],), parameters)
