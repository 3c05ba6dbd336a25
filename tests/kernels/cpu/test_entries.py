"""The entries of both tables: which calls a compiled loop takes, and what goes to NumPy."""

import numpy as np
import pytest
from kernel_cases import ELEMENTWISE

from minigrad_kernels.cpu import ALWAYS, BY_SIZE
from minigrad_kernels.cpu.entries import KERNELS
from minigrad_kernels.numpy import TABLE

REDUCTIONS = ("sum", "mean", "amax", "amin", "prod", "var", "std", "norm", "logsumexp")

SGD_PARAMETERS = {
    "lr": 0.1,
    "momentum": 0,
    "dampening": 0,
    "weight_decay": 0,
    "nesterov": False,
    "first": False,
}
ADAM_PARAMETERS = {
    "lr": 0.1,
    "beta1": 0.9,
    "beta2": 0.9,
    "eps": 1e-8,
    "weight_decay": 0,
    "decoupled": False,
    "step": 1,
}
RMSPROP_PARAMETERS = {
    "lr": 0.1,
    "alpha": 0.9,
    "eps": 1e-8,
    "weight_decay": 0,
    "momentum": 0.0,
    "centered": False,
}


def samples(name):
    """Calls that the compiled loops must take, not hand on."""
    x = np.linspace(-1, 1, 24, dtype=np.float32).reshape(4, 6)
    if name in ELEMENTWISE:
        return [((x,), {}), ((x.astype(np.float64),), {})]
    if name in ("softmax", "log_softmax"):
        return [((x,), {"dim": 0}), ((x,), {"dim": -1})]
    if name in REDUCTIONS:
        dims = [{"dim": 0}, {"dim": -1}, {"dim": (0, 1)}]
        return [((x,), p) for p in dims] + [((x.T,), dims[0]), ((x.reshape(2, 2, 6),), {"dim": (0, 2)})]
    if name in ("argmax", "argmin", "cumsum", "cumprod"):
        return [((x,), {"dim": 0}), ((x,), {"dim": -1})]
    if KERNELS[name].signature == "binary" and name not in ("pow", "atan2"):
        return [((x, x), {}), ((x, 2.0), {}), ((0.5, x), {}), ((x, x[0]), {}), ((x[:1], x), {})]
    if name in ("gelu", "softplus", "leaky_relu", "elu", "hardtanh"):
        return [((x,), {})]
    if name.startswith("conv"):
        image, window, options = np.ones((2, 4, 8, 8), np.float32), np.ones((4, 4, 3, 3), np.float32), {"padding": 1}
        last = {"kernel_size": (3, 3)} if name == "conv2d_weight" else {}
        return [((image, image if last else window), options | last)]
    if "pool2d" in name:
        image, half = np.ones((2, 3, 8, 8), np.float32), np.ones((2, 3, 4, 4), np.float32)
        if name == "unpool2d":
            return [((half, np.zeros(half.shape, np.int64)), {"shape": image.shape})]
        if name == "avg_unpool2d":
            return [((half,), {"output_size": (8, 8), "kernel_size": 2})]
        return [((image,), {"kernel_size": 2})]
    return {
        "clamp": [((x,), {"min": 0.5}), ((x,), {"min": -1, "max": 0.5})],
        "atan2": [((x, x), {})],
        "pow": [((abs(x), x), {}), ((x, 3.0), {}), ((x, 2), {})],
        "where": [((x > 0, x, x), {}), ((x > 0, x, 0.0), {}), ((x > 0, 0, x), {})],
        "cross_entropy": [((x, np.zeros(4, np.int64)), {})],
        "linear_recurrence": [((x, x), {"dim": 0}), ((x, x), {"dim": -1})],
        "softmax_error": [
            ((x, np.arange(4), np.float32(0.5)), {}),
            ((x, np.arange(4), x[:, 0]), {"reduction": "none"}),
        ],
        "standardize": [
            ((x,), {"dim": -1}),
            ((x, x[0], x[1]), {"dim": (1,)}),
            ((x.reshape(2, 2, 6), x[:2, :1], x[2:, :1]), {"dim": (0, 2)}),
            ((x.reshape(2, 2, 3, 2), x.reshape(-1)[:6].reshape(2, 3, 1)), {"dim": (2, 3)}),
        ],
        "standardize_weight": [
            ((x, x), {"dim": -1, "shape": (6,)}),
            ((x.reshape(2, 2, 6),) * 2, {"dim": (0, 2), "shape": (2, 1)}),
        ],
        "standardize_gradient": [((x, x), {"dim": -1}), ((x.reshape(2, 2, 6),) * 2, {"dim": (0, 2), "center": False})],
        "mse_loss": [((x, x), {})],
        "l1_loss": [((x, x), {})],
        "smooth_l1_loss": [((x, x), {}), ((x, x), {"beta": 0.0})],
        "huber_loss": [((x, x), {"reduction": "sum"})],
        "binary_cross_entropy_with_logits": [((x, x), {})],
        "kl_div": [((x, abs(x)), {"reduction": "batchmean"})],
        "add_slices": [((x, np.arange(4)), {"dim": 0, "size": 5}), ((x, np.arange(6)), {"dim": -1, "size": 6})],
        "add_at": [
            ((x,), {"index": np.arange(4), "shape": (5, 6)}),
            ((x[:, 0],), {"index": (np.arange(4),) * 2, "shape": x.shape}),
        ],
        "take_along_dim": [((x, np.zeros((4, 6), int)), {"dim": dim}) for dim in (0, 1)],
        "add_along_dim": [((x, np.zeros((4, 6), int)), {"dim": dim, "shape": x.shape}) for dim in (0, 1)],
        "contiguous": [((x.T,), {}), ((x.reshape(2, 2, 6).transpose(0, 2, 1),), {})],
        "sgd_update": [((x, x, x), SGD_PARAMETERS), ((x, x, x), SGD_PARAMETERS | {"momentum": 0.9})],
        "adam_update": [
            ((x, x, x, abs(x)), ADAM_PARAMETERS),
            ((x, x, x, abs(x), abs(x)), ADAM_PARAMETERS | {"amsgrad": True, "maximize": True}),
        ],
        "nadam_update": [((x, x, x, abs(x)), ADAM_PARAMETERS | {"by_slope": 0.5, "by_mean": 0.5})],
        "radam_update": [((x, x, x, abs(x)), ADAM_PARAMETERS | {"rectification": r}) for r in (0.0, 0.5)],
        "adamax_update": [((x, x, x, abs(x)), {k: v for k, v in ADAM_PARAMETERS.items() if k != "decoupled"})],
        "rmsprop_update": [
            ((x, x, abs(x), None, None), RMSPROP_PARAMETERS),
            ((x, x, abs(x), x, x), RMSPROP_PARAMETERS | {"centered": True, "momentum": 0.9}),
        ],
        "adagrad_update": [((x, x, abs(x)), {"lr": 0.1, "eps": 1e-8, "weight_decay": 0})],
        "adadelta_update": [((x, x, abs(x), abs(x)), {"lr": 0.1, "rho": 0.9, "eps": 1e-6, "weight_decay": 0.1})],
    }[name]


@pytest.mark.parametrize("name", KERNELS)
def test_contiguous_floats_are_not_left_to_numpy(name):
    for args, parameters in samples(name):
        assert KERNELS[name].call(*args, **parameters) is not NotImplemented


def test_both_tables_replace_only_what_numpy_has():
    assert ALWAYS.keys() == BY_SIZE.keys() <= TABLE.keys()


@pytest.mark.parametrize("name", [*ELEMENTWISE, "sum", "mean", "amax", "var"])
def test_what_has_no_dimension_keeps_its_type(name):
    """NumPy turns a 0-dimensional array into a scalar."""
    x = np.array(0.5, np.float32)
    parameters = {"correction": 0} if name == "var" else {}
    assert type(ALWAYS[name](x, **parameters)) is type(TABLE[name](x, **parameters))


def test_a_python_number_goes_to_numpy():
    for table in (ALWAYS, BY_SIZE):
        assert table["sum"](2.0) == 2.0
        assert table["var"](2.0, correction=0) == 0.0
        assert table["where"](True, 1.0, 2.0) == 1.0
