"""Caffe's layers, by their subjects. Importing this makes them known to nets."""

from minigrad.caffe.layer_types import activation, data, inner_product, joining, loss

__all__ = ["activation", "data", "inner_product", "joining", "loss"]
