"""Operations: each written once, read by three interpreters.

An `Op` is data: a name, a gradient rule with its derivation, a shape rule, a dtype rule and a sample for the tests.
Calling it hands it, with its arguments, to the interpreter that belongs to the type of the arguments:

- arrays: run the kernel, remember nothing (`run`, below; also the fast backward pass);
- `Tensor`: run the kernel and remember how the result was made (`minigrad/tape.py`);
- `Symbol`: infer shape and dtype and add a node to a graph (`minigrad/graph/ir.py`).

Gradient rules are written in terms of ops. So the same rule gives numbers when it is called with arrays, recorded
tensors when it is called with tensors (second derivatives), and more graph when it is called with symbols.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import MethodType
from typing import Any, NoReturn

import numpy

from minigrad import dtypes
from minigrad.device import DEVICE_OF_ARRAY, cpu, register_kernel
from minigrad.errors import DTypeError, GraphError, IndexingError, MinigradError, ShapeError

OPS: dict[str, Op] = {}
INTERPRETERS: dict[type, Callable[[Op, tuple, dict], Any]] = {}
_OTHER_NAMES = {"axis": "dim", "keepdims": "keepdim"}


class Spec:
    """What is known of a value without having it: its shape and dtype."""

    __slots__ = ("dtype", "shape")

    def __init__(self, shape: tuple[int, ...], dtype: numpy.dtype):
        self.shape, self.dtype = shape, dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spec) and (self.shape, self.dtype) == (other.shape, other.dtype)

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    def __repr__(self) -> str:
        return f"Spec({self.shape}, {self.dtype})"


class Op:
    """One operation. Made by the decorator `op`; called like a function.

    Attributes:
        name: its name in the registry and in the backends' tables of kernels.
        rule: `rule(g, z, *inputs, **parameters)`, the gradients with respect to the inputs; None without one.
        shape: `shape(*specs, **parameters)`, the output's shape, or a ShapeError.
        dtype: "promote", "float", "bool", "int64", "sum" or a function of the specs and parameters.
        plans: for each set of inputs that need a gradient, what the backward pass keeps of z and of each input:
            "value", "shape" or nothing; `keeps`, whether there is ever anything.
        inputs, parameters: the names in the rule's signature; `variadic` if the inputs are one sequence.
        arity, required: how many inputs there are (-1 if variadic), and how many have no default.
        view: whether the output may share the input's memory.
        strict: whether the shape rule is asked before every run, not only to explain a failure.
        careful: whether the quick way is open to floating inputs only, or (if strict) not at all.
        casts: whether inputs are cast to a common dtype first; combining: for each input, whether its dtype takes part.
    """

    def __init__(self, rule, *, shape, dtype, saves, sample, view, elementwise, differentiable, strict, together):
        signature = list(inspect.signature(rule).parameters.values())
        positional = [p for p in signature if p.kind is not p.KEYWORD_ONLY]
        self.name: str = rule.__name__
        self.inputs = tuple(p.name for p in positional[2:])
        self.variadic = positional[-1].kind is inspect.Parameter.VAR_POSITIONAL
        self.arity = -1 if self.variadic else len(self.inputs)
        self.required = sum(p.default is p.empty for p in positional[2:])
        self.parameters = {p.name: p.default for p in signature if p.kind is p.KEYWORD_ONLY}
        empty = inspect.Parameter.empty
        self.needed = max([i for i, default in enumerate(self.parameters.values(), 1) if default is empty], default=0)
        self.rule = rule if differentiable else None
        self.shape, self.sample = shape, sample
        self.dtype: Any = dtype
        self.view, self.elementwise, self.strict = view, elementwise, strict
        self.plans = self._plans(saves)
        self.keeps = any(self.plans[-1])
        self.floats = dtype == "float"
        self.careful = self.floats or strict
        self.casts = not callable(dtype) and dtype != "int64"
        self.combining = tuple(not together or name in together.split() for name in self.inputs)
        self.__doc__, self.__name__, self.__module__ = rule.__doc__, rule.__name__, rule.__module__
        self.__wrapped__ = rule

    def _plans(self, saves: str | tuple[str, ...] | None) -> list[tuple[str, ...]]:
        """What to keep of (z, *inputs), for every set of inputs that need a gradient (their places as bits)."""
        if self.variadic:
            return [self._parse(saves if isinstance(saves, str) else None)]
        if saves is None or isinstance(saves, str):
            saves = ("z " + " ".join(self.inputs) if saves is None else saves,) * len(self.inputs)
        if len(saves) != len(self.inputs):
            raise GraphError(
                f"{self.name}: saves= does not have one entry for each input.",
                got=f"{len(saves)} entries",
                expected=f"{len(self.inputs)}: {', '.join(self.inputs)}",
                hint='saves=("y", "x") for a product: what the gradient of x uses, what that of y uses',
            )
        needs = range(2 ** len(self.inputs))
        return [self._parse(" ".join(s for i, s in enumerate(saves) if need >> i & 1)) for need in needs]

    def _parse(self, saves: str | None) -> tuple[str, ...]:
        """For z and each input: "value", "shape" or ""; None keeps everything, which is always right."""
        if saves is None:
            return ("value",) * (1 + len(self.inputs))
        values = {name for name in saves.split() if not name.endswith(".shape")}
        shapes = {name.removesuffix(".shape") for name in saves.split() if name.endswith(".shape")}
        unknown = (values | shapes) - {"z", *self.inputs}
        if unknown:
            raise GraphError(
                f"{self.name}: saves= names what the rule does not take.",
                got=", ".join(sorted(unknown)),
                expected=f"among z, {', '.join(self.inputs)}",
                hint='for example saves="z" or saves="x y" or saves="x.shape"',
            )
        return tuple("value" if n in values else "shape" if n in shapes else "" for n in ("z", *self.inputs))

    def __call__(self, *args: Any, **parameters: Any) -> Any:
        if len(args) != self.arity or (parameters and not parameters.keys() <= self.parameters.keys()):
            args, parameters = self.bind(args, parameters)
        if parameters and list in map(type, parameters.values()):  # dim=[0, 1] is (0, 1); as an index they differ
            parameters = {n: tuple(p) if type(p) is list and n != "index" else p for n, p in parameters.items()}
        for x in args:
            interpreter = INTERPRETERS.get(type(x))
            if interpreter is not None:
                return interpreter(self, args, parameters)
        return run(self, args, parameters)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """As a function in a class: `Tensor.exp = exp` makes `t.exp()` a method."""
        return self if instance is None else MethodType(self, instance)

    def bind(self, args: tuple, parameters: dict) -> tuple[tuple, dict]:
        """Sort a call into inputs and parameters: `sum(x, 0)` and `sum(x, axis=0)` are `sum(x, dim=0)`."""
        plain = self.arity == 1 and self.needed < len(args) < 2 + len(self.parameters) and args[0] is not None
        if plain and (not parameters or parameters.keys() <= self.parameters.keys()):  # most calls, so they are quick
            return args[:1], {**parameters, **dict(zip(self.parameters, args[1:], strict=False))}
        for other, name in _OTHER_NAMES.items():
            if other in parameters and other not in self.parameters and name in self.parameters:
                parameters[name] = parameters.pop(other)
        if self.variadic:
            if not args or not isinstance(args[0], (list, tuple)):
                raise DTypeError(
                    f"{self.name}: takes a list or tuple of tensors first.",
                    got=type(args[0]).__name__ if args else "nothing",
                    hint=f"{self.name}([x, y])",
                )
            inputs, rest = tuple(args[0]), args[1:]
        else:
            inputs, rest = args[: self.arity], args[self.arity :]
            named = [name for name in self.inputs if name in parameters]
            for name in self.inputs[len(inputs) : self.inputs.index(named[-1]) + 1] if named else ():
                if name not in parameters and len(inputs) < self.required:
                    break  # missing, which is said below
                inputs += (parameters.pop(name, None),)
        parameters.update(zip(self.parameters, rest, strict=False))
        missing = [
            n for n, default in self.parameters.items() if default is inspect.Parameter.empty and n not in parameters
        ]
        missing += self.inputs[len(inputs) : self.required] if not self.variadic else ()
        if missing or len(rest) > len(self.parameters) or set(parameters) - set(self.parameters):
            raise DTypeError(
                f"{self.name}: the arguments do not fit.",
                got=f"{len(args)} positional, keywords {sorted(parameters) or 'none'}",
                expected=self.signature(),
                hint=f"help(minigrad.{self.name})",
            )
        while inputs and inputs[-1] is None:  # an optional input that was not given
            inputs = inputs[:-1]
        return inputs, parameters

    def signature(self) -> str:
        """The call as it is written: `sum(x, dim=None, keepdim=False)`."""
        inputs = [f"[{self.inputs[-1]}, …]"] if self.variadic else list(self.inputs)
        named = [n if d is inspect.Parameter.empty else f"{n}={d!r}" for n, d in self.parameters.items()]
        return f"{self.name}({', '.join(inputs + named)})"

    def infer(self, specs: tuple[Any, ...], parameters: dict) -> Spec:
        """Shape and dtype of the output from those of the inputs. Errors: ShapeError, DTypeError."""
        try:
            shape = self.shape(*specs, **parameters)
        except (MinigradError, IndexError) as error:
            raise _named(self.name, error) from None
        return Spec(shape, self.result_dtype(specs, parameters))

    def result_dtype(self, specs: tuple[Any, ...], parameters: dict) -> numpy.dtype:
        if not isinstance(self.dtype, str):
            return numpy.dtype(self.dtype(*specs, **parameters))
        if self.dtype == "bool":
            return dtypes.bool_
        if self.dtype == "int64":
            return dtypes.int64
        dtype = dtypes.common(tuple(s for i, s in enumerate(specs) if self.variadic or self.combining[i]))
        if self.dtype == "float" and dtype.kind != "f":
            return dtypes.default_float
        if self.dtype == "sum" and dtype.kind != "f":
            return dtypes.int64
        return dtype

    def fail(self, error: Exception, specs: tuple[Any, ...], parameters: dict) -> NoReturn:
        """The kernel raised `error`: raise the shape rule's error, which explains, where it has one."""
        if isinstance(error, MinigradError):
            raise error
        try:
            self.infer(specs, parameters)
        except MinigradError as explained:
            raise explained from None  # it says all that a reader needs: the kernel's own traceback would bury it
        except Exception:
            pass
        got = ", ".join(f"{n} {describe(s)}" for n, s in zip(self.inputs, specs, strict=False))
        kind = IndexingError if isinstance(error, IndexError) else DTypeError
        raise kind(
            f"{self.name}: {error}", got=got, expected=self.signature(), hint=f"help(minigrad.{self.name})"
        ) from error

    def __repr__(self) -> str:
        return f"<op {self.signature()}>"


def _named(name: str, error: Exception) -> MinigradError:
    if isinstance(error, MinigradError):
        return type(error)(f"{name}: {error.what}", got=error.got, expected=error.expected, hint=error.hint)
    return ShapeError(f"{name}: {error}")


def describe(value: Any) -> str:
    """A value's shape and dtype, for messages: `(2, 3) float32`."""
    if hasattr(value, "shape"):
        return f"{tuple(value.shape)} {value.dtype}"
    return f"{type(value).__name__} {value!r}"


def with_common_dtype(op: Op, inputs: tuple) -> tuple:
    """The tensors or symbols cast to the dtype in which the op computes, by an op, so that gradients are cast back."""
    if not op.casts:
        return inputs
    chosen = [x is not None and (op.variadic or op.combining[i]) for i, x in enumerate(inputs)]
    dtype = dtypes.common(tuple(x for x, use in zip(inputs, chosen, strict=True) if use))
    if op.floats and dtype.kind != "f":
        dtype = dtypes.default_float
    return tuple(
        OPS["cast"](x, dtype=dtype) if use and type(x) in INTERPRETERS and x.dtype != dtype else x
        for x, use in zip(inputs, chosen, strict=True)
    )


def run(op: Op, args: tuple, parameters: dict) -> Any:
    """The interpreter for arrays: run the kernel. NumPy's arrays beside those of a GPU are copied there."""
    for x in args:
        device = DEVICE_OF_ARRAY.get(type(x))
        if device is not None:
            if len(DEVICE_OF_ARRAY) > 1 and len(args) > 1:
                device = next((d for d in map(DEVICE_OF_ARRAY.get, map(type, args)) if d not in (None, cpu)), device)
                if device is not cpu:
                    args = tuple(device.asarray(x) if type(x) is numpy.ndarray else x for x in args)
            return device.table[op.name](*args, **parameters)
    if not any(isinstance(x, (bool, int, float, numpy.generic)) for x in args):
        raise DTypeError(
            f"{op.name}: no tensor, symbol or array among the inputs.",
            got=", ".join(type(x).__name__ for x in args) or "nothing",
            expected=op.signature(),
            hint=f"minigrad.{op.name}(minigrad.tensor(…))",
        )
    return cpu.table[op.name](*args, **parameters)


def op(
    rule: Callable | None = None,
    *,
    shape: Callable,
    dtype: str | Callable = "promote",
    saves: str | tuple[str, ...] | None = None,
    sample: Callable | None = None,
    view: bool = False,
    elementwise: bool = False,
    differentiable: bool = True,
    strict: bool = False,
    together: str | None = None,
    kernel: Callable | None = None,
) -> Any:
    """Register an operation; the decorated function is its gradient rule.

    The rule takes the gradient `g` with respect to the output, the output `z`, the inputs, and by keyword the
    parameters; it returns one gradient for each input, in order. A gradient may be None (the input has none), and
    one that costs something may be a `lambda`, which is called only if that input needs it. Where inputs were
    broadcast, the engine sums the gradient back; no rule does.

    Args:
        shape: the output's shape from the inputs' specs and the parameters (`minigrad.shapes` has the usual ones).
        dtype: "promote"; "float" (as promote, integers become the default float first); "bool"; "int64"; "sum"
            (as promote, bool and integers become int64); or a function of the specs and parameters.
        saves: what the gradients use of z and the inputs, and so must be kept: "z", "x y", "x.shape"; or a tuple
            with one entry for each input's gradient, ("y", "x") for a product. By default everything. The rest
            reaches the rule as None.
        sample: `sample(r)` gives inputs (and a dict of parameters, last) for the tests; a list gives several cases.
        view: whether the output may share memory with the input.
        elementwise: whether each output element depends only on the elements at its place (such ops can be fused).
        differentiable: False for an op without a gradient; its rule is a signature and a docstring.
        strict: whether the shape rule is asked before every run, because the kernel would take what the op must not.
        together: the inputs whose dtypes combine ("x y"); by default all.
        kernel: the CPU kernel of a user's own operation, so that it is written in one place.

    Example::

        @minigrad.op(shape=minigrad.shapes.broadcast, saves="x", kernel=lambda x: x * x * x, sample=lambda r: (r(3),))
        def cube(g, z, x):
            r'''The cube :math:`z = x^3`. From :math:`dz = 3 x^2 dx`.'''
            return (3 * x * x * g,)
    """

    def register(rule: Callable) -> Op:
        made = Op(
            rule,
            shape=shape,
            dtype=dtype,
            saves=saves,
            sample=sample,
            view=view,
            elementwise=elementwise,
            differentiable=differentiable,
            strict=strict,
            together=together,
        )
        if made.name in OPS and OPS[made.name].__module__ != made.__module__:
            raise GraphError(
                f"An operation named {made.name!r} exists already.",
                got=f"a second one in {made.__module__}",
                expected=f"a name not in minigrad.OPS ({len(OPS)} taken)",
                hint="give the function another name",
            )
        if kernel is not None:
            register_kernel(made.name, kernel)
        OPS[made.name] = made
        return made

    return register if rule is None else register(rule)
