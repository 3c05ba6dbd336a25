"""Where tensors are: carrying them from device to device, and what happens where devices meet in one operation."""

from __future__ import annotations

from typing import Any, NoReturn

from minigrad import shapes
from minigrad.device import Device, cpu, is_device
from minigrad.errors import DeviceError
from minigrad.op import INTERPRETERS, Op, op


@op(shape=shapes.same, saves="", sample=lambda r: (r(2, 3), {"device": "cpu", "source": "cpu"}))
def transfer(g, z, x, *, device, source):
    r"""The same values in the memory of another device; `source` is the one where they are.

    :math:`dz = dx`: the gradient receives them the other way, and is carried back.
    """
    return (transfer(g, device=source, source=device),)


def carried(x: Any, device: Any) -> Any:
    """A tensor on the device: itself, or a copy that gradients pass through."""
    return x if x.device is device else transfer(x, device=device.name, source=x.device.name)


def meeting_place(tensors: list[Any]) -> Any:
    """The device where an operation on these tensors runs: that of the first, but a number of the CPU goes where others are."""
    for x in tensors:
        if x.device is not cpu or x.array.shape:
            return x.device
    return cpu


def refuse_mixed(op: Op, tensors: tuple) -> NoReturn:
    """Errors: DeviceError, which names the inputs and where each of them is."""
    names = op.inputs if not op.variadic else [f"{op.inputs[0]}[{n}]" for n in range(len(tensors))]
    where = [(name, x.device.name) for name, x in zip(names, tensors, strict=False) if type(x) in INTERPRETERS]
    stray = next(name for name, place in where if place == "cpu")
    raise DeviceError(
        f"{op.name}: the tensors are on different devices.",
        got=", ".join(f"{name} on {place!r}" for name, place in where),
        expected=f"all on one device, here {next(p for _, p in where if p != 'cpu')!r}",
        hint=f'{stray}.to("cuda"): a GPU computes with what is in its own memory (a model: model.to("cuda"))',
    )


def sort_targets(targets: tuple, device: Any, dtype: Any) -> tuple[Any, Any]:
    """What `x.to(*targets)` means: a device and a dtype, of which either may be None. A tensor stands for both of its own."""
    for target in targets:
        if is_device(target):
            device = target
        elif isinstance(getattr(target, "device", None), Device):
            device, dtype = target.device, target.dtype
        else:
            dtype = target
    return device, dtype
