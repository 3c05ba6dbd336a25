"""The innermost loops of a convolution: a tile of sums that never leaves the registers.

A processor can begin two multiply-and-adds at once, but only two loads as well. A loop that loads a pixel for each product
waits for the loads; one that holds 4 outputs at 24 places in twelve registers loads three registers of pixels and four
weights for twelve products. No compiler finds that by itself, so here the vectors are written out, in LLVM's language.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def _multiply_add(builder, x, y, z):
    kind = x.type
    name = f"llvm.fmuladd.v{kind.count}f{32 if kind.element == ir.FloatType() else 64}"
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind] * 3), name)
    return builder.call(function, [x, y, z])


class _Arrays:
    """Loads and stores of vectors, at numbered elements of Numba's arrays."""

    def __init__(self, context, builder, element: ir.Type, lanes: int):
        self.context, self.builder = context, builder
        self.element, self.vector = element, ir.VectorType(element, lanes)

    def open(self, kind, value) -> tuple[ir.Value, ir.Value]:
        """The address of the first element, and how many elements a row has."""
        array = self.context.make_array(kind)(self.context, self.builder, value)
        return array.data, cgutils.unpack_tuple(self.builder, array.shape)[-1]

    def at(self, address, place):
        return self.builder.gep(address, [place])

    def load(self, address, constant: int = 0):
        """A vector, from any address."""
        address = self.builder.gep(address, [_integer(constant)])
        address = self.builder.bitcast(address, self.vector.as_pointer())
        return self.builder.load(address, align=4)

    def store(self, value, address, constant: int = 0) -> None:
        address = self.builder.gep(address, [_integer(constant)])
        self.builder.store(value, self.builder.bitcast(address, self.vector.as_pointer()), align=4)

    def repeat(self, number):
        """A vector of the same number in every place."""
        undefined = ir.Constant(self.vector, ir.Undefined)
        single = self.builder.insert_element(undefined, number, ir.Constant(ir.IntType(32), 0))
        places = ir.Constant(ir.VectorType(ir.IntType(32), self.vector.count), [0] * self.vector.count)
        return self.builder.shuffle_vector(single, undefined, places)


def _integer(value: int) -> ir.Constant:
    return ir.Constant(ir.IntType(64), value)


def _repeat_times(builder, count, starts: Sequence[ir.Value], body: Callable) -> list[ir.Value]:
    """`for i in range(count): values = body(i, values)`, at least once; the values stay in registers."""
    before = builder.block
    inside, after = builder.append_basic_block("tile"), builder.append_basic_block("tile.end")
    builder.branch(inside)
    builder.position_at_end(inside)
    i = builder.phi(count.type)
    values = [builder.phi(start.type) for start in starts]
    results = body(i, values)
    following = builder.add(i, ir.Constant(count.type, 1))
    last = builder.block
    for phi, start, result in zip(
        [i, *values], [ir.Constant(count.type, 0), *starts], [following, *results], strict=True
    ):
        phi.add_incoming(start, before)
        phi.add_incoming(result, last)
    builder.cbranch(builder.icmp_signed("<", following, count), inside, after)
    builder.position_at_end(after)
    return results


def gather(
    *, lanes: int, vectors: int, outputs: int, distances: Sequence[int], taps: int, first_tap: int, rows: int, row: int
) -> Callable:
    """A function `tile(x, first, start, channels, w, block, b, z, j)`: `outputs` sums at `vectors` times `lanes` places
    from j on.

    Each sum is b[o] plus, over `channels` lines of x from `first` on, w[…, tap, o] x[start + j + distance]. The weights (blocks,
    channels, taps, outputs) are read in the order in which they lie. Sum o goes to line `o rows + row` of z.
    """

    @intrinsic
    def tile(typing_context, x, first, start, channels, w, block, b, z, j):
        def emit(context, builder, signature, arguments):
            _, first_, start_, channels_, _, block_, _, _, j_ = arguments
            a = _Arrays(context, builder, context.get_data_type(signature.args[0].dtype), lanes)
            (xs, length), (ws, _), (bs, _), (zs, line) = (a.open(signature.args[k], arguments[k]) for k in (0, 4, 6, 7))
            per_block = builder.mul(channels_, _integer(taps * outputs))
            weights = a.at(ws, builder.add(builder.mul(block_, per_block), _integer(first_tap * outputs)))
            pixels = a.at(xs, builder.add(builder.mul(first_, length), builder.add(start_, j_)))
            biases = a.at(bs, builder.mul(block_, _integer(outputs)))
            starts = [a.repeat(builder.load(a.at(biases, _integer(o)))) for o in range(outputs)]

            def channel(c, sums):
                sums = list(sums)
                line_, weights_ = (
                    a.at(pixels, builder.mul(c, length)),
                    a.at(weights, builder.mul(c, _integer(taps * outputs))),
                )
                for tap, distance in enumerate(distances):
                    seen = [a.load(line_, distance + k * lanes) for k in range(vectors)]
                    for o in range(outputs):
                        weight = a.repeat(builder.load(a.at(weights_, _integer(tap * outputs + o))))
                        for k in range(vectors):
                            sums[o * vectors + k] = _multiply_add(builder, weight, seen[k], sums[o * vectors + k])
                return sums

            sums = [start for start in starts for _ in range(vectors)]
            sums = _repeat_times(builder, channels_, sums, channel) if distances else sums
            for o in range(outputs):
                place = a.at(zs, builder.add(builder.mul(_integer(o * rows + row), line), j_))
                for k in range(vectors):
                    a.store(sums[o * vectors + k], place, k * lanes)
            return context.get_dummy_value()

        whole = types.int64
        return types.void(x, whole, whole, whole, w, whole, b, z, whole), emit

    return tile


def correlate(*, lanes: int, outputs: int, distances: Sequence[int], taps: int, first_tap: int) -> Callable:
    """A function `tile(x, c, y, first, steps, z, start)`: adds sums along lines of y and x to z (lines of y, channels, taps).

    For `outputs` lines of y from `first` on, and each distance, the sum over `lanes` times `steps` places from `start` on
    of y[o, j] x[c, j + distance].
    """

    @intrinsic
    def tile(typing_context, x, c, y, first, steps, z, start):
        def emit(context, builder, signature, arguments):
            _, c_, _, first_, steps_, _, start_ = arguments
            a = _Arrays(context, builder, context.get_data_type(signature.args[0].dtype), lanes)
            (xs, length), (ys, line), (zs, _) = (a.open(signature.args[k], arguments[k]) for k in (0, 2, 5))
            array = context.make_array(signature.args[5])(context, builder, arguments[5])
            channels = cgutils.unpack_tuple(builder, array.shape)[1]
            pixels = a.at(xs, builder.add(builder.mul(c_, length), start_))
            lines = [
                a.at(ys, builder.add(builder.mul(builder.add(first_, _integer(o)), line), start_))
                for o in range(outputs)
            ]

            def step(i, sums):
                sums, place = list(sums), builder.mul(i, _integer(lanes))
                values, line_ = [a.load(a.at(address, place)) for address in lines], a.at(pixels, place)
                for k, distance in enumerate(distances):
                    seen = a.load(line_, distance)
                    for o in range(outputs):
                        at = o * len(distances) + k
                        sums[at] = _multiply_add(builder, values[o], seen, sums[at])
                return sums

            zero = ir.Constant(a.vector, [0.0] * lanes)
            sums = _repeat_times(builder, steps_, [zero] * (outputs * len(distances)), step)
            suffix = f"v{lanes}f{32 if a.element == ir.FloatType() else 64}"
            total = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(a.element, [a.element, a.vector]), f"llvm.vector.reduce.fadd.{suffix}"
            )
            for o in range(outputs):
                row = builder.mul(
                    builder.add(builder.mul(builder.add(first_, _integer(o)), channels), c_), _integer(taps)
                )
                for k in range(len(distances)):
                    place = a.at(zs, builder.add(row, _integer(first_tap + k)))
                    before = builder.load(place)
                    whole = builder.call(total, [before, sums[o * len(distances) + k]], fastmath=("reassoc",))
                    builder.store(whole, place)
            return context.get_dummy_value()

        whole = types.int64
        return types.void(x, whole, y, whole, whole, z, whole), emit

    return tile
