"""Shape rules: the output's shape from the inputs' shapes, or an error that says what does not fit.

A rule takes the inputs' specs (anything with `.shape`; a Python scalar has none) and the operation's parameters.
"""

from minigrad.shapes.common import Shaped, along, broadcast, given, normal_dim, normal_dims, same, shape_of
from minigrad.shapes.indexing import getitem, index_put, one_hot, take_along_dim
from minigrad.shapes.linalg import linear, matmul
from minigrad.shapes.loss import cross_entropy, mse_loss
from minigrad.shapes.moving import broadcast_to, cat, permute, reshape, stack
from minigrad.shapes.reduction import reduced, reduced_nonempty, reduction_shape
