"""Four neighbouring float32 numbers in one access of 16 bytes, which is as much as a thread can ask for at once.

A warp then moves 512 bytes with an instruction instead of 128: fewer instructions wait for memory, and more bytes are under
way. The address must be a multiple of 16.

Source: NVIDIA, CUDA C++ Programming Guide, "Device Memory Accesses", size and alignment requirement.
"""

from __future__ import annotations

from typing import Any

from minigrad_kernels.cuda.runtime import simulating

if simulating():

    def load4(x: Any, n: int) -> tuple[Any, Any, Any, Any]:
        """x[n], x[n + 1], x[n + 2], x[n + 3]."""
        return x[n], x[n + 1], x[n + 2], x[n + 3]

    def store4(x: Any, n: int, a: Any, b: Any, c: Any, d: Any) -> None:
        """x[n], x[n + 1], x[n + 2], x[n + 3] = a, b, c, d."""
        x[n], x[n + 1], x[n + 2], x[n + 3] = a, b, c, d

else:
    from llvmlite import ir
    from numba import types
    from numba.cuda.extending import intrinsic

    _FOUR = ir.VectorType(ir.FloatType(), 4)

    def _place(context, builder, array_type, array, n):
        """The address of x[n], as that of four floats."""
        data = context.make_array(array_type)(context, builder, array).data
        return builder.bitcast(builder.gep(data, [n]), ir.PointerType(_FOUR))

    def _accepts(x: Any, n: Any) -> bool:
        plain = isinstance(x, types.Array) and (x.ndim, x.layout, x.dtype) == (1, "C", types.float32)
        return plain and isinstance(n, types.Integer)

    @intrinsic
    def load4(typing_context, x, n):
        """x[n], x[n + 1], x[n + 2], x[n + 3]."""

        def emit(context, builder, signature, arguments):
            place = _place(context, builder, signature.args[0], *arguments)
            four = builder.load(place)
            four.align = 16
            parts = [builder.extract_element(four, ir.Constant(ir.IntType(32), i)) for i in range(4)]
            return context.make_tuple(builder, signature.return_type, parts)

        return (types.UniTuple(types.float32, 4)(x, n), emit) if _accepts(x, n) else None

    @intrinsic
    def store4(typing_context, x, n, a, b, c, d):
        """x[n], x[n + 1], x[n + 2], x[n + 3] = a, b, c, d."""

        def emit(context, builder, signature, arguments):
            array, n, *values = arguments
            place = _place(context, builder, signature.args[0], array, n)
            four = ir.Constant(_FOUR, ir.Undefined)
            for i, (value, given) in enumerate(zip(values, signature.args[2:], strict=True)):
                value = context.cast(builder, value, given, types.float32)
                four = builder.insert_element(four, value, ir.Constant(ir.IntType(32), i))
            builder.store(four, place).align = 16
            return context.get_dummy_value()

        return (types.void(x, n, a, b, c, d), emit) if _accepts(x, n) else None
