"""`detect_anomaly`: find the operation and the line that first made a NaN, forward or backward."""

from __future__ import annotations

from typing import Any

from minigrad import events
from minigrad.errors import AnomalyError
from minigrad.tensor import Tensor


class detect_anomaly:
    """Inside the block, the first result or gradient with a NaN is an error that names the op and the user's line.

    Every op is looked at, which costs time: for finding a fault, not for training.
    """

    def __enter__(self) -> detect_anomaly:
        events.LISTENERS.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        events.LISTENERS.remove(self)

    def forward(self, event: events.Forward) -> None:
        out = event.output
        if out.device.has_nan(out.array) and not any(_has_nan(x) for x in event.inputs):
            got = ", ".join(_summary(x) for x in event.inputs)
            raise AnomalyError(
                f"`{event.op.name}` made the first NaN"
                + (f" in {' > '.join(event.scope)}" if event.scope else "")
                + (f" at {event.line}." if event.line else "."),
                got=f"inputs {got}",
                expected="finite numbers",
                hint="log and sqrt of negative numbers, 0/0 and inf - inf give NaN; clamp the input or add a small number",
            )

    def backward(self, event: events.Backward) -> None:
        if _has_nan(event.g):
            return
        for name, part in zip(event.node.op.inputs, event.contributions, strict=False):
            if part is not None and _has_nan(part):
                line = event.node.line
                raise AnomalyError(
                    f"The gradient of `{event.node.op.name}` made the first NaN"
                    + (f"; the op ran at {line}." if line else "."),
                    got=f"a NaN in the gradient with respect to `{name}`",
                    expected="finite numbers",
                    hint="sqrt at 0 and 0 * inf in a masked branch are the usual causes: keep the argument away from them",
                )


def _has_nan(x: Any) -> bool:
    if isinstance(x, Tensor):
        return x.device.has_nan(x.array)
    return bool(x != x) if isinstance(x, float) else getattr(x, "dtype", None) is not None and bool((x != x).any())


def _summary(x: Any) -> str:
    if not isinstance(x, Tensor):
        return repr(x)
    if x.numel() == 0 or x.dtype.kind != "f":
        return f"{x.shape}"
    values = x._values()
    return f"{x.shape} from {float(values.min()):.4g} to {float(values.max()):.4g}"
