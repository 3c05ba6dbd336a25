"""Solvers: policies and updates as their formulas say, in Caffe's order; snapshots; which nets are trained and tested."""

import math

import numpy
import pytest

from minigrad.caffe.layer import Layer
from minigrad.caffe.message import Message, PrototxtError
from minigrad.caffe.policies import learning_rate
from minigrad.caffe.prototxt import parse
from minigrad.caffe.registry import LAYERS
from minigrad.caffe.solver import AdamSolver, SGDSolver, Solver, get_solver
from minigrad.random import default_generator

TARGET = numpy.array([3.0, -1.0, 0.5, 2.0], numpy.float32)


class Pull(Layer):
    """Two parameters, pulled to the target: loss = |w - target|² / 2 + |b|² / 2. The last forward's noise moves the target."""

    position = 0

    def setup(self, bottom, top):
        self.blobs.add_blob(4).data = [1.0, 2.0, -3.0, 0.0]
        self.blobs.add_blob(1).data = [5.0]

    def reshape(self, bottom, top):
        top[0].reshape(1)

    def forward(self, bottom, top):
        self.position += 1
        self.off = self.blobs[0].data - TARGET * self.position**-0.5
        if self.param_str == "noise":
            self.off = self.off + default_generator().stream.standard_normal(4).astype("f")
        top[0].data = [float((self.off**2).sum() + (self.blobs[1].data ** 2).sum()) / 2]

    def backward(self, top, propagate_down, bottom):
        self.blobs[0].diff += self.off * top[0].diff
        self.blobs[1].diff += self.blobs[1].data * top[0].diff


@pytest.fixture(autouse=True)
def pull(monkeypatch):
    monkeypatch.setitem(LAYERS, "Pull", Pull)


NET = 'net_param { layer { name: "pull" type: "Pull" top: "loss" loss_weight: 1 %s } }\n'
MULTS = "param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 }"


def solver_of(text, layer=MULTS):
    return get_solver(NET % layer + 'lr_policy: "fixed"\nbase_lr: 0.1\n' + text)


def values(solver):
    return [blob.data.copy() for blob in solver.net.params["pull"]]


# -- policies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('lr_policy: "fixed"', [0.5] * 5),
        ('lr_policy: "step" gamma: 0.1 stepsize: 2', [0.5, 0.5, 0.05, 0.05, 0.005]),
        ('lr_policy: "exp" gamma: 0.5', [0.5, 0.25, 0.125, 0.0625, 0.03125]),
        ('lr_policy: "inv" gamma: 2 power: 0.5', [0.5 / math.sqrt(1 + 2 * t) for t in range(5)]),
        ('lr_policy: "multistep" gamma: 0.1 stepvalue: 1 stepvalue: 4', [0.5, 0.05, 0.05, 0.05, 0.005]),
        ('lr_policy: "poly" power: 2 max_iter: 4', [0.5, 0.5 * 9 / 16, 0.5 / 4, 0.5 / 16, 0.0]),
        ('lr_policy: "sigmoid" gamma: -1 stepsize: 2', [0.5 / (1 + math.exp(t - 2)) for t in range(5)]),
    ],
)
def test_policies(text, expected):
    solver = parse("base_lr: 0.5 " + text, "SolverParameter")
    assert [learning_rate(solver, t) for t in range(5)] == pytest.approx(expected, rel=1e-12)


# -- updates: the formulas once more, in float64, over several iterations -------------------------------------------------


def sgd(g, h, rate):
    h["v"] = 0.9 * h.get("v", 0) + rate * g
    return h["v"]


def nesterov(g, h, rate):
    old = h.get("v", 0)
    h["v"] = 0.9 * old + rate * g
    return 1.9 * h["v"] - 0.9 * old


def adagrad(g, h, rate):
    h["s"] = h.get("s", 0) + g**2
    return rate * g / (numpy.sqrt(h["s"]) + 1e-4)


def rmsprop(g, h, rate):
    h["s"] = 0.7 * h.get("s", 0) + 0.3 * g**2
    return rate * g / (numpy.sqrt(h["s"]) + 1e-4)


def adadelta(g, h, rate):
    h["s"] = 0.9 * h.get("s", 0) + 0.1 * g**2
    d = g * numpy.sqrt((h.get("u", 0) + 1e-4) / (h["s"] + 1e-4))
    h["u"] = 0.9 * h.get("u", 0) + 0.1 * d**2
    return rate * d


def adam(g, h, rate):
    h["t"] = h.get("t", 0) + 1
    h["m"] = 0.9 * h.get("m", 0) + 0.1 * g
    h["s"] = 0.99 * h.get("s", 0) + 0.01 * g**2
    return rate * math.sqrt(1 - 0.99 ** h["t"]) / (1 - 0.9 ** h["t"]) * h["m"] / (numpy.sqrt(h["s"]) + 1e-4)


@pytest.mark.parametrize("regularization", ["L2", "L1"])
@pytest.mark.parametrize(
    ("kind", "rule", "text"),
    [
        ("SGD", sgd, "momentum: 0.9"),
        ("Nesterov", nesterov, "momentum: 0.9"),
        ("AdaGrad", adagrad, "delta: 1e-4"),
        ("RMSProp", rmsprop, "rms_decay: 0.7 delta: 1e-4"),
        ("AdaDelta", adadelta, "momentum: 0.9 delta: 1e-4"),
        ("Adam", adam, "momentum: 0.9 momentum2: 0.99 delta: 1e-4"),
    ],
)
def test_updates(kind, rule, text, regularization):
    solver = solver_of(f'type: "{kind}" {text} weight_decay: 0.05 regularization_type: "{regularization}"')
    w, b = (x.astype(float) for x in values(solver))
    of_w, of_b = {}, {}
    for t in range(6):
        decay = 0.05 * (w if regularization == "L2" else numpy.sign(w))
        w = w - rule(w - TARGET / math.sqrt(t + 1) + decay, of_w, 0.1)
        b = b - rule(b, of_b, 0.2)
        solver.step(1)
        numpy.testing.assert_allclose(values(solver)[0], w, rtol=2e-5)
        numpy.testing.assert_allclose(values(solver)[1], b, rtol=2e-5)


def test_sgd_is_pytorchs_where_the_rate_is_fixed():
    torch = pytest.importorskip("torch", reason="PyTorch is the peer: make peer")
    solver = solver_of("momentum: 0.9 weight_decay: 0.05", layer="")
    w, b = (torch.tensor(x, requires_grad=True) for x in values(solver))
    optimizer = torch.optim.SGD([w, b], lr=0.1, momentum=0.9, weight_decay=0.05)
    for t in range(6):
        optimizer.zero_grad()
        (((w - torch.tensor(TARGET) * (t + 1) ** -0.5) ** 2).sum() / 2 + (b**2).sum() / 2).backward()
        optimizer.step()
    solver.step(6)
    numpy.testing.assert_allclose(values(solver)[0], w.detach().numpy(), rtol=1e-5)
    numpy.testing.assert_allclose(values(solver)[1], b.detach().numpy(), rtol=1e-5)


def test_the_velocity_carries_steps_of_the_older_rate():
    """With Caffe's form a rate of 0 does not stop at once; with PyTorch's it does."""
    solver = get_solver(NET % "" + 'base_lr: 0.1 lr_policy: "multistep" stepvalue: 1 gamma: 0 momentum: 0.5')
    start = values(solver)[1]
    solver.step(3)
    assert values(solver)[1] == pytest.approx(start - 0.1 * start * (1 + 0.5 + 0.25))


def test_clipping_is_of_all_gradients_together():
    free, clipped = solver_of(""), solver_of("clip_gradients: 2")
    start = values(free)
    free.step(1)
    clipped.step(1)
    steps = [x - y for x, y in zip(start, values(free), strict=True)]
    norm = math.sqrt(float((steps[0] ** 2).sum() + ((steps[1] / 2) ** 2).sum())) / 0.1  # lr_mult is 2 for the second
    assert norm > 2
    for before, after, whole in zip(start, values(clipped), steps, strict=True):
        numpy.testing.assert_allclose(before - after, whole * 2 / norm, rtol=1e-5)
    loose = solver_of("clip_gradients: 100")
    loose.step(1)
    numpy.testing.assert_array_equal(values(loose)[0], values(free)[0])


def test_iter_size_averages_over_forwards():
    solver = solver_of("iter_size: 2", layer="")
    w = values(solver)[0].astype(float)
    seen = []
    solver.callbacks.append(seen.append)
    solver.step(1)
    g = ((w - TARGET) + (w - TARGET / math.sqrt(2))) / 2
    numpy.testing.assert_allclose(values(solver)[0], w - 0.1 * g, rtol=1e-5)
    losses = [((w - TARGET / math.sqrt(k)) ** 2).sum() / 2 + 12.5 for k in (1, 2)]
    assert seen[0].loss == pytest.approx(sum(losses) / 2, rel=1e-6)
    assert (seen[0].iter, seen[0].rate) == (0, 0.1)


# -- running --------------------------------------------------------------------------------------------------------------


def test_tests_display_and_callbacks(capsys):
    solver = solver_of("test_iter: 2 test_interval: 2 display: 3 max_iter: 4 average_loss: 2")
    seen = []
    solver.callbacks.append(seen.append)
    solver.solve()
    assert solver.iter == 4
    assert [done.iter for done in seen] == [0, 1, 2, 3]
    assert [(at, net) for at, net, _ in solver.tested] == [(0, 0), (2, 0), (4, 0)]
    assert solver.test_nets[0].phase == "TEST"
    assert solver.test_nets[0].params["pull"][0].shares_data(solver.net.params["pull"][0])
    printed = capsys.readouterr().out
    assert printed.count("testing net #0\n    loss = ") == 3
    assert "\nIteration 3, loss = " in printed
    assert "\nIteration 1, loss" not in printed
    quiet = solver_of("test_iter: 1 test_interval: 2 test_initialization: false max_iter: 3")
    quiet.solve()
    assert [at for at, _, _ in quiet.tested] == [2]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_resuming_equals_not_stopping(kind, tmp_path):
    text = (
        f'type: "{kind}" momentum: 0.9 random_seed: 3 max_iter: 9 snapshot: 4 snapshot_prefix: "{tmp_path}/run" '
        "test_iter: 1 test_interval: 3 average_loss: 5"
    )
    whole = solver_of(text, layer='python_param { param_str: "noise" }')
    losses = []
    whole.callbacks.append(lambda done: losses.append(done.loss))
    whole.solve()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"run_iter_{n}.{kind}.npz" for n in (4, 8, 9) for kind in ("caffemodel", "solverstate")
    ]
    resumed = solver_of(text, layer='python_param { param_str: "noise" }')
    after = []
    resumed.callbacks.append(lambda done: after.append(done.loss))
    resumed.solve(tmp_path / "run_iter_4.solverstate.npz")
    assert resumed.iter == 9
    assert after == losses[4:]
    assert resumed.tested == whole.tested[-2:]
    for x, y in zip(values(resumed), values(whole), strict=True):
        numpy.testing.assert_array_equal(x, y)


def test_resuming_goes_on_in_the_data_and_in_what_dropout_draws(tmp_path):
    net = """
    layer { name: "data" type: "MemoryData" top: "data" top: "label"
      memory_data_param { batch_size: 2 channels: 4 height: 1 width: 1 } }
    layer { name: "drop" type: "Dropout" bottom: "data" top: "drop" }
    layer { name: "score" type: "InnerProduct" bottom: "drop" top: "score"
      inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
    layer { name: "loss" type: "SoftmaxWithLoss" bottom: "score" bottom: "label" top: "loss" }
    """
    text = f'net_param {{ {net} }} base_lr: 0.5 lr_policy: "fixed" momentum: 0.9 snapshot_prefix: "{tmp_path}/run"'
    stream = numpy.random.default_rng(0)
    data = stream.normal(size=(10, 4, 1, 1)), stream.integers(0, 3, 10)

    def made():
        solver = get_solver(text + " random_seed: 5")
        solver.net.set_input_arrays(*data)
        return solver

    whole, resumed = made(), made()
    whole.step(3)
    path = whole.snapshot()
    whole.step(4)
    default_generator().manual_seed(99)
    resumed.restore(path)
    resumed.step(4)
    for x, y in zip(resumed.net.params["score"], whole.net.params["score"], strict=True):
        numpy.testing.assert_array_equal(x.data, y.data)


def test_a_snapshot_of_another_solver(tmp_path):
    path = solver_of(f'snapshot_prefix: "{tmp_path}/run"').snapshot()
    with pytest.raises(PrototxtError, match="no snapshot of this solver"):
        solver_of('type: "Adam"').restore(path)
    with pytest.raises(PrototxtError, match="no snapshot_prefix"):
        solver_of("").snapshot()


def test_paths_are_relative_to_the_solvers_file(tmp_path, monkeypatch):
    (tmp_path / "net.prototxt").write_text(
        'name: "mine" layer { name: "pull" type: "Pull" top: "loss" loss_weight: 1 }\n'
        'layer { name: "more" type: "Pull" top: "more" include { phase: TEST stage: "deep" } }',
        encoding="utf-8",
    )
    path = tmp_path / "solver.prototxt"
    path.write_text(
        'net: "net.prototxt" base_lr: 1 lr_policy: "fixed" test_iter: 1 test_iter: 1 test_interval: 5\n'
        'test_state { stage: "deep" } test_state { }',
        encoding="utf-8",
    )
    solver = SGDSolver(path)
    assert solver.net.name == "mine"
    assert [list(net.layer_dict) for net in (solver.net, *solver.test_nets)] == [["pull"], ["pull", "more"], ["pull"]]
    monkeypatch.chdir(tmp_path)
    assert get_solver('net: "net.prototxt" base_lr: 1 lr_policy: "fixed"').net.name == "mine"
    assert AdamSolver(Message("SolverParameter", net="net.prototxt", base_lr=1, lr_policy="fixed")).param.type == "Adam"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('base_lr: 1 lr_policy: "steps"', "did you mean step"),
        ('base_lr: 1 lr_policy: "step"', "no gamma, no stepsize"),
        ('lr_policy: "fixed"', "no base_lr"),
        ('base_lr: 1 lr_policy: "fixed" type: "Adm"', "did you mean Adam"),
        ('base_lr: 1 lr_policy: "fixed" type: "RMSProp" momentum: 0.9', "has no momentum"),
        ('base_lr: 1 lr_policy: "fixed" momentum: 1', "0 <= momentum < 1"),
        ('base_lr: 1 lr_policy: "fixed" regularization_type: "L3"', "L1 or L2"),
        ('base_lr: 1 lr_policy: "fixed" test_iter: 1', "test_interval"),
        ('base_lr: 1 lr_policy: "fixed" net: "nowhere.prototxt"', "exactly one net"),
        ('base_lr: 1 lr_policy: "fixed" test_net: "x.prototxt"', "once for each test net"),
    ],
)
def test_what_is_wrong_with_a_solver(text, words):
    with pytest.raises(PrototxtError, match=words):
        Solver(NET % "" + text)


def test_a_net_that_is_not_there():
    with pytest.raises(PrototxtError, match=r"the net 'nowhere.prototxt' is not there"):
        Solver('net: "nowhere.prototxt" base_lr: 1 lr_policy: "fixed"')
