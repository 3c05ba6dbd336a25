"""Algebra: formulas that are the same value are written in the cheapest way.

In the algebra of real numbers x + 0 is x, and (x + a) + b is x + (a + b). Floating-point numbers have another algebra, and
a rewrite must keep *theirs*: a program that gives NaN must still give NaN. So of the rules one knows from school,

- these hold exactly: x 1, x / 1, x - 0, --x, x^1, x^2 = x x, x - (-y) = x + y, (-x)(-y) = x y, |-x| = |x|;
- x + 0 is x but for x = -0: -0 + 0 is 0, and 1 / x then has another sign. It is done where x cannot be -0;
- x 0 is not 0, for x may be infinite or NaN; x - x is not 0, x / x not 1; they are left alone (but for integers);
- (x a) b = x (a b) holds to rounding where no product on the way can overflow: where a and b both enlarge or both shrink;
- (x + a) + b = x + (a + b) is wrong by any amount: (x + 1e20) - 1e20. It is done for integers, which wrap round alike;
- x / a = x (1 / a) holds exactly for powers of two, and a product takes a quarter of the time of a division.

Movements of data have an algebra too: of two transpositions one after the other one remains, or none, and of two
reshapes the last.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy

from minigrad.graph.ir import Symbol
from minigrad.graph.program import Copy, Program, rewritten
from minigrad.op import OPS

# Whose value is never -0.
_NEVER_MINUS_ZERO = frozenset(("exp", "exp2", "abs", "square", "sigmoid", "softmax", "cosh"))
_TWICE_IS_ONCE = frozenset(("abs", "relu", "sign", "floor", "ceil"))


def simplify(program: Program) -> Program:
    """The program in its cheapest formulas."""
    return rewritten(program, _change)


def _change(copy: Copy, symbol: Symbol) -> None:
    rule = RULES.get(symbol.op.name)
    if rule is None or symbol.op is not OPS.get(symbol.op.name):  # not the operation that is known by this name
        return
    found = rule(symbol, *copy.inputs(symbol))
    if isinstance(found, tuple):
        name, inputs, parameters = found
        copy.put(symbol, OPS[name], inputs, parameters)
    elif isinstance(found, Symbol) and found.shape == symbol.shape and found.dtype == symbol.dtype:
        copy.replace(symbol, found)  # where broadcasting and promotion do not forbid it


# -- arithmetic: a rule gives the symbol that is the same value, or what to declare: (operation, inputs, parameters) ---


def _add(z: Symbol, x: Any, y: Any) -> Any:
    if _is(x, 0):
        x, y = y, x
    if _is(y, 0) and isinstance(x, Symbol) and (_minus_zero(y) or x.dtype.kind != "f" or _never_minus_zero(x)):
        return x
    if _of(y, "neg") and z.dtype == y.dtype:
        return "sub", (x, y.inputs[0]), {}
    if _of(x, "neg") and z.dtype == x.dtype:
        return "sub", (y, x.inputs[0]), {}
    return _joined(z, x, y, "add")


def _sub(z: Symbol, x: Any, y: Any) -> Any:
    if _is(y, 0) and not _minus_zero(y):
        return x
    if _of(y, "neg") and z.dtype == y.dtype:
        return "add", (x, y.inputs[0]), {}
    return None


def _mul(z: Symbol, x: Any, y: Any) -> Any:
    if _is(x, 1) or _is(x, -1):
        x, y = y, x
    if _is(y, 1):
        return x
    if _is(y, -1) and isinstance(x, Symbol) and x.shape == z.shape and x.dtype == z.dtype:
        return "neg", (x,), {}
    if _of(x, "neg") and _of(y, "neg") and x.dtype == y.dtype:
        return "mul", (x.inputs[0], y.inputs[0]), {}
    return _joined(z, x, y, "mul")


def _div(z: Symbol, x: Any, y: Any) -> Any:
    if _is(y, 1):
        return x
    if _of(x, "neg") and _of(y, "neg") and x.dtype == y.dtype:
        return "div", (x.inputs[0], y.inputs[0]), {}
    if type(y) in (int, float) and isinstance(x, Symbol) and x.dtype == z.dtype and _power_of_two(float(y)):
        return "mul", (x, 1.0 / y), {}
    return None


def _pow(z: Symbol, x: Any, y: Any) -> Any:
    if _is(y, 1):
        return x
    if isinstance(x, Symbol) and x.dtype == z.dtype and x.shape == z.shape:
        if _is(y, 2):
            return "mul", (x, x), {}
        if _is(y, 0.5) and z.dtype.kind == "f":
            return "sqrt", (x,), {}
    return None


def _neg(z: Symbol, x: Any) -> Any:
    return x.inputs[0] if _of(x, "neg") else None


def _abs(z: Symbol, x: Any) -> Any:
    return ("abs", x.inputs, {}) if _of(x, "neg") else _once(z, x)


def _once(z: Symbol, x: Any) -> Any:
    return x if _of(x, z.op.name) else None


def _joined(z: Symbol, x: Any, y: Any, name: str) -> Any:
    """(x a) b as x (a b), and (x + a) + b for integers, with numbers a and b."""
    if type(x) in (int, float):
        x, y = y, x
    if type(y) not in (int, float) or not _of(x, name) or x.dtype != z.dtype:
        return None
    inner = x.inputs if type(x.inputs[1]) in (int, float) else x.inputs[::-1]
    if type(inner[1]) not in (int, float) or inner[0].dtype != z.dtype:
        return None
    a, b = inner[1], y
    if z.dtype.kind in "iu":
        both = a + b if name == "add" else a * b
        return (name, (inner[0], both), {}) if type(both) is int and abs(both) < 2**31 else None
    if name == "add" or not _both_ways(abs(a), abs(b), z.dtype):
        return None
    return "mul", (inner[0], a * b), {}


def _both_ways(a: float, b: float, dtype: numpy.dtype) -> bool:
    """Whether x a b overflows if x (a b) does, and underflows if it does."""
    limits = numpy.finfo(dtype)
    return (a >= 1 and b >= 1 and a * b < float(limits.max)) or (a <= 1 and b <= 1 and a * b > float(limits.tiny))


# -- movements ----------------------------------------------------------------------------------------------------------


def _permute(z: Symbol, x: Any) -> Any:
    if not _of(x, "permute"):
        return None
    first, second = (tuple(d % len(z.shape) for d in s.parameters["dims"]) for s in (x, z))
    return "permute", x.inputs, {"dims": tuple(first[d] for d in second)}


def _last(z: Symbol, x: Any) -> Any:
    """Of two of a kind the last: reshape and broadcast_to."""
    return (z.op.name, x.inputs, {"shape": z.shape}) if _of(x, z.op.name) else None


def _cast(z: Symbol, x: Any) -> Any:
    """There and back through a wider dtype is nothing: every float32 is a float64."""
    if not _of(x, "cast"):
        return None
    inner = x.inputs[0]
    wider = inner.dtype != x.dtype and numpy.can_cast(inner.dtype, x.dtype) and x.dtype.kind == inner.dtype.kind
    if not wider:
        return None
    return inner if inner.dtype == z.dtype else ("cast", x.inputs, z.parameters)


RULES: dict[str, Callable[..., Any]] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "div": _div,
    "pow": _pow,
    "neg": _neg,
    "permute": _permute,
    "reshape": _last,
    "broadcast_to": _last,
    "cast": _cast,
    **dict.fromkeys(_TWICE_IS_ONCE, _once),
    "abs": _abs,
}


# -- what is known of a value -------------------------------------------------------------------------------------------


def _of(x: Any, name: str) -> bool:
    """Whether x is the result of that operation (and nothing must run before it)."""
    return isinstance(x, Symbol) and x.op is OPS[name] and not x.after


def _is(x: Any, number: float) -> bool:
    """Whether x is that number, or a constant that is full of it."""
    if isinstance(x, Symbol):
        if x.kind != "constant" or x.after or x.value.dtype.kind not in "iuf" or x.value.size == 0:
            return False
        return bool((x.value == number).all())
    return type(x) in (int, float) and x == number


def _minus_zero(x: Any) -> bool:
    value = x.value if isinstance(x, Symbol) else x
    return bool(numpy.signbit(value).all())


def _never_minus_zero(x: Symbol) -> bool:
    return x.op is not None and (x.op.name in _NEVER_MINUS_ZERO or (x.op.name == "mul" and x.inputs[0] is x.inputs[1]))


def _power_of_two(x: float) -> bool:
    return math.isfinite(x) and x != 0 and abs(math.frexp(x)[0]) == 0.5 and 2.0**-60 < abs(x) < 2.0**60
