"""Shape rules: the output's shape from the inputs' shapes, or an error that says what does not fit.

A rule takes the inputs' specs (anything with `.shape`; a Python scalar has none) and the operation's parameters.
"""

from minigrad.shapes.arranging import constant_pad_nd, diagonal, flip, padding, roll, triangle, unfold
from minigrad.shapes.common import Shaped, along, broadcast, given, normal_dim, normal_dims, same, shape_of
from minigrad.shapes.convolution import col2im, conv2d, conv2d_weight, conv_transpose2d, im2col
from minigrad.shapes.einsum import sum_of_products
from minigrad.shapes.indexing import (
    add_along_dim,
    add_slices,
    argwhere,
    embedding,
    getitem,
    has_room,
    index_put,
    is_class,
    one_hot,
    put_along_dim,
    take_along_dim,
    take_slices,
)
from minigrad.shapes.interpolate import interpolated, shuffled, unshuffled
from minigrad.shapes.joining import cat, stack
from minigrad.shapes.linalg import linear, matmul
from minigrad.shapes.loss import cross_entropy, kl_div, nll_loss, paired, softmax_error
from minigrad.shapes.moving import broadcast_to, permute, reshape
from minigrad.shapes.normalization import channels, more_than_one, normalized_dims, standardize, standardize_gradient
from minigrad.shapes.pooling import adaptive, avg_pool2d, avg_unpool2d, max_pool2d, unpool2d
from minigrad.shapes.reduction import (
    largest_few,
    reduced,
    reduced_nonempty,
    reduced_to_norm,
    reduction_shape,
    same_shapes,
)
