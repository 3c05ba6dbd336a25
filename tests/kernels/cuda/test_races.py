"""Kernels with shared memory, every access of theirs written down: nothing depends on which thread comes first.

Blocks have the sizes that they have on a GPU where that is quick, and otherwise two warps at least, of which one may be ahead
of the other. A barrier that only some threads reach is an error of the simulator itself.
"""

import numpy
import pytest

from minigrad_kernels.cuda import runtime

runtime.simulate()  # before anything imports numba.cuda

from minigrad_kernels.cuda import gemm, rows, sorting, tables  # noqa: E402
from minigrad_kernels.cuda.ladder import blocks_in_registers, rungs  # noqa: E402
from minigrad_kernels.cuda.launch import Kernel  # noqa: E402
from minigrad_kernels.cuda.trace import out_of_range, races, trace  # noqa: E402
from minigrad_kernels.cuda.transfer import from_numpy  # noqa: E402

SIZES = gemm.Sizes(shallow=2, tile=8, small=(16, 2, 4), large=(32, 4, 4), busy=2, long=64)


def floats(*shape):
    return from_numpy(numpy.random.default_rng(0).standard_normal(shape).astype(numpy.float32))


def classes(n):
    return from_numpy(numpy.arange(n) % 3)


def op(name, *inputs, **parameters):
    return lambda: tables.TABLE[name](*inputs, **parameters)


def climb(x, y):
    return lambda: gemm.climb(x, y, SIZES)


def rung(run):
    return lambda: run(floats(1, 33, 35), floats(1, 33, 10), floats(1, 10, 35))


def turned(*shape):
    x = floats(*shape)
    return x.view(x.layout.swapaxes(-1, -2))


CASES = {
    "reductions by blocks": op("sum", floats(2, 300), dim=1),
    "reductions by columns": op("sum", floats(40, 33), dim=0),
    "parts of a reduction": op("mean", floats(1100)),
    "a softmax by blocks": op("softmax", floats(2, 300), dim=1),
    "a softmax of long rows": op("log_softmax", floats(1, 4100), dim=1),
    "a scan": op("cumsum", floats(2, 300), dim=1),
    "parts of a scan": op("cumsum", floats(1100), dim=0),
    "a recurrence": op("linear_recurrence", floats(1, 300), floats(1, 300), dim=1),
    "sorting": op("argsort", floats(1, 300), dim=1),
    "the first few": op("argtopk", floats(1, 300), k=3, dim=1),
    "places": op("argwhere", floats(300)),
    "a loss": op("mse_loss", floats(600), floats(600)),
    "classes by rows": op("cross_entropy", floats(2, 70), classes(2), label_smoothing=0.1),
    "the error of classes by rows": op("softmax_error", floats(2, 70), classes(2), floats()),
    "rows standardized": op("standardize", floats(2, 300), floats(300), floats(300), dim=1),
    "their gradient": op("standardize_gradient", floats(2, 300), floats(2, 300), dim=1),
    "their weight's": op("standardize_weight", floats(2, 300), floats(2, 300), shape=(300,), dim=1),
    "channels standardized": op("standardize", floats(3, 2, 7, 5), floats(2, 1, 1), dim=(0, 2, 3)),
    "the channels' gradient": op("standardize_gradient", floats(3, 2, 7, 5), floats(3, 2, 7, 5), dim=(0, 2, 3)),
    "the channels' weight's": op(
        "standardize_weight", floats(3, 2, 7, 5), floats(3, 2, 7, 5), shape=(2, 1, 1), dim=(0, 2, 3)
    ),
    "vector times matrix": climb(floats(1, 1, 300), turned(1, 2, 300)),
    "tiles": rung(rungs(8)["tiled"]),
    "tiles of transposed matrices": climb(turned(1, 10, 9), turned(1, 9, 10)),
    "blocks in registers": rung(blocks_in_registers(16, 2, 4)),
    "blocks in registers, transposed": lambda: blocks_in_registers(16, 2, 4, False, False)(
        floats(1, 17, 9), turned(1, 10, 17), turned(1, 9, 10)
    ),
    "a convolution": op("conv2d", floats(1, 3, 5, 5), floats(4, 3, 3, 2), floats(4), padding=1),
    "a transposed one": op("conv_transpose2d", floats(1, 3, 4, 4), floats(3, 4, 3, 3), stride=2),
    "a convolution's weight's": op("conv2d_weight", floats(1, 3, 5, 5), floats(1, 4, 5, 6), kernel_size=(3, 2), padding=1),
    "the weight's of few outputs": op("conv2d_weight", floats(2, 1, 9, 9), floats(2, 1, 9, 9), kernel_size=3, padding=1),
}  # fmt: skip


def shares(run):
    return "shared" in run.function.__code__.co_names


@pytest.fixture
def traced(monkeypatch):
    """Each launch of a kernel with shared memory is written down before it runs."""
    found = []
    launch = Kernel.launch

    def look(self, blocks, threads, arguments):
        if shares(self):
            handles = [x.handle() if hasattr(x, "handle") else x for x in arguments]
            found.append(trace(self.function, blocks, threads, *handles, limit=1_000_000))
        launch(self, blocks, threads, arguments)

    monkeypatch.setattr(Kernel, "launch", look)
    monkeypatch.setattr(rows, "simulating", lambda: False)
    monkeypatch.setattr(rows, "EACH", 2)
    monkeypatch.setattr(sorting, "RUN", 128)
    return found


@pytest.mark.parametrize("case", CASES)
def test_no_thread_depends_on_another_being_first(case, traced):
    CASES[case]()
    assert traced
    for found in traced:
        assert not [str(race) for race in races(found)], found.kernel
        assert not out_of_range(found), found.kernel
