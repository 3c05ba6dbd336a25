"""What is done to a module as a whole: gradients clipped, one vector of all parameters, weights normalised, modes kept."""

from minigrad.nn.utils._clip import clip_grad_norm_, clip_grad_value_, get_total_norm
from minigrad.nn.utils._modes import evaluating, kept_modes
from minigrad.nn.utils._vectors import parameters_to_vector, vector_to_parameters
from minigrad.nn.utils._weight_norm import remove_weight_norm, weight_norm

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "evaluating",
    "get_total_norm",
    "kept_modes",
    "parameters_to_vector",
    "remove_weight_norm",
    "vector_to_parameters",
    "weight_norm",
]
