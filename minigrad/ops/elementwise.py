"""The elementwise operations, by subject."""

from minigrad.ops import activation, arithmetic, choice, copying, functions
from minigrad.ops.activation import *  # noqa: F403
from minigrad.ops.arithmetic import *  # noqa: F403
from minigrad.ops.choice import *  # noqa: F403
from minigrad.ops.copying import *  # noqa: F403
from minigrad.ops.functions import *  # noqa: F403

__all__ = []
__all__ += arithmetic.__all__
__all__ += functions.__all__
__all__ += choice.__all__
__all__ += activation.__all__
__all__ += copying.__all__
