"""Normalisation with running statistics: of the batch, or of each example, for each channel."""

from __future__ import annotations

from typing import Any

from minigrad.creation import ones, zeros
from minigrad.errors import ShapeError
from minigrad.nn import functional
from minigrad.nn._initial import check_sizes, one, zero
from minigrad.nn._module import Module
from minigrad.tensor import Tensor


class _RunningNorm(Module):
    """A scale and a shift for each channel, and a mean and variance that are kept while training."""

    num_batches_tracked: Any
    dims: tuple[int, ...]  # how many dimensions an input may have
    unbatched = 0  # with how many it is one example without a batch

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        device: Any,
        dtype: Any,
        bias: bool,
    ):
        super().__init__()
        check_sizes(self, f"{type(self).__name__}(num_features)", device, num_features=num_features)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.register_parameter("weight", one(num_features, device=device, dtype=dtype) if affine else None)
        self.register_parameter("bias", zero(num_features, device=device, dtype=dtype) if affine and bias else None)
        keep = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, device=device, dtype=dtype) if keep else None)
        self.register_buffer("running_var", ones(num_features, device=device, dtype=dtype) if keep else None)
        self.register_buffer("num_batches_tracked", Tensor(0, device=device) if keep else None)

    def reset_running_stats(self) -> None:
        """Forget what was kept."""
        if self.track_running_stats:
            self.running_mean.fill_(0)
            self.running_var.fill_(1)
            self.num_batches_tracked.fill_(0)

    def _share(self) -> Any:
        """By which share the running statistics move; `momentum=None` keeps the mean of all batches so far."""
        if not self.training or not self.track_running_stats:
            return 0.0 if self.momentum is None else self.momentum
        self.num_batches_tracked.add_(1)
        if self.momentum is not None:
            return self.momentum
        return 1.0 / self.num_batches_tracked.to(self.running_mean.dtype)

    def _check(self, x: Any) -> None:
        """That `x` has as many dimensions and channels as this norm is for."""
        shape = tuple(x.shape)
        channels = shape[len(shape) > self.unbatched] if len(shape) in self.dims else None
        if channels != self.num_features:
            raise ShapeError(
                f"{type(self).__name__}: the input does not fit.",
                got=f"shape {shape}",
                expected=f"{' or '.join(map(str, self.dims))} dimensions, {self.num_features} channels",
                hint="x.reshape(N, C, …)" if channels is None else f"{type(self).__name__}({channels})",
            )

    def extra_repr(self) -> str:
        options = f"eps={self.eps}, momentum={self.momentum}, affine={self.affine}, bias={self.bias is not None}"
        return f"{self.num_features}, {options}, track_running_stats={self.track_running_stats}"


class _BatchNorm(_RunningNorm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        device: Any = None,
        dtype: Any = None,
        bias: bool = True,
    ):
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)

    def forward(self, input: Any) -> Any:
        self._check(input)
        share = self._share()
        of_batch = self.training or self.running_mean is None
        kept = (self.running_mean, self.running_var) if not self.training or self.track_running_stats else (None, None)
        return functional.batch_norm(input, *kept, self.weight, self.bias, of_batch, share, self.eps)


class BatchNorm1d(_BatchNorm):
    """Each feature standardised over the batch: (N, C) or (N, C, L). Then scaled and shifted, by what is learned.

    While training, mean and variance (the unbiased one) of the batch are also mixed into `running_mean` and `running_var`
    by the share `momentum`; in evaluation those are used, so that an example's output does not depend on its neighbours.

    Args:
        momentum: None for the plain mean over all batches so far.
        affine: whether there are a weight and a bias; with `bias=False` a weight alone.
        track_running_stats: False to use the batch's own statistics in evaluation too.

    Source: Ioffe and Szegedy, "Batch normalization" (2015), algorithms 1 and 2.
    """

    dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Each channel of (N, C, H, W) standardised over all images and places; see `BatchNorm1d`."""

    dims = (4,)


class _InstanceNorm(_RunningNorm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        device: Any = None,
        dtype: Any = None,
        bias: bool = True,
    ):
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)

    def forward(self, input: Any) -> Any:
        self._check(input)
        own = self.training or not self.track_running_stats
        single = len(input.shape) == self.unbatched
        x = input.unsqueeze(0) if single else input
        kept = (self.running_mean, self.running_var)
        z = functional.instance_norm(x, *kept, self.weight, self.bias, own, self.momentum or 0.0, self.eps)
        return z.squeeze(0) if single else z


class InstanceNorm1d(_InstanceNorm):
    """Each channel of each sequence (N, C, L), or of one (C, L), standardised over its places."""

    dims = (2, 3)
    unbatched = 2


class InstanceNorm2d(_InstanceNorm):
    """Each channel of each image (N, C, H, W), or of one (C, H, W), standardised over its places.

    By default nothing is learned and nothing kept. Source: Ulyanov, Vedaldi and Lempitsky, "Instance normalization" (2016).
    """

    dims = (3, 4)
    unbatched = 3
