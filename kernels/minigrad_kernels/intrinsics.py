"""The few machine instructions that Python has no word for, as functions that Numba can compile.

Numba widens `float32 * 0.5` to float64, and branches where a processor could choose; either keeps a loop from
running on eight or sixteen numbers at once. Each function here becomes one or two instructions of LLVM, which
have a vector form. All follow the type of their first argument, so one text serves float32 and float64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

# IEEE 754: how many bits hold the fraction, what is added to the exponent, and the integer type of the same
# width.
_LAYOUT = {types.float32: (23, 127, ir.IntType(32)), types.float64: (52, 1023, ir.IntType(64))}


def _call(builder, name: str, *values):
    """Call LLVM's own function `name`, in the variant for the values' type."""
    kind = values[0].type
    suffix = "f32" if kind == ir.FloatType() else "f64"
    function = builder.module.declare_intrinsic(name, fnty=ir.FunctionType(kind, [kind] * len(values)), tys=[kind])
    assert function.name.endswith(suffix), function.name
    return builder.call(function, values)


def _instruction(name: str, arity: int, doc: str):
    """The LLVM function `name` of one, two or three floats of one type."""

    def emit(context, builder, signature, arguments):
        return _call(builder, name, *arguments)

    if arity == 1:

        def typing(typing_context, x):
            return (x(x), emit) if x in _LAYOUT else None
    elif arity == 2:

        def typing(typing_context, x, y):
            return (x(x, y), emit) if x in _LAYOUT and x == y else None
    else:

        def typing(typing_context, x, y, z):
            return (x(x, y, z), emit) if x in _LAYOUT and x == y == z else None

    typing.__doc__ = doc
    return intrinsic(typing)


absolute = _instruction("llvm.fabs", 1, "|x|, by clearing the sign bit.")
square_root = _instruction("llvm.sqrt", 1, "The square root, correctly rounded.")
nearest_integer = _instruction("llvm.rint", 1, "The integer nearest to x, as a float; ties go to the even one.")
round_down = _instruction("llvm.floor", 1, "The next integer below, as a float.")
round_up = _instruction("llvm.ceil", 1, "The next integer above, as a float.")
truncated = _instruction("llvm.trunc", 1, "The integer without what follows the point, as a float.")
copy_sign = _instruction("llvm.copysign", 2, "The magnitude of x with the sign of y.")
# Python's `x if x > y else y` loses a NaN, and a loop over it does not vectorise: eight times slower.
maximum = _instruction("llvm.maximum", 2, "The larger of two; NaN if either is.")
minimum = _instruction("llvm.minimum", 2, "The smaller of two; NaN if either is.")
multiply_add = _instruction("llvm.fmuladd", 3, "x y + z, rounded once where the processor can.")
# Where an algorithm rests on it. A processor without such an instruction gets a call, slow and right.
multiply_add_exactly = _instruction("llvm.fma", 3, "x y + z, rounded once.")


@intrinsic
def like(typing_context, x, value):
    """The number `value` in the type of x (a literal would be float64 and widen everything it touches)."""

    def emit(context, builder, signature, arguments):
        return context.cast(builder, arguments[1], signature.args[1], x)

    return x(x, value), emit


@intrinsic
def is_float32(typing_context, x):
    """Whether x is a float32: known when compiling, so that a branch on it costs nothing."""

    def emit(context, builder, signature, arguments):
        return context.get_constant(types.boolean, x == types.float32)

    return types.boolean(x), emit


@intrinsic
def choose(typing_context, condition, x, y):
    """x where the condition holds, else y, without a branch: both are computed."""

    def emit(context, builder, signature, arguments):
        return builder.select(*arguments)

    return (x(types.boolean, x, y), emit) if x == y else None


@intrinsic
def add_freely(typing_context, x, y):
    """x + y, in whatever order: a sum that is written with it can be taken in many strands at once.

    Only the addition is set free. Were the whole expression (`fastmath={"reassoc"}`), (x - m) - l inside a sum could
    become x - (m + l), which cancels.
    """

    def emit(context, builder, signature, arguments):
        return builder.fadd(*arguments, flags=("reassoc", "contract"))

    return (x(x, y), emit) if x in _LAYOUT and x == y else None


def polynomial(*, float32: Sequence[float], float64: Sequence[float]) -> Callable:
    """A function x -> c0 + c1 x + c2 x^2 + ..., by Horner's rule, with coefficients for each precision.

    A shorter polynomial is enough in float32, and each multiply-and-add is one instruction. With a single
    coefficient it is a constant of the type of x.
    """
    coefficients = {types.float32: tuple(float32), types.float64: tuple(float64)}

    @intrinsic
    def evaluate(typing_context, x):
        def emit(context, builder, signature, arguments):
            kind = arguments[0].type
            *rest, value = [ir.Constant(kind, c) for c in coefficients[x]]
            for coefficient in reversed(rest):
                value = _call(builder, "llvm.fmuladd", value, arguments[0], coefficient)
            return value

        return (x(x), emit) if x in coefficients else None

    return evaluate


@intrinsic
def power_of_two(typing_context, x):
    """2^x for an integral x, built from its bits: the exponent field is x + bias, the fraction is zero.

    Right where 2^x is a normal number. The integer comes from adding 1.5 * 2^(fraction bits), which shifts it
    into the lowest bits; unlike a conversion this is defined for NaN too (the result is then some number, and
    the caller's own NaN survives the multiplication).
    """

    def emit(context, builder, signature, arguments):
        return _power_of_two(builder, x, _low_integer(builder, x, arguments[0]))

    return (x(x), emit) if x in _LAYOUT else None


@intrinsic
def scale(typing_context, x, n):
    """x 2^n for an integral n, right down to the subnormal numbers and up to infinity: twice half of n."""

    def emit(context, builder, signature, arguments):
        whole = _low_integer(builder, x, arguments[1])
        half = builder.ashr(whole, ir.Constant(whole.type, 1))
        first, second = _power_of_two(builder, x, half), _power_of_two(builder, x, builder.sub(whole, half))
        return builder.fmul(builder.fmul(arguments[0], first), second)

    return (x(x, n), emit) if x in _LAYOUT and x == n else None


def _low_integer(builder, x, value):
    fraction, _, integer = _LAYOUT[x]
    magic = ir.Constant(value.type, 1.5 * 2.0**fraction)
    shifted = builder.bitcast(builder.fadd(value, magic), integer)
    return builder.sub(shifted, builder.bitcast(magic, integer))


def _power_of_two(builder, x, whole):
    fraction, bias, integer = _LAYOUT[x]
    bits = builder.shl(builder.add(whole, ir.Constant(integer, bias)), ir.Constant(integer, fraction))
    return builder.bitcast(bits, ir.FloatType() if x == types.float32 else ir.DoubleType())


@intrinsic
def exponent(typing_context, x):
    """The integer n, as a float, for which x / 2^n lies in [sqrt(1/2), sqrt(2)), for a normal positive x."""

    def emit(context, builder, signature, arguments):
        fraction, bias, integer = _LAYOUT[x]
        kind = arguments[0].type
        # Adding what separates 1 from sqrt(2) carries into the exponent exactly where the fraction is beyond
        # it.
        beyond = {23: 0x4AFB0D, 52: 0x95F619980C433}[fraction]
        bits = builder.add(builder.bitcast(arguments[0], integer), ir.Constant(integer, beyond))
        biased = builder.lshr(bits, ir.Constant(integer, fraction))
        # The integer, or-ed into the fraction of 2^(fraction bits), is a float; no conversion instruction is
        # needed.
        magic = 2.0**fraction
        shifted = builder.bitcast(builder.or_(biased, builder.bitcast(ir.Constant(kind, magic), integer)), kind)
        return builder.fsub(shifted, ir.Constant(kind, magic + bias))

    return (x(x), emit) if x in _LAYOUT else None
