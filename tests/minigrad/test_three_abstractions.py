"""The same networks as layers, as a declared graph, as a program, and compiled: the same losses and gradients, step by step.

One oracle over all front ends. They share kernels, but not who walks the graph: Caffe's layers have backward passes written
by hand, TensorFlow's gradients are nodes that were declared, the tape remembers what ran, and the compiler captures that.
"""

import numpy
import pytest

from minigrad_course.side_by_side.training import WAYS, initial_weights

STEPS, BATCH = 4, 32
OTHERS = [name for name in WAYS if name != "imperative"]


@pytest.fixture(scope="module")
def digits():
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn has the digits: make env-dev")
    data = datasets.load_digits()
    return (data.images[:, None] / 16).astype("float32"), data.target.astype("int64")


def batches(digits):
    images, labels = digits
    return [(images[i : i + BATCH], labels[i : i + BATCH]) for i in range(0, STEPS * BATCH, BATCH)]


@pytest.fixture(scope="module")
def reference(digits):
    """What the imperative program does: for each network, each step's loss and gradients, and the weights at the end."""
    found = {}
    for network in ("MLP", "LeNet", "ResNet"):
        run = WAYS["imperative"](network, initial_weights(network), BATCH)
        found[network] = [run.step(*batch) for batch in batches(digits)], run.weights()
    return found


def close(got, expected, what):
    scale = max(float(numpy.abs(expected).max()), 1e-3)
    numpy.testing.assert_allclose(got, expected, rtol=0, atol=1e-4 * scale, err_msg=what)


@pytest.mark.parametrize("network", ["MLP", "LeNet", "ResNet"])
@pytest.mark.parametrize("way", OTHERS)
def test_same_losses_and_gradients(way, network, digits, reference):
    weights = initial_weights(network)
    run = WAYS[way](network, weights, BATCH)
    steps, end = reference[network]
    for t, ((images, labels), (loss, gradients)) in enumerate(zip(batches(digits), steps, strict=True)):
        got, mine = run.step(images, labels)
        assert got == pytest.approx(loss, rel=1e-5), f"loss at step {t}"
        assert mine.keys() == gradients.keys() == weights.keys()
        for name in gradients:
            close(mine[name], gradients[name], f"gradient of {name} at step {t}")
    for name, w in run.weights().items():
        close(w, end[name], f"{name} after {STEPS} steps")


@pytest.mark.parametrize("network", ["MLP", "LeNet", "ResNet"])
def test_there_is_something_to_compare(network, reference):
    steps, end = reference[network]
    start = initial_weights(network)
    assert len({round(loss, 3) for loss, _ in steps}) == STEPS
    for name, w in end.items():
        assert steps[0][1][name].any(), f"the gradient of {name} is not 0"
        assert not numpy.array_equal(w, start[name])
