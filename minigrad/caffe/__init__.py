"""Caffe 1.0: networks of layers, each with its own forward and backward.

The names are Caffe's own and pycaffe's: `caffe.Layer` and `caffe.Blob`, of which everything is made; `caffe.Net`, read from
prototxt; `caffe.NetSpec` with `layers` and `params`, for nets written in Python; `caffe.SGDSolver` and its relatives.
"""

from minigrad.caffe import layer_types, models
from minigrad.caffe.blob import Blob
from minigrad.caffe.check import GradientError, check_gradient
from minigrad.caffe.layer import CaffeError, Layer
from minigrad.caffe.message import Message, PrototxtError
from minigrad.caffe.net import Net
from minigrad.caffe.net_spec import NetSpec, layers, params, to_proto
from minigrad.caffe.prototxt import parse, to_prototxt
from minigrad.caffe.registry import LAYERS, make_layer, register_layer
from minigrad.caffe.solver import (
    AdaDeltaSolver,
    AdaGradSolver,
    AdamSolver,
    NesterovSolver,
    RMSPropSolver,
    SGDSolver,
    Solver,
    get_solver,
)

TRAIN, TEST = "TRAIN", "TEST"

__all__ = [
    "LAYERS", "TEST", "TRAIN", "AdaDeltaSolver", "AdaGradSolver", "AdamSolver", "Blob", "CaffeError", "GradientError",
    "Layer", "Message", "NesterovSolver", "Net", "NetSpec", "PrototxtError", "RMSPropSolver", "SGDSolver", "Solver",
    "check_gradient", "get_solver", "layer_types", "layers", "make_layer", "models", "params", "parse", "register_layer",
    "to_proto", "to_prototxt",
]  # fmt: skip
