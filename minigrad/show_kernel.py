"""`show_kernel`: the kernel that is generated for an expression, to read and to run."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from minigrad.conversion import new_array
from minigrad.device import DEVICE_OF_ARRAY, cpu
from minigrad.errors import DeviceError, DTypeError, GraphError
from minigrad.graph.gradients import gradients
from minigrad.graph.ir import Graph, Symbol
from minigrad.graph.regions import FusedGraph
from minigrad.imperative import wrap
from minigrad.tensor import Tensor
from minigrad_kernels.fuse import NotFusible


class Kernel:
    """An expression as one kernel: shown as its source, called like the expression.

    Attributes:
        source: the text that Numba compiles, at the first call.
        numbers: those of the expression's numbers that the kernel is given at each call.
        before, after: the operations that are computed on their own, since they cannot be fused.
    """

    def __init__(self, function: Callable, inputs: tuple, *, backward: bool):
        self._function, self._backward, self._device = function, backward, _device(inputs)
        self._made: dict[Any, tuple[FusedGraph, list[Symbol], bool]] = {}
        fused, _, _ = self._for(_arrays(inputs, self._device))
        self.source: str = fused.kernel.source
        self.numbers = dict(zip(fused.region.numbers, fused.numbers, strict=True))
        self.before, self.after = ([s.name for s in part if s.op] for part in (fused.before, fused.after))

    def __call__(self, *inputs: Any) -> Any:
        """The value of the expression (a tensor without history), or with `backward` its gradients.

        With `backward` the last input is the gradient with respect to the result.
        """
        arrays = _arrays(inputs, self._device)
        fused, symbols, several = self._for(arrays)
        results = [wrap(z, self._device) for z in fused(dict(zip(symbols, arrays, strict=True)))]
        return tuple(results) if several else results[0]

    def _for(self, arrays: list[Any]) -> tuple[FusedGraph, list[Symbol], bool]:
        """The kernel for arrays of these shapes: the text is the same, how it is called is not."""
        key = tuple((x.shape, x.dtype, self._device.varying_shape(x)) for x in arrays)
        if key not in self._made:
            self._made[key] = self._trace(arrays)
        return self._made[key]

    def _trace(self, arrays: list[Any]) -> tuple[FusedGraph, list[Symbol], bool]:
        graph = Graph()
        names = _names(self._function, len(arrays), self._backward)
        symbols = [graph.placeholder(name, x.shape, x.dtype) for name, x in zip(names, arrays, strict=True)]
        z = self._function(*(symbols[:-1] if self._backward else symbols))
        outputs = list(z) if isinstance(z, tuple) else [z]
        for output in outputs:
            if not isinstance(output, Symbol):
                raise GraphError(
                    "show_kernel: the function did not return what operations made.",
                    got=type(output).__name__,
                    expected="a function of tensors, written with minigrad's operations",
                    hint="show_kernel(lambda x: minigrad.exp(x) * 2, x)",
                )
        if self._backward:
            outputs = [g for g in gradients(outputs[0], symbols[:-1], [symbols[-1]]) if g is not None]
        device = self._device
        fed = {s: device.varying_shape(x) for s, x in zip(symbols, arrays, strict=True)}
        try:
            fused = FusedGraph(outputs, fed, device.fuse, device.find_scalar, least=1)
        except NotFusible as reason:
            raise GraphError(
                f"show_kernel: no kernel can be generated: {reason}.",
                got=", ".join(s.name for s in graph.symbols if s.op) or "no operation",
                expected="elementwise operations, and reductions over the last dimensions, on floating-point numbers",
                hint="show_kernel(lambda x: minigrad.softmax(x * 2, dim=-1), x)",
            ) from None
        return fused, symbols, len(outputs) > 1

    def __repr__(self) -> str:
        told = ", ".join(f"{name} = {number:g}" for name, number in self.numbers.items())
        return self.source + (f"\n# {told}\n" if told else "")

    def _repr_markdown_(self) -> str:
        return f"```python\n{self!r}```"


def show_kernel(function: Callable, *inputs: Any, backward: bool = False) -> Kernel:
    """The kernel that minigrad generates for an expression: everything elementwise, in one pass over memory.

    Example::

        kernel = minigrad.show_kernel(lambda x, y: minigrad.tanh(x * y) + 1, x, y)
        kernel           # its source
        kernel(x, y)     # what it computes

    Args:
        function: of tensors, written with minigrad's operations.
        inputs: tensors or arrays; their shapes and dtypes are what the kernel is made for. For tensors on "cuda" it is
            one of CUDA.
        backward: show the gradients with respect to the inputs instead; the kernel then takes the gradient with
            respect to the result as its last input.

    Errors: GraphError if nothing of the expression can be fused; DeviceError for tensors on different devices.
    """
    device = _device(inputs)
    arrays = _arrays(inputs, device)
    if backward:
        specs = Graph()
        z = function(*[specs.placeholder(f"x{n}", x.shape, x.dtype) for n, x in enumerate(arrays)])
        arrays.append(device.full(z.shape, 1, z.dtype))
    return Kernel(function, tuple(arrays), backward=backward)


def _device(inputs: tuple) -> Any:
    """The device for whose memory the kernel is written: where the tensors are."""
    places = [x.device if isinstance(x, Tensor) else DEVICE_OF_ARRAY.get(type(x), cpu) for x in inputs]
    return next((device for device in places if device is not cpu), cpu)


def _arrays(inputs: tuple, device: Any) -> list[Any]:
    if not inputs:
        raise DTypeError(
            "show_kernel: there are no inputs.",
            got="a function alone",
            expected="the tensors to call it with, for their shapes and dtypes",
            hint="show_kernel(f, x)",
        )
    for x in inputs:
        if isinstance(x, Tensor) and x.device is not device:
            raise DeviceError(
                "show_kernel: a tensor is on another device than the kernel.",
                got=f"a tensor on {x.device.name!r}",
                expected=f"all on {device.name!r}, for whose memory the kernel is written",
                hint=f'x.to("{device.name}"); or show_kernel(f, x) anew, with tensors of the other device',
            )
    return [x.array if isinstance(x, Tensor) else new_array(x, None, device) for x in inputs]


def _names(function: Callable, count: int, backward: bool) -> list[str]:
    """The names of the function's own parameters, where it has as many as there are inputs."""
    own = count - backward
    try:
        names = [p.name for p in inspect.signature(function).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    except (TypeError, ValueError):
        names = []
    names = names[:own] if len(names) >= own and not {"g", "out"} & set(names[:own]) else [f"x{n}" for n in range(own)]
    return [*names, "g"] if backward else names
