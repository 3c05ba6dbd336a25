"""What layers compute, as functions: `import minigrad.nn.functional as F`. PyTorch's names, arguments and defaults.

A layer keeps parameters and calls one of these with them. By subject: activations; convolutions and pooling; embedding,
linear maps and other arrangements; attention and dropout; normalisation; losses. PyTorch's `inplace` and its deprecated
`size_average` and `reduce` are left out; what stands behind one of them there is given by keyword here, so that no
position means something else.
"""

from minigrad.nn.functional.activation import *  # noqa: F403
from minigrad.nn.functional.activation import __all__ as _activations
from minigrad.nn.functional.attention import *  # noqa: F403
from minigrad.nn.functional.attention import __all__ as _attention
from minigrad.nn.functional.linear import *  # noqa: F403
from minigrad.nn.functional.linear import __all__ as _linear
from minigrad.nn.functional.loss import *  # noqa: F403
from minigrad.nn.functional.loss import __all__ as _losses
from minigrad.nn.functional.normalization import *  # noqa: F403
from minigrad.nn.functional.normalization import __all__ as _normalization
from minigrad.nn.functional.windows import *  # noqa: F403
from minigrad.nn.functional.windows import __all__ as _windows

__all__ = [*_activations, *_windows, *_linear, *_attention, *_normalization, *_losses]  # pyright: ignore
