"""What `Session.run` is asked for, and what it is given: nests of fetches, and feeds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy

from minigrad.tensor import Tensor as Imperative
from minigrad.tf1.declared import Declared
from minigrad.tf1.dims import Dim
from minigrad.tf1.errors import InvalidType, InvalidValue, MinigradError
from minigrad.tf1.graph import Graph
from minigrad.tf1.tensors import Operation, Tensor


class Fetches:
    """The elements that a nest of fetches asks for, each once, and how to put their values back into its structure.

    Attributes: elements: tensors and operations in the order in which they first stand in the nest.
    """

    def __init__(self, graph: Graph, fetches: Any):
        self._graph = graph
        self._places: dict[Any, int] = {}
        self._build = self._plan(fetches)
        self.elements: list[Tensor | Operation] = list(self._places)

    def structured(self, values: list[Any]) -> Any:
        """The values, one for each element, in the structure of the fetches; None for an operation."""
        return self._build(values)

    def _plan(self, fetch: Any) -> Any:
        if isinstance(fetch, Mapping):
            names, parts = list(fetch), [self._plan(part) for part in fetch.values()]
            build: Any = type(fetch) if isinstance(fetch, OrderedDict) else dict
            return lambda values: build([(n, part(values)) for n, part in zip(names, parts, strict=True)])
        if isinstance(fetch, (list, tuple)):
            parts = [self._plan(part) for part in fetch]
            if hasattr(fetch, "_fields"):
                return lambda values: type(fetch)(*(part(values) for part in parts))
            kind = list if isinstance(fetch, list) else tuple
            return lambda values: kind(part(values) for part in parts)
        place = self._places.setdefault(self._element(fetch), len(self._places))
        return lambda values: values[place]

    def _element(self, fetch: Any) -> Tensor | Operation:
        try:
            element = self._graph.as_graph_element(fetch)
        except (TypeError, ValueError, KeyError) as error:
            kind = InvalidType if isinstance(error, TypeError) else InvalidValue
            known = isinstance(error, MinigradError)
            why = error.what if known else str(error)
            if kind is InvalidType:
                what = f"Fetch argument {fetch!r} has invalid type {type(fetch).__name__}. {why}"
            else:
                what = f"Fetch argument {fetch!r} cannot be interpreted as a Tensor. {why}"
            raise kind(
                what,
                got=error.got if known else repr(fetch),
                expected=error.expected if known else None,
                hint=error.hint if known else None,
            ) from None
        operation = element if isinstance(element, Operation) else element.op
        if operation.symbol.graph is not self._graph.symbols:
            raise InvalidValue(
                f"Operation '{operation.name}' has been marked as not fetchable.",
                got="an operation in a branch of tf.cond, or in the body of tf.while_loop",
                expected="an operation outside, or a result of the tf.cond or tf.while_loop",
                hint="return it from the branch or the body, or tf.Print it there",
            )
        return element


def feeds(graph: Graph, feed_dict: Any) -> dict[Declared, numpy.ndarray]:
    """The arrays to feed, by symbol. Errors: TypeError and ValueError for what cannot be fed, or not there."""
    found: dict[Declared, numpy.ndarray] = {}
    if feed_dict is None:
        return found
    if not isinstance(feed_dict, Mapping):
        raise InvalidType(
            "The feed_dict is not a dictionary.",
            got=type(feed_dict).__name__,
            expected="tensors, and an array for each",
            hint="session.run(fetches, {x: array})",
        )
    for key, value in feed_dict.items():
        if isinstance(key, tuple):  # several tensors at once, as {(x, y): (array, array)}
            found |= feeds(graph, dict(zip(key, value, strict=True)))
            continue
        try:
            tensor = graph.as_graph_element(key, allow_operation=False)
        except (TypeError, ValueError, KeyError) as error:
            raise InvalidType(
                f"Cannot interpret feed_dict key as Tensor: {getattr(error, 'what', error)}",
                got=f"{key!r}"[:80],
                expected="a tensor of the session's graph, or its name",
                hint='{x: array} or {"x:0": array}',
            ) from None
        found[tensor.symbol] = _array(tensor, value)
    return found


def _array(tensor: Tensor, value: Any) -> numpy.ndarray:
    if isinstance(value, Tensor) or hasattr(value, "_as_graph_element"):
        raise InvalidType(
            "The value of a feed cannot be a tf.Tensor object.",
            got=repr(value),
            expected="numbers, lists or NumPy arrays",
            hint="session.run(tensor) first, and feed what it gives",
        )
    if isinstance(value, Imperative):
        value = value.detach().numpy()
    try:
        array = numpy.asarray(value, dtype=tensor.symbol.dtype)
    except (ValueError, TypeError) as error:
        raise InvalidValue(
            f"The value fed for Tensor '{tensor.name}' is no array of numbers.",
            got=f"{type(value).__name__}: {error}",
            expected=f"an array of {tensor.dtype.name}, shape {tensor.shape}",
            hint="rows of equal lengths",
        ) from None
    if not _fits(array.shape, tensor.symbol.shape):
        raise InvalidValue(
            f"Cannot feed value of shape {array.shape} for Tensor '{tensor.name}', which has shape '{tensor.shape}'.",
            got=str(array.shape),
            expected=f"{tensor.shape}, where ? is any size",
            hint="value.reshape(…), or another shape at the tf.placeholder",
        )
    if tensor.op.graph.symbols is not tensor.symbol.graph:
        raise InvalidValue(
            f"Tensor {tensor.name} may not be fed.",
            got="a tensor in a branch of tf.cond, or in the body of tf.while_loop",
            expected="a tensor outside",
            hint="feed what the branch takes",
        )
    return array


def _fits(shape: tuple[int, ...], sizes: tuple | None) -> bool:
    """Whether an array of that shape can be fed where these sizes were declared, some of them unknown."""
    return sizes is None or (
        len(shape) == len(sizes) and all(m == n or isinstance(n, Dim) for m, n in zip(shape, sizes, strict=True))
    )
