"""What is done to a module's gradients and parameters as a whole: clipping, one vector of all, weights as length and direction."""

from minigrad.nn.utils._clip import clip_grad_norm_, clip_grad_value_, get_total_norm
from minigrad.nn.utils._vectors import parameters_to_vector, vector_to_parameters
from minigrad.nn.utils._weight_norm import remove_weight_norm, weight_norm

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "get_total_norm",
    "parameters_to_vector",
    "remove_weight_norm",
    "vector_to_parameters",
    "weight_norm",
]
