"""Every operation of the library, by subject. Each is written once; see `minigrad/op.py` for who reads it.

An *operation* (in `OPS`) has a kernel and a gradient rule. What is composed of operations is a plain function.
"""

from minigrad.ops.arranging import *  # noqa: F403
from minigrad.ops.attention import *  # noqa: F403
from minigrad.ops.classification import *  # noqa: F403
from minigrad.ops.closeness import *  # noqa: F403
from minigrad.ops.compare import *  # noqa: F403
from minigrad.ops.convolution import *  # noqa: F403
from minigrad.ops.dropout import *  # noqa: F403
from minigrad.ops.einsum import *  # noqa: F403
from minigrad.ops.elementwise import *  # noqa: F403
from minigrad.ops.extremum import *  # noqa: F403
from minigrad.ops.gather import *  # noqa: F403
from minigrad.ops.indexing import *  # noqa: F403
from minigrad.ops.interpolate import *  # noqa: F403
from minigrad.ops.joining import *  # noqa: F403
from minigrad.ops.linalg import *  # noqa: F403
from minigrad.ops.loss import *  # noqa: F403
from minigrad.ops.norm import *  # noqa: F403
from minigrad.ops.normalization import *  # noqa: F403
from minigrad.ops.pooling import *  # noqa: F403
from minigrad.ops.reduce import *  # noqa: F403
from minigrad.ops.scan import *  # noqa: F403
from minigrad.ops.shape import *  # noqa: F403
from minigrad.ops.sorting import *  # noqa: F403
