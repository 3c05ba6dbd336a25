"""Memory shared with other libraries: `from_dlpack`, and what NumPy, CuPy and PyTorch ask a tensor for.

    t = torch.from_dlpack(x)            # PyTorch's tensor over the memory of ours
    x = minigrad.from_dlpack(t)         # and the other way
    x = minigrad.as_tensor(cupy_array)  # by __cuda_array_interface__

Nothing is copied: who writes is seen by both. The graph does not notice such writes.
"""

from __future__ import annotations

from typing import Any

import numpy

from minigrad import dtypes
from minigrad.device import cpu, get_device
from minigrad.errors import DeviceError, DTypeError, GraphError, explaining
from minigrad.imperative import wrap
from minigrad.placement import carried
from minigrad.tensor import Tensor

CPU, GPU, PINNED = 1, 2, 3  # DLPack's numbers: kDLCPU, kDLCUDA, kDLCUDAHost


def from_dlpack(x: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor over the memory of another library's array, which has `__dlpack__`.

    Args:
        x: on the CPU or on the GPU, where the tensor will be too.
        device: carry it there, if it is elsewhere. (The simulated GPU shares the computer's memory.)
        copy: True makes memory of its own; False is an error where nothing can be shared.

    Errors: DTypeError for an object without DLPack or a dtype that there is not here; DeviceError for other devices.
    """
    if not hasattr(x, "__dlpack__") or not hasattr(x, "__dlpack_device__"):
        raise DTypeError(
            "from_dlpack: this object does not share its memory.",
            got=type(x).__name__,
            expected="an array of another library, with __dlpack__ and __dlpack_device__",
            hint="minigrad.tensor(data), which copies",
        )
    from minigrad_kernels.cuda import runtime

    kind = int(x.__dlpack_device__()[0])
    if kind not in (CPU, GPU, PINNED):
        raise DeviceError(
            "from_dlpack: this array is on a device that minigrad does not know.",
            got=f"DLPack's device {kind}",
            expected=f"{CPU} (the CPU), {GPU} (CUDA) or {PINNED} (memory that CUDA has pinned)",
            hint="copy it to the CPU first, in its own library",
        )
    wanted = get_device(("cuda" if kind == GPU else "cpu") if device is None else device)
    if kind == GPU or (wanted is not cpu and runtime.simulating()):
        place = get_device("cuda")
        array = explaining(_kernels().from_capsule)(x)
    else:
        place, array = cpu, numpy.from_dlpack(x)
    shared = _known(wrap(array, place))
    made = carried(shared, wanted)
    if copy is False and made is not shared:
        raise DeviceError(
            "from_dlpack: the memory of one device cannot be shared with another.",
            got=f"an array on {place.name!r}, device={wanted.name!r}, copy=False",
            expected="an array on the device",
            hint="copy=None, which copies where it must",
        )
    return wrap(wanted.array(array), wanted) if copy and made is shared else made


def from_cuda_array_interface(x: Any) -> Tensor:
    """A tensor over the memory of an array of the GPU that has `__cuda_array_interface__`; what `as_tensor` does with one."""
    device = get_device("cuda")
    return _known(wrap(explaining(_kernels().from_interface)(x), device))


def _kernels() -> Any:
    from minigrad_kernels.cuda import exchange

    return exchange


def _known(x: Tensor) -> Tensor:
    """Errors: DTypeError for a dtype that there is not here."""
    if x.dtype not in dtypes.ALL:
        raise DTypeError(
            "An array of this dtype cannot become a tensor.",
            got=str(x.dtype),
            expected="floats, integers or booleans",
            hint="cast it in its own library first",
        )
    return x


def _shared(x: Tensor, name: str) -> Any:
    """The array that others may have. Errors: GraphError for a tensor with gradients, which writes would falsify."""
    if x.requires_grad:
        raise GraphError(
            f"{name}: the memory of a tensor with gradients is not shared, as no gradient passes through.",
            got=f"shape {x.shape}, requires_grad=True",
            expected="a tensor without gradients",
            hint="t.detach()",
        )
    return x.array if x.is_cuda else x.numpy()


def dlpack(
    self: Tensor,
    *,
    stream: int | None = None,
    max_version: tuple[int, int] | None = None,
    dl_device: tuple[int, int] | None = None,
    copy: bool | None = None,
) -> Any:
    """The memory as a DLPack capsule, for the `from_dlpack` of another library. Errors: GraphError with gradients."""
    array = _shared(self, "__dlpack__")
    wishes = {"max_version": max_version, "dl_device": dl_device, "copy": copy}
    if self.is_cuda:
        return explaining(_kernels().capsule)(array, stream=stream, **wishes)
    return array.__dlpack__(stream=stream, **wishes)


def dlpack_device(self: Tensor) -> tuple[int, int]:
    """Where the memory is, in DLPack's words: (1, 0) is the CPU, (2, 0) the first GPU. The simulated GPU is on the CPU."""
    return _kernels().capsule_device() if self.is_cuda else (CPU, 0)


def cuda_array_interface(self: Tensor) -> dict[str, Any]:
    """The memory as `__cuda_array_interface__`. Errors: AttributeError on the CPU, GraphError with gradients."""
    if not self.is_cuda:
        raise AttributeError(
            "__cuda_array_interface__: this tensor is not on a GPU.\n"
            f"  got:      shape {self.shape}, on {self.device.name!r}\n"
            "  expected: a tensor on 'cuda'\n"
            '  try:      t.to("cuda")'
        )
    return _kernels().interface(_shared(self, "__cuda_array_interface__"))


def record_stream(self: Tensor, stream: Any) -> None:
    """Say that `stream` uses the memory too: when the tensor is gone, nobody gets it before `stream` has come so far."""
    if self.is_cuda:
        self.array.block.used_on(stream)


Tensor.__dlpack__, Tensor.__dlpack_device__ = dlpack, dlpack_device  # type: ignore[attr-defined]
Tensor.__cuda_array_interface__ = property(cuda_array_interface)  # type: ignore[attr-defined]
Tensor.record_stream = record_stream  # type: ignore[attr-defined]
