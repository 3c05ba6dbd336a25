"""From what a user may write to an array: numbers, nested lists, NumPy's arrays and functions."""

from __future__ import annotations

from typing import Any

from minigrad import dtypes
from minigrad.device import cpu, transferred
from minigrad.dtypes import as_dtype
from minigrad.errors import DTypeError
from minigrad.op import INTERPRETERS


def new_array(data: Any, dtype: Any, device: Any) -> Any:
    """A new array on `device` from what a user may write. Errors: DTypeError."""
    wanted = None if dtype is None else as_dtype(dtype)
    if type(data) in INTERPRETERS and hasattr(data, "array"):  # a tensor
        made = data.device.array(data.array, wanted)
        return made if data.device is device else transferred(made, device=device.name, source=data.device.name)
    if type(data) is device.array_type and device is not cpu:
        return device.array(data, wanted)
    if isinstance(data, (list, tuple)) and any(type(x) in INTERPRETERS for x in data):
        data = [x.device.to_numpy(x.array) if type(x) in INTERPRETERS else x for x in data]
    try:
        array = cpu.array(data, wanted)
    except (ValueError, TypeError) as error:
        raise DTypeError(
            "tensor: these data do not make an array.",
            got=f"{type(data).__name__}: {error}",
            expected="numbers, or nested lists of equal lengths",
            hint="pad the rows to one length",
        ) from None
    if array.dtype not in dtypes.ALL:
        raise DTypeError(
            "tensor: these data are not numbers.",
            got=f"dtype {array.dtype}",
            expected="floats, integers or booleans",
            hint="dtype=float",
        )
    if wanted is None and array.dtype == dtypes.float64:
        parts = data if isinstance(data, (list, tuple)) else [data]
        if not any(hasattr(x, "dtype") and x.dtype == dtypes.float64 for x in parts):  # Python's floats, not NumPy's
            array = cpu.array(array, dtypes.default_float)
    return array if device is cpu else device.asarray(array)


# NumPy's names of functions that are operations here under another name.
UFUNCS = {
    "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div", "power": "pow", "negative": "neg",
    "absolute": "abs", "equal": "eq", "not_equal": "ne", "less": "lt", "less_equal": "le", "greater": "gt",
    "greater_equal": "ge", "bitwise_and": "logical_and", "bitwise_or": "logical_or", "bitwise_xor": "ne",
    "invert": "logical_not",
}  # fmt: skip
