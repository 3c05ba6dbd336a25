"""`get_variable` and `variable_scope`: variables found again by name, so that layers can share them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from minigrad.tf1.convert import as_dtype
from minigrad.tf1.errors import InvalidValue
from minigrad.tf1.graph import GraphKeys, get_default_graph
from minigrad.tf1.initializers import GlorotUniform, Zeros
from minigrad.tf1.shapes import TensorShape, as_sizes
from minigrad.tf1.variables import Variable

AUTO_REUSE = "AUTO_REUSE"


class VariableScope:
    """Where `get_variable` looks: a name that goes before those of variables, and what to do with names that exist.

    Attributes: name; reuse (False: names must be new; True: they must exist; AUTO_REUSE: either); initializer (the default).
    """

    def __init__(self, name: str = "", reuse: Any = False, initializer: Any = None, regularizer: Any = None):
        self.name, self.reuse, self.initializer, self.regularizer = name, reuse, initializer, regularizer

    @property
    def original_name_scope(self) -> str:
        return f"{self.name}/" if self.name else ""

    def reuse_variables(self) -> None:
        """From now on names must exist."""
        self.reuse = True

    def global_variables(self) -> list[Variable]:
        """The variables of this scope."""
        return get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES, self.original_name_scope)

    def trainable_variables(self) -> list[Variable]:
        """The trainable variables of this scope."""
        return get_default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES, self.original_name_scope)


def get_variable_scope() -> VariableScope:
    """The scope that is open now."""
    return get_default_graph().variable_scope or VariableScope()


@contextmanager
def variable_scope(
    name_or_scope: Any,
    default_name: str | None = None,
    values: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    reuse: Any = None,
    auxiliary_name_scope: bool = True,
) -> Iterator[VariableScope]:
    """Within the block the names of `get_variable` begin with this scope's, and operations are named under it too.

    Args:
        name_or_scope: a name, or a scope that was open before, which is entered again; None for a unique `default_name`.
        reuse: True for variables that exist, `tf.AUTO_REUSE` for either; by default as around.
    """
    graph = get_default_graph()
    around = get_variable_scope()
    if isinstance(name_or_scope, VariableScope):
        name, short = name_or_scope.name, name_or_scope.name.rpartition("/")[2]
        inherited = name_or_scope
    else:
        short = name_or_scope if name_or_scope is not None else _unused(around, default_name)
        name = f"{around.name}/{short}" if around.name else short
        inherited = around
    scope = VariableScope(
        name, (reuse if reuse is not None else inherited.reuse) or around.reuse, initializer or inherited.initializer,
        regularizer or inherited.regularizer,
    )  # fmt: skip
    before, graph.variable_scope = graph.variable_scope, scope
    counts = graph.scope_counts
    counts[name] = counts.get(name, 0) + 1
    try:
        with graph.name_scope(short) if auxiliary_name_scope and short else nullcontext():
            yield scope
    finally:
        graph.variable_scope = before
        for inner in [n for n in counts if n.startswith(f"{name}/")]:
            del counts[inner]  # who enters it again begins again with "dense", not with "dense_1"


def _unused(around: VariableScope, default_name: str | None) -> str:
    """The default name with _1, _2 … where a scope of that name was opened before."""
    if not default_name:
        raise InvalidValue(
            "If default_name is None then name_or_scope is required.",
            got="neither",
            expected="a name, or a default name",
            hint="tf.variable_scope('layer')",
        )
    counts = get_default_graph().scope_counts
    prefix = around.original_name_scope
    names = (f"{default_name}_{n}" if n else default_name for n in itertools.count())
    return next(name for name in names if not counts.get(prefix + name))


def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = True,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    validate_shape: bool = True,
) -> Variable:
    """The variable of that name in the open scope: made, or found again if the scope reuses variables.

    Args:
        initializer: a function of a shape, or a value; by default the scope's, else Glorot's uniform numbers for floats.

    Errors: ValueError for a name that exists and may not, or may and does not, or another shape or dtype than it has.
    """
    graph, scope = get_default_graph(), get_variable_scope()
    full = f"{scope.name}/{name}" if scope.name else name
    wanted = as_dtype(dtype or "float32")
    found = graph.shared_variables.get(full)
    if found is not None:
        return _reused(found, full, shape, dtype, scope)
    if scope.reuse is True:
        similar = ", ".join(n for n in graph.shared_variables if n.rpartition("/")[2] == name) or "none of that name"
        raise InvalidValue(
            f"Variable {full} does not exist, or was not created with tf.get_variable().",
            got=f"reuse=True, and the variables {similar}",
            expected="the name of a variable that exists",
            hint="tf.variable_scope(…, reuse=tf.AUTO_REUSE), which makes what is missing",
        )
    make = initializer if initializer is not None else scope.initializer
    if make is None:
        make = GlorotUniform() if wanted.kind == "f" else Zeros()
    make = make() if isinstance(make, type) else make
    if callable(make):
        sizes = as_sizes(shape)
        if sizes is None or not TensorShape(sizes).is_fully_defined():
            raise InvalidValue(
                f"Shape of a new variable ({full}) must be fully defined, but instead was {TensorShape(sizes)}.",
                got=str(TensorShape(sizes)),
                expected="whole numbers",
                hint="the sizes that the layer has, not those of a batch",
            )
        function = make

        def value() -> Any:
            return function(list(sizes), dtype=wanted)
    else:
        value = make
    with graph.name_scope(None):
        made = Variable(value, trainable, collections, validate_shape, name=full, dtype=wanted)
    graph.shared_variables[full] = made
    penalty = regularizer or scope.regularizer
    if penalty is not None:
        with graph.name_scope(f"{full}/Regularizer/"):
            loss = penalty(made.value())
        if loss is not None:
            graph.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)
    return made


def _reused(found: Variable, full: str, shape: Any, dtype: Any, scope: VariableScope) -> Variable:
    if not scope.reuse:
        raise InvalidValue(
            f"Variable {full} already exists, disallowed. Did you mean to set reuse=True or reuse=tf.AUTO_REUSE in VarScope?",
            got=f"a second variable {full}",
            expected="a new name, or a scope that reuses variables",
            hint="with tf.variable_scope(name, reuse=tf.AUTO_REUSE):",
        )
    if shape is not None and not found.shape.is_compatible_with(shape):
        raise InvalidValue(
            f"Trying to share variable {full}, but specified shape {TensorShape(shape)} and found shape {found.shape}.",
            got=str(TensorShape(shape)),
            expected=str(found.shape),
            hint="another name for another variable",
        )
    if dtype is not None and as_dtype(dtype) != found.dtype:
        raise InvalidValue(
            f"Trying to share variable {full}, but specified dtype {as_dtype(dtype).name} and found {found.dtype.name}.",
            got=as_dtype(dtype).name,
            expected=found.dtype.name,
            hint="another name for another variable",
        )
    return found


__all__ = ["AUTO_REUSE", "VariableScope", "get_variable", "get_variable_scope", "variable_scope"]
