"""`Metric`: something that is counted over batches, with one result for all of them."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.errors import MinigradError
from minigrad.tensor import Tensor


class Metric:
    """What all metrics share. A metric of one's own says where it starts, how a batch changes it, and what follows::

        class ShareOfZeros(Metric):
            def start(self):
                return {"zeros": 0, "seen": 0}

            def update(self, prediction, target):
                self.zeros += int((prediction == 0).sum())
                self.seen += prediction.numel()

            def compute(self):
                return self.zeros / self.needed(self.seen)

    What `start` names are sums: numbers or arrays to which batches add. Two metrics are therefore merged by adding
    (batches seen by several processes), and the result does not depend on how the data were cut into batches. A mean of
    the means of batches would: the last batch of an epoch, which is often smaller, would count as much as the others.
    """

    def __init__(self) -> None:
        self.reset()

    def start(self) -> dict[str, Any]:
        """The sums before anything was seen, by the names of their attributes: ints, floats or arrays."""
        raise NotImplementedError

    def update(self, prediction: Any, target: Any) -> None:
        """Count a batch."""
        raise NotImplementedError

    def compute(self) -> Any:
        """The result for all that was seen since the last reset. Errors: MinigradError if that is nothing."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forget what was seen."""
        for name, value in self.start().items():
            setattr(self, name, value)

    def merge(self, other: Metric) -> Metric:
        """Count what `other` has seen as well; returns this metric. Errors: MinigradError for another kind."""
        start, added = self.start(), other.start() if isinstance(other, type(self)) else {}
        if _shapes(start) != _shapes(added):
            raise MinigradError(
                f"{type(self).__name__}.merge: the other metric counts something else.",
                got=f"{type(other).__name__} with {_shapes(added) or 'other sums'}",
                expected=f"{type(self).__name__} with {_shapes(start)}",
                hint="make both with the same arguments",
            )
        for name in start:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    def state_dict(self) -> dict[str, numpy.ndarray]:
        """Copies of the sums, as arrays by name."""
        return {name: numpy.array(getattr(self, name)) for name in self.start()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over sums. Errors: MinigradError for other names or shapes; then nothing is changed."""
        start = self.start()
        loaded = {name: numpy.array(value) for name, value in state_dict.items()}
        fits = _shapes(start) == _shapes(loaded)
        if not fits or any(not numpy.can_cast(loaded[name].dtype, numpy.asarray(v).dtype) for name, v in start.items()):
            raise MinigradError(
                f"{type(self).__name__}.load_state_dict: these are not its sums.",
                got=_shapes(loaded),
                expected=_shapes(start),
                hint="the state of a metric made with the same arguments",
            )
        for name, value in start.items():
            new = loaded[name]
            setattr(self, name, new.astype(value.dtype) if isinstance(value, numpy.ndarray) else type(value)(new))

    def needed(self, seen: Any) -> Any:
        """`seen`, if it is more than nothing; what a result is divided by. Errors: MinigradError."""
        if not seen > 0:
            raise MinigradError(
                f"{type(self).__name__}.compute: nothing was seen yet.",
                got="no update since the metric was made or reset",
                expected="at least one update(prediction, target) that counts",
                hint="compute() after the batches, and before reset()",
            )
        return seen

    def __repr__(self) -> str:
        try:
            result = self.compute()
        except MinigradError:
            return f"{type(self).__name__}(nothing seen)"
        return (
            f"{type(self).__name__}({result:.4g})" if isinstance(result, float) else f"{type(self).__name__}({result})"
        )


def as_array(x: Any, dtype: Any = None) -> numpy.ndarray:
    """What a batch is given as, for NumPy to count: tensors of a GPU are copied."""
    return numpy.asarray(x.detach().cpu() if isinstance(x, Tensor) else x, dtype)


def _shapes(sums: dict[str, Any]) -> str:
    return ", ".join(f"{name} {numpy.shape(sums[name])}" for name in sorted(sums))
