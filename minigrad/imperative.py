"""The interpreter for tensors: run the kernel now, and remember how the result was made.

This is the path that every operation of a program takes, so it is written for speed: operations on one and on two
inputs, which are nearly all, have a straight line of their own (`one`, `two`), and the operators of tensors go there
directly. `several` is that line for more inputs. `general` is the same in full: it also promotes dtypes, takes arrays
beside tensors, and renews views whose memory was written to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from minigrad import events
from minigrad.device import cpu
from minigrad.errors import DTypeError
from minigrad.op import DEVICE_OF_ARRAY, INTERPRETERS, OPS, Op, Spec, with_common_dtype
from minigrad.placement import carried, meeting_place, refuse_mixed
from minigrad.tape import Clock, Leaf, Node, mode
from minigrad.tensor import Tensor

_new = object.__new__
_listeners = events.LISTENERS
_SCALARS = frozenset((bool, int, float))
_NOTHING: dict[str, Any] = {}


def remember(op: Op, args: tuple, parameters: dict) -> Tensor:
    """Run `op` on tensors (and scalars and arrays beside them); record it if an input needs a gradient."""
    if op.arity == 1:
        return one(op, args[0], parameters)
    if op.arity == 2 and len(args) == 2 and not op.strict:
        return two(op, args[0], args[1], parameters)
    return several(op, args, parameters)


def one(op: Op, x: Tensor, parameters: dict = _NOTHING) -> Tensor:
    """`remember` for an operation on one input."""
    a = x.array
    if (op.careful and (op.strict or a.dtype.kind != "f")) or (x.base is not None and x.base[1] != x.written[0]):
        return general(op, (x,), parameters)
    device: Any = x.device
    try:
        z = device.table[op.name](a, **parameters) if parameters else device.table[op.name](a)
    except Exception as error:
        op.fail(error, (x,), parameters)
    out = _new(Tensor)
    if type(z) is not device.array_type:  # a single number of NumPy's; or what a transfer has put elsewhere
        device = DEVICE_OF_ARRAY.get(type(z), device)
        z = device.asarray(z)
    out.array = z
    out.device = device
    out.grad = None
    if op.view and device.shares(z, a):
        out.written = x.written
        out.base = x, x.written[0], op, parameters
    else:
        out.written = [0]
        out.base = None
    node = x.node
    if node is None:
        out.node = None
    elif mode.enabled and op.rule is not None:
        keep_z, keep_x = op.plans[1]
        out.node = made = _new(Node)  # as Node(…) and Spec(…), without the calls
        made.op = op
        made.parameters = parameters
        made.parents = (node,)
        if keep_x == "shape":
            kept = _new(Spec)
            kept.shape = a.shape
            kept.dtype = a.dtype
        else:
            kept = x if keep_x else None
        made.saved = z if keep_z else None, kept
        made.shape = z.shape
        made.time = Clock.now
        made.written = out.written
        made.hooks = made.line = None
    else:
        out.node = None
        out.cut = op
    if _listeners:
        events.forward(op, parameters, (x,), out)
    return out


def two(op: Op, x: Any, y: Any, parameters: dict = _NOTHING) -> Tensor:
    """`remember` for an operation on two inputs, of which one may be a Python number."""
    if type(y) in _SCALARS:
        a, b, m, n, device = x.array, y, x.node, None, x.device
        straight = a.dtype.kind == "f" and (x.base is None or x.base[1] == x.written[0])
    elif type(x) in _SCALARS:
        a, b, m, n, device = x, y.array, None, y.node, y.device
        straight = b.dtype.kind == "f" and (y.base is None or y.base[1] == y.written[0])
    elif isinstance(x, Tensor) and isinstance(y, Tensor):
        a, b, m, n, device = x.array, y.array, x.node, y.node, x.device
        straight = (
            a.dtype is b.dtype
            and device is y.device
            and (not op.careful or a.dtype.kind == "f")
            and (x.base is None or x.base[1] == x.written[0])
            and (y.base is None or y.base[1] == y.written[0])
        )
    else:
        return general(op, (x, y), parameters)
    if not straight:
        return general(op, (x, y), parameters)
    try:
        z = device.table[op.name](a, b, **parameters) if parameters else device.table[op.name](a, b)
    except Exception as error:
        op.fail(error, (x, y), parameters)
    out = _new(Tensor)
    out.array = z = z if type(z) is device.array_type else device.asarray(z)
    out.device = device
    out.grad = out.base = None
    out.written = [0]
    if m is None and n is None:
        out.node = None
    elif mode.enabled and op.rule is not None:
        keep_z, keep_x, keep_y = op.plans[(m is not None) + 2 * (n is not None)]
        out.node = made = _new(Node)  # as Node(…), without the call
        made.op = op
        made.parameters = parameters
        made.parents = m, n
        made.saved = (
            z if keep_z else None,
            (x if keep_x == "value" or type(x) in _SCALARS else Spec(a.shape, a.dtype)) if keep_x else None,
            (y if keep_y == "value" or type(y) in _SCALARS else Spec(b.shape, b.dtype)) if keep_y else None,
        )
        made.shape = z.shape
        made.time = Clock.now
        made.written = out.written
        made.hooks = made.line = None
    else:
        out.node = None
        out.cut = op
    if _listeners:
        events.forward(op, parameters, (x, y), out)
    return out


def several(op: Op, args: tuple, parameters: dict) -> Tensor:
    """`remember` for any number of inputs: tensors of one floating dtype, or an operation that casts none of them; numbers,
    or nothing, in some places."""
    device: Any = None
    dtype = None
    arrays: list[Any] = []
    parents: list[Node | Leaf | None] = []
    needed = 0
    for place, x in enumerate(args):
        if isinstance(x, Tensor):
            array, node = x.array, x.node
            if device is None:
                device = x.device
            elif x.device is not device:
                return general(op, args, parameters)
            if x.base is not None and x.base[1] != x.written[0]:
                return general(op, args, parameters)
            if op.casts and (op.variadic or op.combining[place]):
                if dtype is None:
                    dtype = array.dtype
                elif array.dtype is not dtype:
                    return general(op, args, parameters)
            if node is not None:
                needed |= 1 << place
            arrays.append(array)
            parents.append(node)
        elif type(x) in _SCALARS or (x is None and op.required < op.arity):
            arrays.append(x)
            parents.append(None)
        else:
            return general(op, args, parameters)
    if device is None or op.view or (op.casts and (dtype is None or dtype.kind != "f")):
        return general(op, args, parameters)
    if op.strict:
        op.infer(tuple(arrays), parameters)
    try:
        z = device.table[op.name](*arrays, **parameters)
    except Exception as error:
        op.fail(error, args, parameters)
    out = wrap(z, device)
    if needed and mode.enabled and op.rule is not None and out.array.dtype.kind == "f":
        keep_z, *keeps = op.plans[0 if op.variadic else needed]
        if op.variadic:
            keeps *= len(args)
        saved = [out.array if keep_z else None]
        for x, array, keep in zip(args, arrays, keeps, strict=False):
            saved.append(x if keep == "value" or array is x else Spec(array.shape, array.dtype) if keep else None)
        out.node = Node(op, parameters, tuple(parents), tuple(saved), out.array.shape, Clock.now, out.written)
    elif needed:
        out.cut = op
    if _listeners:
        events.forward(op, parameters, args, out)
    return out


def general(op: Op, args: tuple, parameters: dict) -> Tensor:
    """`remember` in full."""
    for x in args:
        if type(x) in INTERPRETERS and not isinstance(x, Tensor):  # a symbol beside a tensor: the graph takes both
            return INTERPRETERS[type(x)](op, args, parameters)
    device = meeting_place([x for x in args if isinstance(x, Tensor)])
    inputs = tuple(as_operand(op, x, device, args) for x in args)
    inputs = with_common_dtype(op, inputs)
    if op.strict:
        op.infer(inputs, parameters)
    arrays = [x.array if isinstance(x, Tensor) else x for x in inputs]
    try:
        z = device.table[op.name](*arrays, **parameters)
    except Exception as error:
        op.fail(error, inputs, parameters)
    out = wrap(z, device)
    device = out.device
    if op.view and device.shares(out.array, arrays[0]) and isinstance(inputs[0], Tensor):
        out.written = inputs[0].written
        out.base = inputs[0], inputs[0].written[0], op, parameters
    if mode.enabled and op.rule is not None and out.array.dtype.kind == "f":  # a cast to integers has no gradient
        out.node = make_node(op, parameters, inputs, out)
    elif any(isinstance(x, Tensor) and x.node is not None for x in inputs):
        out.cut = op
    if _listeners:
        events.forward(op, parameters, inputs, out)
    return out


def wrap(array: Any, device: Any) -> Tensor:
    """A tensor around an array, without a copy, that nobody recorded."""
    out = _new(Tensor)
    if type(array) is not device.array_type:
        device = DEVICE_OF_ARRAY.get(type(array), device)
        array = device.asarray(array)
    out.array, out.device = array, device
    out.grad = out.base = out.node = None
    out.written = [0]
    return out


def make_node(op: Op, parameters: dict, inputs: tuple, out: Tensor) -> Node | None:
    """The node of a result, or None if no input needs a gradient."""
    parents = tuple(x.node if isinstance(x, Tensor) else None for x in inputs)
    if not any(p is not None for p in parents):
        return None
    needed = 0 if op.variadic else sum(1 << i for i, p in enumerate(parents) if p is not None)
    keep_z, *keeps = op.plans[needed]
    if op.variadic:
        keeps = keeps * len(inputs)
    saved = [out.array if keep_z else None]
    for x, keep in zip(inputs, keeps, strict=False):
        saved.append(x if keep == "value" or not isinstance(x, Tensor) else Spec(x.shape, x.dtype) if keep else None)
    return Node(op, parameters, parents, tuple(saved), out.array.shape, Clock.now, out.written)


def as_operand(op: Op, x: Any, device: Any, args: tuple) -> Any:
    """A tensor with its history in order, a number, or None for an optional input; arrays become tensors of the device."""
    if isinstance(x, Tensor):
        if x.device is device:
            return renewed(x)
        if x.device is not cpu or x.array.shape or not op.elementwise:
            refuse_mixed(op, args)
        return carried(renewed(x), device)  # a single number of the CPU may stand beside any tensor
    if type(x) in _SCALARS or (x is None and op.required < op.arity):
        return x
    if isinstance(x, numpy.generic):
        return x.item()
    if type(x) in DEVICE_OF_ARRAY:  # a copy: nobody would notice if the array was written to before the backward pass
        own = DEVICE_OF_ARRAY[type(x)]
        return wrap(own.table["clone"](x) if own is device else device.asarray(x), device)
    raise DTypeError(
        f"{op.name}: cannot take this beside a tensor.",
        got=f"{type(x).__name__} {str(x)[:40]}",
        expected="a tensor, a NumPy array or a number",
        hint="minigrad.tensor(x)",
    )


def renewed(x: Tensor) -> Tensor:
    """The tensor itself; a view whose memory was written to since gets the history that the memory has now."""
    stale, view = [], x
    while view.base is not None and view.base[1] != view.written[0]:
        stale.append(view)
        view = view.base[0]
    for view in reversed(stale):  # a view of a view after the one it is a view of
        base, _, op, parameters = view.base
        view.node = make_node(op, parameters, (base,), view) if op.rule is not None else None
        view.base = base, view.written[0], op, parameters
    return x


def _operator(op: Op) -> Callable:
    def straight(x: Tensor, y: Any) -> Tensor:
        return two(op, x, y)

    return straight


def _reflected(op: Op) -> Callable:
    def straight(y: Tensor, x: Any) -> Tensor:
        return two(op, x, y)

    return straight


def _method(op: Op) -> Callable:
    def straight(x: Tensor, *args: Any, **parameters: Any) -> Tensor:
        return op(x, *args, **parameters) if args or parameters else one(op, x)

    straight.__name__, straight.__doc__ = op.name, op.__doc__
    return straight


INTERPRETERS[Tensor] = remember
Tensor.__neg__ = lambda x: one(OPS["neg"], x)  # type: ignore[method-assign]
for _op in OPS.values():
    if _op.arity == 1 and getattr(Tensor, _op.name, None) is _op:
        setattr(Tensor, _op.name, _method(_op))
for _symbol, _name in {
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "truediv": "div",
    "matmul": "matmul",
    "pow": "pow",
}.items():
    setattr(Tensor, f"__{_symbol}__", _operator(OPS[_name]))
    setattr(Tensor, f"__r{_symbol}__", _reflected(OPS[_name]))
