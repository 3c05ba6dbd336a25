"""`Tensor`: an array on a device that can be part of a recorded computation.

The class holds state and Python's protocols. What tensors compute is in `minigrad/ops`, how it is remembered in
`minigrad/imperative.py` and `minigrad/tape.py`, and how it is differentiated in `minigrad/autograd.py`.
"""

from __future__ import annotations

import builtins
import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy

from minigrad import ops
from minigrad.conversion import UFUNCS, new_array
from minigrad.device import cpu, get_device
from minigrad.dtypes import as_dtype
from minigrad.errors import DeviceError, DTypeError, GraphError
from minigrad.op import INTERPRETERS, OPS
from minigrad.operand import Operand, booleans
from minigrad.placement import carried, sort_targets
from minigrad.tape import Clock, Handle, Hooks, Leaf, Node, mode


class Tensor(Operand):
    """A multi-dimensional array, with its gradient.

    Args:
        data: numbers, nested lists, a NumPy array or a tensor; copied.
        dtype: by default float32 for Python floats, int64 for Python ints, bool; an array keeps its own.
        device: "cpu" or "cuda"; by default the CPU, for a tensor where it is.
        requires_grad: whether to record what is computed from it, so that `backward()` fills `.grad`.

    Attributes:
        array: the device's own array, without a copy. Writing into it goes unnoticed by the graph.
        grad: the accumulated gradient, a tensor, or None (`minigrad.autograd.explain(t)` says why).
        node: how it was made (a `Node`), a `Leaf` if it asked for gradients itself, or None.
    """

    # base: (the tensor it is a view of, the time at which it saw its memory, op, parameters), or None.
    # written: [time of the last write, writer, line], shared by all views of the memory; see `tape.Clock`.
    # cut: the op that made it from a tensor with gradients without recording it; not set otherwise.
    __slots__ = ("__weakref__", "array", "base", "cut", "device", "grad", "node", "written")
    array: Any
    base: tuple[Tensor, int, Any, dict] | None
    cut: Any
    device: Any
    grad: Tensor | None
    node: Node | Leaf | None
    written: list[Any]

    def __init__(self, data: Any, dtype: Any = None, *, device: Any = None, requires_grad: bool = False):
        self.device = data.device if device is None and isinstance(data, Tensor) else get_device(device)
        self.array = new_array(data, dtype, self.device)
        self.grad = self.base = self.node = None
        self.written = [0]
        if requires_grad:
            self.requires_grad_()

    def __init_subclass__(cls) -> None:
        INTERPRETERS[cls] = INTERPRETERS[Tensor]

    # -- what it is ---------------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def dtype(self) -> numpy.dtype:
        return self.array.dtype

    @property
    def ndim(self) -> int:
        return self.array.ndim

    def stride(self, dim: int | None = None) -> Any:
        """How many elements lie between neighbours along each dimension, or along `dim`."""
        steps = tuple(step // self.dtype.itemsize for step in self.array.strides)
        return steps if dim is None else steps[dim]

    def is_contiguous(self) -> builtins.bool:
        """Whether the elements lie in memory in the order in which they are counted."""
        return self.device.is_contiguous(self.array)

    def __getitem__(self, index: Any) -> Tensor:
        # Asked here, and not put into the class for the time of a capture as other methods are: once a class was changed a
        # thousand times, Python 3.13 goes on calling the `__getitem__` that it had.
        if mode.capture is None:
            return Operand.__getitem__(self, index)
        return mode.capture.index(self, Operand.__getitem__, index)

    def __len__(self) -> int:
        if not self.shape:
            raise DTypeError(
                "len: a 0-dimensional tensor has no length.", got="shape ()", hint="t.item() for its number"
            )
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def item(self) -> Any:
        """The one element as a Python number. Errors: DTypeError if there are several."""
        if self.numel() != 1:
            raise DTypeError(
                "item: only a tensor of one element is a number.",
                got=f"shape {self.shape}",
                expected="one element",
                hint="t.tolist(), or reduce it first",
            )
        return self._values().item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return self._values().tolist()

    def __bool__(self) -> bool:
        if self.numel() != 1:
            raise DTypeError(
                "The truth of several elements is ambiguous.",
                got=f"shape {self.shape}",
                expected="one element",
                hint="t.any() or t.all()",
            )
        return builtins.bool(self._values().item())

    def __float__(self) -> builtins.float:
        return builtins.float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.dtype.kind not in "iu":
            raise DTypeError(
                "Only an integer tensor can be an index.",
                got=str(self.dtype),
                expected="an integer dtype",
                hint="t.long()",
            )
        return int(self.item())

    def __contains__(self, value: Any) -> builtins.bool:
        return builtins.bool((self == value).any())

    def __repr__(self) -> str:
        from minigrad.printing import describe_tensor

        return describe_tensor(self)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec and self.numel() == 1 else format(str(self), spec)

    # -- NumPy --------------------------------------------------------------------------------------------------

    def numpy(self) -> numpy.ndarray:
        """The values as a NumPy array that shares the tensor's memory; gradients do not pass through.

        Errors: DeviceError for a tensor that is not on the CPU: a copy should be seen to be made.
        """
        if self.device is not cpu:
            raise DeviceError(
                "numpy: NumPy reads the computer's memory, and this tensor is not there.",
                got=f"shape {self.shape}, on {self.device.name!r}",
                expected="a tensor on the CPU",
                hint="t.cpu().numpy(), which copies it and waits for the GPU",
            )
        return self._values()

    def _values(self) -> numpy.ndarray:
        """The values for Python to look at: of another device a copy."""
        return self.device.to_numpy(self.array)

    def __array__(self, dtype: Any = None, copy: builtins.bool | None = None) -> numpy.ndarray:
        array = self.numpy()
        if copy is False and dtype is not None and array.dtype != dtype:
            raise ValueError("a copy is needed to change the dtype")
        return numpy.array(array, dtype, copy=copy) if copy or dtype is not None else array

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        """NumPy's functions on tensors: those that are operations here are recorded; `array * tensor` too."""
        name = str(ufunc.__name__)
        op = OPS.get(UFUNCS.get(name, name))
        if method != "__call__" or keywords or op is None:
            raise DTypeError(
                f"numpy.{ufunc.__name__} does not work on tensors.",
                got=f"method {method!r}",
                expected="an operation of minigrad",
                hint=f"numpy.{ufunc.__name__}(t.numpy()), which is not recorded",
            )
        if name in ("bitwise_and", "bitwise_or", "bitwise_xor", "invert"):
            booleans(f"numpy.{name}", *inputs)
        return op(*inputs)

    # -- gradients ----------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> builtins.bool:
        """Whether operations on it are recorded."""
        return self._history() is not None

    @requires_grad.setter
    def requires_grad(self, wanted: builtins.bool) -> None:
        self.requires_grad_(wanted)

    @property
    def is_leaf(self) -> builtins.bool:
        """Whether it begins a graph: made by the user, not by a recorded operation."""
        return not isinstance(self._history(), Node)

    @property
    def grad_fn(self) -> Node | None:
        """The node that made it; None for a leaf."""
        node = self._history()
        return node if isinstance(node, Node) else None

    def _history(self) -> Node | Leaf | None:
        """`node`, brought up to date if the tensor is a view of memory that was written to since."""
        if self.base is not None and self.base[1] != self.written[0]:
            from minigrad.imperative import renewed

            renewed(self)
        return self.node

    def requires_grad_(self, requires_grad: builtins.bool = True) -> Tensor:
        """Ask for gradients with respect to this tensor, in place. Errors: for a dtype without derivatives, a result."""
        if not self.is_leaf:
            if not requires_grad:
                raise GraphError(
                    "requires_grad_: a recorded result cannot stop requiring gradients.",
                    got=f"made by {self.node!r}",
                    expected="a leaf",
                    hint="t.detach()",
                )
            return self
        if requires_grad and self.dtype.kind != "f":
            raise DTypeError(
                "Only floating tensors have gradients.",
                got=str(self.dtype),
                expected="float32 or float64",
                hint='t.float(), or dtype="float32"',
            )
        if requires_grad and self.node is None:
            self.node = Leaf(self)
        elif not requires_grad:
            self.node = None
        return self

    def backward(
        self,
        gradient: Any = None,
        *,
        retain_graph: builtins.bool | None = None,
        create_graph: builtins.bool = False,
        inputs: Any = None,
    ) -> None:
        """Compute the gradients of this tensor with respect to the leaves; see `minigrad.autograd.backward`."""
        from minigrad.autograd import backward

        backward(self, [gradient], retain_graph=retain_graph, create_graph=create_graph, inputs=inputs)

    def detach(self) -> Tensor:
        """The same memory as a tensor that no gradient passes through."""
        out = object.__new__(Tensor)
        out.array, out.device, out.written = self.array, self.device, self.written
        out.grad = out.base = out.node = None
        if self.node is not None:
            out.cut = "detach"
        return out

    @property
    def data(self) -> Tensor:
        """As `detach()`. Assigning to it replaces the values and keeps the tensor."""
        return self.detach()

    @data.setter
    def data(self, value: Any) -> None:
        if isinstance(value, Tensor):
            self.array, self.device = value.array, value.device
        else:
            self.array = self.device.asarray(value)
        if isinstance(self.node, Leaf):
            self.node.shape = self.array.shape
            if self.node.hooks is not None:
                self.node.hooks.device = self.device
        Clock.wrote(self.written, "data")

    def retain_grad(self) -> None:
        """Keep the gradient of this result in `.grad` too, as if it were a leaf."""
        if self._history() is None:
            raise GraphError(
                "retain_grad: this tensor has no gradient.",
                got="requires_grad=False",
                expected="a recorded tensor",
                hint="requires_grad=True on what it is made from",
            )
        if isinstance(self.node, Node):
            self._hooks().retain(self)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> Handle:
        """Call `hook(gradient)` when this tensor's gradient is complete; what it returns replaces the gradient."""
        if self._history() is None:
            raise GraphError(
                "register_hook: this tensor has no gradient.",
                got="requires_grad=False",
                expected="a recorded tensor",
                hint="requires_grad=True on what it is made from",
            )
        return Handle(self._hooks(), hook)

    def _hooks(self) -> Hooks:
        assert self.node is not None
        if self.node.hooks is None:
            self.node.hooks = Hooks(self.device)
        return self.node.hooks

    # -- moving and copying -------------------------------------------------------------------------------------

    def to(self, *targets: Any, dtype: Any = None, device: Any = None, non_blocking: builtins.bool = False) -> Tensor:
        """With another dtype or on another device: `t.to("float64")`, `t.to("cuda")`; itself if nothing changes.

        Gradients are cast, and carried, back. `non_blocking` is taken as a wish: the result is the same.
        """
        device, dtype = sort_targets(targets, device, dtype)
        place = self.device if device is None else get_device(device)
        cast = self if dtype is None or as_dtype(dtype) == self.dtype else ops.cast(self, dtype=as_dtype(dtype))
        return carried(cast, place)

    def type_as(self, other: Tensor) -> Tensor:
        """With the dtype of `other`."""
        return self.to(other.dtype)

    def cpu(self) -> Tensor:
        """On the CPU."""
        return carried(self, cpu)

    def cuda(self, device: Any = None, non_blocking: builtins.bool = False) -> Tensor:
        """On the GPU. Errors: DeviceError that says what is missing."""
        return carried(self, get_device("cuda" if device in (None, 0) else device))

    @property
    def is_cuda(self) -> builtins.bool:
        """Whether it is on a GPU."""
        return self.device.name == "cuda"

    def clone(self) -> Tensor:
        """A copy in memory of its own; gradients pass through."""
        return ops.clone(self)

    def __deepcopy__(self, memo: dict) -> Tensor:
        if not self.is_leaf:
            raise GraphError(
                "Only leaves can be deep-copied.",
                got=f"a result of {self.node!r}",
                expected="a leaf",
                hint="t.detach().clone()",
            )
        out = type(self)(self.detach()) if type(self) is Tensor else type(self)(self.detach().clone())
        out.requires_grad_(self.requires_grad)
        memo[id(self)] = out
        out.grad = copy.deepcopy(self.grad, memo)
        return out

    def __reduce__(self) -> tuple:
        if not self.is_leaf:
            raise GraphError(
                "Only leaves can be pickled or copied.",
                got=f"a result of {self.node!r}",
                expected="a leaf",
                hint="t.detach(), or t.clone() for a copy that gradients pass through",
            )
        return _rebuild, (type(self), self._values(), self.requires_grad, self.device.name)

    # -- writing in place ---------------------------------------------------------------------------------------

    def __setitem__(self, index: Any, value: Any) -> None:
        from minigrad.inplace import put

        put(self, index, value)


def _rebuild(cls: type, array: numpy.ndarray, requires_grad: bool, device: str = "cpu") -> Tensor:
    return cls(array if device == "cpu" else Tensor(array, device=device)).requires_grad_(requires_grad)
