"""Caffe's layers, by their subjects. Importing this makes them known to nets."""

from minigrad.caffe.layer_types import (
    activation,
    choice,
    combining,
    convolution,
    data,
    distance,
    inner_product,
    joining,
    loss,
    normalization,
    pooling,
    powers,
    python_layer,
    scale,
    sources,
)

__all__ = [
    "activation", "choice", "combining", "convolution", "data", "distance", "inner_product", "joining", "loss",
    "normalization", "pooling", "powers", "python_layer", "scale", "sources",
]  # fmt: skip
