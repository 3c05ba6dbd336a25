"""`import minigrad`: quiet, with NumPy alone, and without a mark on the user's NumPy."""

import subprocess
import sys


def python(code: str, *flags: str) -> str:
    """What a fresh interpreter prints."""
    run = subprocess.run([sys.executable, *flags, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return run.stdout


def test_it_prints_nothing_and_imports_no_more_than_numpy() -> None:
    code = """
import sys, numpy.random
before = set(sys.modules)
import minigrad
new = {name.partition(".")[0] for name in set(sys.modules) - before}
new = {name for name in new if name not in sys.stdlib_module_names}
assert new == {"minigrad", "minigrad_kernels"}, new
"""
    assert python(code) == ""


def test_everything_works_with_numpy_alone() -> None:
    code = """
import sys
from importlib.machinery import PathFinder

class Little:  # finds the standard library, NumPy and minigrad, as if nothing else were installed
    @staticmethod
    def find_spec(name, path=None, target=None):
        top = name.partition(".")[0]
        if top in {"numpy", "minigrad", "minigrad_kernels"} or top in sys.stdlib_module_names:
            return PathFinder.find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Little
import minigrad
from minigrad.check import gradcheck
model = minigrad.nn.Sequential(minigrad.nn.Linear(50, 200), minigrad.nn.ReLU(), minigrad.nn.Linear(200, 10))
optimizer = minigrad.optim.Adam(model.parameters())
x, y = minigrad.randn(500, 50), minigrad.randint(10, size=(500,))
losses = []
for _ in range(3):
    loss = minigrad.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
assert losses[2] < losses[0]
graph = minigrad.graph.Graph()
s = graph.placeholder("s", (2,))
assert graph.run(s.exp().sum(), {s: [0.0, 0.0]}) == 2
with minigrad.record() as film:
    (x * 2).sum()
assert len(film.steps) == 2
try:
    minigrad.backend("numba")
except minigrad.errors.DeviceError as error:
    assert "not installed" in error.what and "pip install" in error.hint
else:
    raise AssertionError("numba was found")
"""
    assert python(code) == ""


def test_infinities_come_without_warnings_and_numpys_own_stay() -> None:
    code = """
import warnings
import minigrad, numpy
z = minigrad.tensor([0.0, -1.0, 1e38])
assert str(z.log().tolist()[:2]) == "[-inf, nan]"
assert (z * 1e10).tolist()[2] == float("inf")
assert (1 / z).tolist()[0] == float("inf")
x = minigrad.tensor(0.0, requires_grad=True)
x.sqrt().backward()
assert x.grad.item() == float("inf")
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    numpy.log(numpy.zeros(1))
assert len(seen) == 1, "NumPy's warnings are the user's"
"""
    assert python(code, "-W", "error") == ""


def test_an_unknown_name_is_an_attribute_error() -> None:
    code = """
import minigrad
try:
    minigrad.tensr
except AttributeError as error:
    assert "tensr" in str(error)
else:
    raise AssertionError
"""
    assert python(code) == ""
