"""The same network as layers, as a declared graph and as a tape: what stands beside what, and what each keeps.

Each abstraction is told as a column of items. An item belongs to a step of the network, "linear 1" or "loss 1", by its kind
and by how many of its kind came before: the second fully connected layer of one column is the second of the others.
What has no kind of its own belongs to what it serves: a bias to the product it is added to, a gradient to the
operation it is the gradient of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

GIVEN, UPDATE = "given", "update"

# The kinds that steps have, by the names that the three give them.
_KINDS = {
    "linear": "linear matmul InnerProduct",
    "convolution": "conv2d conv_transpose2d Convolution Deconvolution",
    "pooling": "max_pool2d avg_pool2d Pooling",
    "normalisation": "standardize BatchNorm LRN",
    "loss": "cross_entropy nll_loss mse_loss l1_loss huber_loss smooth_l1_loss binary_cross_entropy kl_div SoftmaxWithLoss"
    " binary_cross_entropy_with_logits EuclideanLoss SigmoidCrossEntropyLoss HingeLoss MultinomialLogisticLoss",
    "relu": "relu ReLU",
    "sigmoid": "sigmoid Sigmoid",
    "tanh": "tanh TanH",
    "elu": "elu ELU",
    "softmax": "softmax log_softmax Softmax",
    "absolute value": "abs AbsVal",
    "exponential": "exp Exp",
    "logarithm": "log Log",
    "concatenation": "cat Concat",
    "sum of branches": "Eltwise",
    "accuracy": "Accuracy",
    "dropout": "dropout Dropout",
    GIVEN: "Data MemoryData DummyData Input ImageData HDF5Data",
}
KINDS = {name: kind for kind, names in _KINDS.items() for name in names.split()}

# These only bring values into another form, or a bias or a scale to them: they belong to what they serve.
MOVES = frozenset(
    ("reshape", "permute", "broadcast_to", "cast", "clone", "contiguous", "getitem", "Reshape", "Flatten")
)
SERVES = frozenset(("add", "add_along_dim", "mul", "Scale", "Bias"))

MOMENTS = frozenset(("mean", "sub", "square", "stop_gradient", "sum", "add", "mul", "var", "broadcast_to", "reshape"))


@dataclass
class Item:
    """One thing that a column shows.

    Attributes:
        key: unique in the view. title, note: what it is called, and its shape.
        role: "forward", "given" (a parameter or an input), "gradient" or "update".
        step: the step of the network it belongs to: (kind, number among its kind).
        keeps: what is stored for it, in words; holds: whether anything is; kept: how many bytes that nobody before it keeps.
        reads: the keys of the items of its own column that it reads.
        told: further lines for its card.
    """

    key: str
    title: str
    note: str
    role: str = "forward"
    step: tuple[str, int] = (GIVEN, 1)
    keeps: str = ""
    holds: bool = False
    kept: int = 0
    reads: list[str] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Column:
    """One abstraction. `walks` says who walks the graph backward, `total` what is kept, and for how long."""

    title: str
    walks: str
    items: list[Item]
    total: str = ""


def steps_of(items: Sequence[Item], names: Sequence[str], serves: Callable[[Item], bool] = lambda item: True) -> None:
    """Give each forward or given item its step.

    Args:
        names: for each item the name of its operation or the type of its layer; "" for what is given.
        serves: whether an item whose operation may serve another one (an addition) does: a bias, and not a second branch.
    """
    seen: Counter[str] = Counter()
    normal = normalisations(items, names)
    at: dict[str, tuple[str, int]] = {}
    waiting: list[Item] = []  # what belongs to the step that comes next
    last: tuple[str, int] | None = None
    for item, name in zip(items, names, strict=True):
        if item.role not in ("forward", GIVEN):
            continue
        before = [at[key] for key in item.reads if key in at and at[key][0] != GIVEN]
        kind = KINDS.get(name)
        if not name:
            waiting.append(item)
            continue
        if kind is None and name in MOVES:
            waiting.append(item)
            at[item.key] = before[0] if before else (GIVEN, 1)
            continue
        if item.key in normal:
            key = normal[item.key]
            if key not in at:
                seen["normalisation"] += 1
                at[key] = ("normalisation", seen["normalisation"])
            kind = "normalisation"
        elif name == "mean" and not (before and before[-1][0] == "loss"):
            kind = "loss" if item.note == "scalar" else "pooling"
        serving = (name in SERVES and serves(item)) or (name in ("mean", "sum") and before and before[-1][0] == "loss")
        if kind is None and before and serving:
            step = before[-1]
        elif kind == GIVEN:
            step = (GIVEN, 1)
        elif item.key in normal:
            step = at[normal[item.key]]
        else:
            kind = kind or ("sum of branches" if name == "add" else name)
            seen[kind] += 1
            step = (kind, seen[kind])
        at[item.key] = item.step = step
        last = step
        read = set(item.reads)
        for one in reversed(waiting):
            if one.key in read:
                one.step = step
                read |= set(one.reads)
        waiting = [one for one in waiting if one.key not in read]
    for one in waiting:
        one.step = last or one.step


def normalisations(items: Sequence[Item], names: Sequence[str]) -> dict[str, str]:
    """Which items are a normalisation written out, by moments and 1 / sqrt(variance): for each the key of its root."""
    name_of = {item.key: name for item, name in zip(items, names, strict=True) if item.role == "forward"}
    reads = {item.key: [key for key in item.reads if key in name_of] for item in items}
    found: dict[str, str] = {}
    for root in (item.key for item in items if name_of.get(item.key) == "rsqrt"):
        inside, outside, stack = {root}, set[str](), [root]
        while stack:  # down to what is normalised
            for key in reads[stack.pop()]:
                if name_of[key] in KINDS or name_of[key] not in MOMENTS:
                    outside.add(key)
                elif key not in inside:
                    inside.add(key)
                    stack.append(key)
        for item in items:  # and up to its result
            key = item.key
            of = set(reads[key])
            if name_of.get(key) in MOMENTS and inside & of and of <= inside | outside:
                inside.add(key)
        found.update((key, root) for key in inside if key not in found)
    return found


def in_rows(columns: Sequence[Column]) -> list[tuple[str, int]]:
    """All steps in an order that fits every column: what is given first, the update last."""
    rows: list[tuple[str, int]] = []
    for column in columns:
        place = -1
        for item in column.items:
            if item.role in ("gradient", "update") or item.step[0] in (GIVEN, UPDATE):
                continue
            if item.step not in rows:
                rows.insert(place + 1, item.step)
            place = rows.index(item.step)
    used = {item.step for column in columns for item in column.items}
    ends = [s for s in sorted(used) if s[0] == GIVEN], [s for s in sorted(used) if s[0] == UPDATE]
    return [*ends[0], *rows, *ends[1]]


def step_name(step: tuple[str, int], rows: Sequence[tuple[str, int]]) -> str:
    """A step in words: numbered where there are several of its kind."""
    kind, number = step
    alone = sum(other == kind for other, _ in rows) == 1
    return kind if alone else f"{kind} {number}"
