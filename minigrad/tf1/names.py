"""Names: TensorFlow's types of operations, its collections, and what a scope or an operation may be called."""

from __future__ import annotations

import re
from typing import Any

from minigrad.tf1.errors import InvalidValue

# TensorFlow's name of the type where it is not the operation's own name with capitals.
TYPES = {
    "amax": "Max", "amin": "Min", "argmax": "ArgMax", "argmin": "ArgMin", "avg_pool2d": "AvgPool",
    "avg_unpool2d": "AvgPoolGrad", "broadcast_to": "BroadcastTo", "cat": "ConcatV2", "clamp": "ClipByValue",
    "conv2d": "Conv2D", "conv2d_weight": "Conv2DBackpropFilter", "conv_transpose2d": "Conv2DBackpropInput",
    "cross_entropy": "SparseSoftmaxCrossEntropyWithLogits", "div": "RealDiv", "eq": "Equal", "floor_divide": "FloorDiv",
    "ge": "GreaterEqual", "getitem": "StridedSlice", "add_at": "StridedSliceGrad", "gt": "Greater", "le": "LessEqual",
    "lt": "Less", "matmul": "MatMul", "max_pool2d": "MaxPool", "unpool2d": "MaxPoolGrad", "ne": "NotEqual",
    "permute": "Transpose", "constant_pad_nd": "Pad", "one_hot": "OneHot", "pow": "Pow", "remainder": "FloorMod",
    "stack": "Pack", "take_slices": "GatherV2", "add_slices": "UnsortedSegmentSum", "where": "Select", "all": "All",
}  # fmt: skip


class GraphKeys:
    """The names of the collections that the library itself fills."""

    GLOBAL_VARIABLES = "variables"
    TRAINABLE_VARIABLES = "trainable_variables"
    LOCAL_VARIABLES = "local_variables"
    GLOBAL_STEP = "global_step"
    LOSSES = "losses"
    REGULARIZATION_LOSSES = "regularization_losses"
    UPDATE_OPS = "update_ops"
    TRAIN_OP = "train_op"


_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*")
_SCOPE = re.compile(r"[A-Za-z0-9_.\\/>-]*")


def type_of(op: Any) -> str:
    """The type of an operation, as TensorFlow writes it: MatMul, Relu, LogSoftmax."""
    name = op.name
    return TYPES.get(name) or "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def check_name(name: str) -> None:
    """Errors: ValueError for what cannot be the name of an operation."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidValue(
            f"'{name}' is not a valid node name.",
            got=repr(name),
            expected="a letter, a digit or a dot, then also _ - / and backslashes",
            hint="name='hidden_1'",
        )


def check_scope(name: str, *, first: bool) -> None:
    """Errors: ValueError for what cannot be the name of a scope."""
    if not isinstance(name, str) or not (_NAME if first else _SCOPE).fullmatch(name):
        raise InvalidValue(
            f"'{name}' is not a valid scope name.",
            got=repr(name),
            expected="letters, digits, dots, _ - and /" + ", not beginning with _ at the top" * first,
            hint="tf.name_scope('layer_1')",
        )
