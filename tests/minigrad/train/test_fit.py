"""`fit` does what a loop written by hand does, and each of its options what it says."""

import itertools
import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.errors import DTypeError, MinigradError
from minigrad.metrics import Accuracy, ConfusionMatrix
from minigrad.train import Callback, Control, LearningRateLog, evaluate, fit

LOSS = nn.CrossEntropyLoss()


def data(*sizes, dtype="float64"):
    random = np.random.default_rng(0)
    x = random.standard_normal((sum(sizes), 3)).astype(dtype)
    y = (x[:, 0] > x[:, 1]).astype(np.int64)
    places = np.cumsum((0, *sizes))
    return [(mg.tensor(x[i:j]), mg.tensor(y[i:j])) for i, j in itertools.pairwise(places)]


def model(dtype="float64"):
    mg.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)).to(dtype)


def weights(net):
    return np.concatenate([p.numpy().ravel() for p in net.parameters()])


def trained(batches, **options):
    net = options.pop("net", None) or model()
    lr = options.pop("lr", 0.1)
    optimizer = options.pop("optimizer", None) or optim.SGD(net.parameters(), lr=lr, momentum=0.9)
    return fit(net, batches, options.pop("loss", LOSS), optimizer, **options)


@pytest.mark.parametrize("compile", [False, True])
def test_the_numbers_are_those_of_a_loop_by_hand(compile, backend):
    net, batches = model("float32"), data(4, 4, 3, dtype="float32")
    optimizer = optim.Adam(net.parameters(), lr=0.05)
    losses = []
    for _ in range(3):
        for x, y in batches:
            optimizer.zero_grad()
            loss = LOSS(net(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 0.3)
            optimizer.step()
            losses.append(loss.item())
    own = model("float32")
    run = trained(
        batches, net=own, optimizer=optim.Adam(own.parameters(), lr=0.05), epochs=3, clip_grad_norm=0.3, compile=compile
    )
    if compile:  # a fused kernel may round in another order
        np.testing.assert_allclose(run.tracker.series("loss")[1], losses, rtol=1e-5)
        np.testing.assert_allclose(weights(own), weights(net), rtol=1e-4)
    else:
        assert run.tracker.series("loss") == (list(range(1, 10)), losses)
        assert weights(own).tobytes() == weights(net).tobytes()
    assert (run.step, run.epoch, run.stopped) == (9, 3, None)


def test_accumulated_uneven_batches_have_the_gradient_of_all_their_examples():
    whole = trained([tuple(map(mg.cat, zip(*data(4, 3, 2), strict=True)))])
    parts = trained(data(4, 3, 2), accumulate=3)
    np.testing.assert_allclose(weights(parts.model), weights(whole.model), rtol=1e-12)
    assert parts.loss == pytest.approx(whole.loss, rel=1e-12)
    assert parts.step == 1
    assert trained(data(4, 3, 2, 2), accumulate=3).step == 2
    summed = trained(data(4, 3, 2), accumulate=3, loss=nn.CrossEntropyLoss(reduction="sum"), lr=0.1 / 9)
    np.testing.assert_allclose(weights(summed.model), weights(whole.model), rtol=1e-12)
    assert summed.values["train_loss"] == pytest.approx(whole.values["train_loss"], rel=1e-12)
    held_out = data(4, 3, 2)
    sums, means = (evaluate(whole.model, held_out, loss=nn.CrossEntropyLoss(reduction=r)) for r in ("sum", "mean"))
    assert sums["loss"] == pytest.approx(means["loss"], rel=1e-12)


def test_measured_is_the_mean_over_examples_not_over_batches():
    net, batches = model(), data(7, 1)
    found = evaluate(net, batches, {"accuracy": Accuracy()}, LOSS)
    whole = evaluate(net, [tuple(map(mg.cat, zip(*batches, strict=True)))], {"accuracy": Accuracy()}, LOSS)
    assert found == pytest.approx(whole)
    of_batches = [evaluate(net, [batch], loss=LOSS)["loss"] for batch in batches]
    assert abs(sum(of_batches) / 2 - found["loss"]) > 1e-3
    run = trained(batches, net=net, lr=0.0, validation=batches, metrics=[Accuracy(), ConfusionMatrix(2)])
    assert run.values["train_loss"] == pytest.approx(found["loss"])
    assert run.values["validation_accuracy"] == found["accuracy"]
    assert run.metrics["confusion_matrix"].compute().sum() == 8
    assert set(run.tracker.last) == {"step", "epoch", "loss"} | {
        f"{part}_{name}" for part in ("train", "validation") for name in ("loss", "accuracy")
    }


def test_batches_may_be_pairs_longer_tuples_and_dictionaries_of_arrays():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = model()

        def forward(self, x, *, shift):
            return self.inner(x) + shift

    class Plain(Two):
        def forward(self, x, shift):
            return super().forward(x, shift=shift)

    x, y = data(4)[0]
    by_name = trained([{"x": x.numpy(), "shift": np.ones((4, 1)), "target": y.numpy()}], net=Two())
    by_place = trained([[x, mg.ones(4, 1), y]], net=Plain())
    assert weights(by_name.model).tobytes() == weights(by_place.model).tobytes()


@pytest.mark.parametrize("batch", [mg.ones(3), [mg.ones(3)], {"x": mg.ones(3)}, {"target": mg.ones(3)}])
def test_what_is_no_batch_is_refused(batch):
    with pytest.raises(DTypeError, match=r"inputs and a target[\s\S]*\(x, x\)"):
        trained([batch])


def test_data_that_end_are_refused():
    with pytest.raises(MinigradError, match="gave no batch"):
        trained([])
    with pytest.raises(DTypeError, match="gone through once"):
        trained(iter(data(4)), epochs=2)
    assert trained(iter(data(4))).step == 1
    with pytest.raises(MinigradError, match="gave no batch"):
        evaluate(model(), [], loss=LOSS)
    with pytest.raises(MinigradError, match="what to measure"):
        evaluate(model(), data(4))


@pytest.mark.parametrize(
    "wrong", [{"epochs": 0}, {"accumulate": 1.5}, {"scheduler_every": "batch"}, {"metrics": [Accuracy(), Accuracy()]}]
)
def test_options_that_cannot_be_are_refused(wrong):
    with pytest.raises(DTypeError, match="cannot be trained with"):
        trained(data(4), **wrong)


def rates(make, **options):
    net = model()
    optimizer = optim.SGD(net.parameters(), lr=1.0)
    run = trained(
        data(4, 4),
        net=net,
        optimizer=optimizer,
        scheduler=make(optimizer),
        epochs=3,
        callbacks=[LearningRateLog()],
        **options,
    )
    return run.tracker.series("learning_rate")[1]


def test_schedules_take_their_steps_after_epochs_or_after_steps():
    def halves(optimizer):
        return optim.lr_scheduler.ExponentialLR(optimizer, 0.5)

    assert rates(halves) == [1, 1, 0.5, 0.5, 0.25, 0.25]
    assert rates(halves, scheduler_every="step") == [0.5**n for n in range(6)]
    assert len(set(rates(lambda o: optim.lr_scheduler.OneCycleLR(o, max_lr=1.0, total_steps=6)))) == 6

    def plateau(optimizer):
        return optim.lr_scheduler.ReduceLROnPlateau(optimizer, "max", patience=0, factor=0.5)

    assert rates(plateau, monitor="train_loss")[0] == 1
    assert rates(plateau, monitor="validation_loss", validation=data(4)) == [1, 1, 1, 1, 0.5, 0.5]
    with pytest.raises(MinigradError, match="validation_accuracy"):
        rates(plateau, monitor="validation_acuracy", validation=data(4), metrics={"accuracy": Accuracy()})


def test_the_control_s_rate_holds_whatever_the_schedule_says_and_leaves_it_alone():
    control = Control()

    class Slider(Callback):
        def on_step_end(self, run):
            control.learning_rate = {2: 0.125, 4: None}.get(run.step, control.learning_rate)

    net = model()
    groups = [{"params": net[0].parameters()}, {"params": net[2].parameters(), "lr": 4.0}]
    optimizer = optim.SGD(groups, lr=1.0)
    schedule = optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    run = trained(
        data(4, 4),
        net=net,
        optimizer=optimizer,
        scheduler=schedule,
        epochs=3,
        control=control,
        callbacks=[Slider(), LearningRateLog()],
    )
    assert run.tracker.series("learning_rate 0")[1] == [1, 1, 0.125, 0.125, 0.25, 0.25]
    assert run.tracker.series("learning_rate 1")[1] == [4, 4, 0.5, 0.5, 1, 1]
    for wrong in (-1, float("nan"), "fast"):
        with pytest.raises(DTypeError, match="no learning rate"):
            control.learning_rate = wrong


def test_callbacks_hear_every_moment_in_order_and_of_the_end_the_other_way_round():
    heard = []

    class Ear:
        def __init__(self, name, last=False):
            self.name, self.last = name, last

        def __getattr__(self, moment):
            if not moment.startswith("on_"):
                raise AttributeError(moment)
            return lambda run: heard.append((self.name, moment.removeprefix("on_")))

    trained(data(4), callbacks=[Ear("c", last=True), Ear("a"), Ear("b")])
    moments = ["fit_begin", "epoch_begin", "step_begin", "backward_end", "step_end", "epoch_end"]
    assert heard == [(name, m) for m in moments for name in "abc"] + [(name, "fit_end") for name in "cba"]


def test_modes_are_as_before_whatever_happens():
    net = nn.Sequential(model(), nn.Dropout(0.0))
    net[1].eval()
    modes = [m.training for m in net.modules()]
    seen = []

    class Look(Callback):
        def on_step_begin(self, run):
            seen.append([m.training for m in net.modules()])
            if len(seen) == 3:
                raise ZeroDivisionError("on purpose")

    control = Control()
    with pytest.raises(ZeroDivisionError):
        trained(data(4), net=net, validation=data(4), epochs=3, callbacks=[Look()], control=control)
    assert seen == [[True] * 6] * 3
    assert [m.training for m in net.modules()] == modes
    assert control.run.stopped == "ZeroDivisionError: on purpose"


def test_another_thread_pauses_and_goes_on():
    control, rested = Control(), threading.Event()

    class Rest(Callback):
        def on_step_end(self, run):
            if run.step == 2:
                control.pause()
                threading.Timer(0.05, lambda: (rested.set(), control.resume())).start()
            assert run.step < 3 or rested.is_set()

    assert trained(data(4), epochs=4, callbacks=[Rest()], control=control).step == 4
    assert not control.paused


def test_stopping_after_the_backward_pass_leaves_the_weights():
    class Break(Callback):
        def on_backward_end(self, run):
            assert all(p.grad is not None for p in run.model.parameters())
            if run.step == 2:
                run.control.stop("enough")

    run = trained(data(4), epochs=5, callbacks=[Break()])
    assert (run.step, run.stopped) == (2, "enough")
    assert weights(run.model).tobytes() == weights(trained(data(4), epochs=2).model).tobytes()
    assert "stopped: enough; 2 steps" in repr(run)
