"""Writing in place: `x.add_(1)`, `x += 1`, `x[0] = 1`.

The values change where they lie; what was recorded of them does not. So a write inside a graph gives the tensor a
new history: it becomes the result of the operation, and so does every tensor whose memory it shares. Values that a
gradient rule saved before the write are no longer what they were: the write clock tells the backward pass.
"""

from __future__ import annotations

from typing import Any

from minigrad import ops, shapes
from minigrad.device import register_kernel
from minigrad.errors import DeviceError, DTypeError, GraphError, ShapeError
from minigrad.imperative import renewed, wrap
from minigrad.indices import plain_index
from minigrad.op import OPS, Spec, op
from minigrad.placement import carried
from minigrad.tape import Clock, Leaf, mode
from minigrad.tensor import Tensor


def in_place(x: Tensor, name: str, compute: Any) -> Tensor:
    """Replace the values of `x` by those of `compute()`, a tensor; `name` is what errors call the write.

    Errors: GraphError for a leaf that requires gradients (outside no_grad); ShapeError, DTypeError if the result does
    not fit into `x`.
    """
    check_writable(x, name)
    renewed(x)
    result = compute()
    if result.shape != x.shape:
        raise ShapeError(
            f"{name}: the result does not fit into the tensor.",
            got=f"result {result.shape}",
            expected=f"{x.shape}",
            hint=f"{name.rstrip('_')}, which makes a new tensor",
        )
    if result.dtype.kind == "f" and x.dtype.kind != "f":
        raise DTypeError(
            f"{name}: floating values cannot be kept in an integer tensor.",
            got=f"{result.dtype} into {x.dtype}",
            expected="a floating tensor",
            hint="x = x.float() first",
        )
    if result.device is not x.device:
        raise DeviceError(
            f"{name}: the result is on another device than the tensor that it is written into.",
            got=f"a result on {result.device.name!r}, for a tensor on {x.device.name!r}",
            expected="one device",
            hint=f'x = x.to("{result.device.name}") first, or .to("{x.device.name}") on the other tensor',
        )
    if result.node is not None and any(saved is x for saved in result.node.saved):
        keep_a_copy(x, result.node)
    x.array = x.device.write(x.array, result.array)
    Clock.wrote(x.written, name)
    if mode.enabled and (result.node is not None or x.node is not None):
        adopt(x, result if result.dtype == x.dtype else ops.cast(result, dtype=x.dtype))
    return x


def keep_a_copy(x: Tensor, node: Any) -> None:
    """What the write itself saved of `x` must outlast it: `x *= w` needs the old `x` for the gradient of `w`."""
    old = wrap(x.device.table["clone"](x.array), x.device)
    old.node = x.node
    node.saved = tuple(old if saved is x else saved for saved in node.saved)


def put(x: Tensor, index: Any, value: Any, name: str = "setitem") -> Tensor:
    """`x[index] = value`, recorded if `x` or `value` is part of a graph; `name` is what errors call the write.

    A value on another device is carried to where it is written.
    """
    index = plain_index(index, x.device)
    value = carried(value, x.device) if isinstance(value, Tensor) else value
    if getattr(value, "shape", ())[:1] == (1,):  # leading dimensions of size 1 count for nothing, as in NumPy
        place = shapes.getitem(x, index=index)
        while value.shape[:1] == (1,) and len(value.shape) > len(place):
            value = value[0]
    tracked = mode.enabled and (x.requires_grad or (isinstance(value, Tensor) and value.requires_grad))
    if tracked:
        return in_place(x, name, lambda: ops.index_put(x, value, index=index))
    check_writable(x, name)
    array = value.array if isinstance(value, Tensor) else value
    try:
        x.array = x.device.put(x.array, index, array)
    except (ValueError, IndexError, TypeError) as error:
        given = value if hasattr(value, "shape") else x.device.asarray(value)
        OPS["index_put"].fail(error, (x, given), {"index": index})
    Clock.wrote(x.written, name)
    return x


def check_writable(x: Tensor, name: str) -> None:
    """Errors: GraphError, where a write would change what somebody differentiates by."""
    root = x
    while root.base is not None:
        root = root.base[0]
    if mode.enabled and isinstance(root.node, Leaf):
        what = "a leaf that requires gradients" if root is x else "a view of a leaf that requires gradients"
        raise GraphError(
            f"{name}: {what} cannot be changed in place while recording.",
            got=f"shape {x.shape}, requires_grad=True",
            expected="a result, or a tensor without requires_grad",
            hint="with minigrad.no_grad(): around an update of parameters, or work on x.clone()",
        )
    if not x.device.writable(x.array):
        raise GraphError(
            f"{name}: several elements of this tensor share one place in memory.",
            got="an expanded (broadcast) tensor",
            expected="memory of its own",
            hint="x.clone() first",
        )


def adopt(x: Tensor, result: Tensor) -> None:
    """Give `x` the history of `result`, and the tensor it is a view of the history of having been written to."""
    x.node = result.node
    while x.base is not None:
        base, _, view, parameters = x.base
        result = overlay(_history_of(base), result, view=view, parameters=parameters)
        x.base = base, x.written[0], view, parameters
        x = base
        x.node = result.node


def _history_of(base: Tensor) -> Tensor:
    """The tensor as it is recorded before the write that has just happened (its values are not asked for)."""
    out = wrap(base.array, base.device)
    out.node = base.node
    return out


@op(shape=lambda x, y, **_: tuple(x.shape), saves="", kernel=lambda x, y, *, view, parameters: x)
def overlay(g, z, x, y, *, view, parameters):
    r"""The tensor `x` after `y` was written into a view of it.

    What was under the view receives nothing; `y` receives the gradient of what is seen through the view.
    """

    def gx():
        seen = view(g, **parameters)
        (hidden,) = view.rule(seen * 0.0 + 1.0, None, Spec(g.shape, g.dtype), **parameters)
        return ops.where(hidden != 0, 0.0, g)

    return gx, lambda: view(g, **parameters)


register_kernel("overlay", lambda x, y, *, view, parameters: x, device="cuda")


def _method(operation: Any):
    name = operation.__name__ + "_"

    def write(self: Tensor, *args: Any, **parameters: Any) -> Tensor:
        return in_place(self, name, lambda: operation(self, *args, **parameters))

    write.__name__, write.__doc__ = name, f"As `{operation.__name__}`, writing the result into this tensor."
    return write


_WRITING = [
    "abs", "acos", "add", "asin", "atan", "atan2", "ceil", "clamp", "cos", "cosh", "div", "erf", "exp", "exp2",
    "expm1", "floor", "floor_divide", "index_add", "lerp", "log", "log10", "log1p", "log2", "masked_fill", "mul",
    "neg", "pow", "reciprocal", "relu", "remainder", "round", "rsqrt", "scatter", "scatter_add", "sigmoid", "sign", "sin",
    "sinh", "sqrt", "square", "sub", "tan", "tanh", "tril", "triu",
]  # fmt: skip
for _name in _WRITING:
    setattr(Tensor, _name + "_", _method(getattr(ops, _name)))
for _operator, _name in {
    "iadd": "add_",
    "isub": "sub_",
    "imul": "mul_",
    "itruediv": "div_",
    "ipow": "pow_",
    "ifloordiv": "floor_divide_",
    "imod": "remainder_",
}.items():
    setattr(Tensor, f"__{_operator}__", getattr(Tensor, _name))


def copy_(self: Tensor, source: Any) -> Tensor:
    """Replace the values by those of `source`, broadcast and cast."""
    other = source if isinstance(source, Tensor) else wrap(self.device.array(source, self.dtype), self.device)
    return put(self, ..., ops.cast(other, dtype=self.dtype), "copy_")


def fill_(self: Tensor, value: Any) -> Tensor:
    """Set every element to `value`."""
    return put(self, ..., value, "fill_")


def zero_(self: Tensor) -> Tensor:
    """Set every element to 0."""
    return put(self, ..., 0, "zero_")


Tensor.copy_, Tensor.fill_, Tensor.zero_ = copy_, fill_, zero_  # type: ignore[attr-defined]
