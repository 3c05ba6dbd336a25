"""The tree of a module: paths, conversion, states that say what they left out, typing mistakes; containers."""

import copy
import pickle
from collections import OrderedDict

import numpy
import pytest

import minigrad
from minigrad import nn, tensor
from minigrad.errors import DTypeError, MinigradError, ShapeError


def net() -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(first=nn.Linear(2, 3), norm=nn.BatchNorm1d(3), rest=nn.Sequential(nn.ReLU(), nn.Linear(3, 1)))
    )


def test_what_stands_at_a_path() -> None:
    model = net()
    assert model.get_submodule("rest.1") is model.rest[1] and model.get_submodule("") is model
    assert model.get_parameter("rest.1.bias") is model.rest[1].bias
    assert model.get_buffer("norm.running_mean") is model.norm.running_mean
    with pytest.raises(AttributeError, match="leads nowhere") as raised:
        model.get_submodule("rest.2")
    assert raised.value.got == "'2' in Sequential" and raised.value.expected == "0, 1"
    with pytest.raises(AttributeError, match="leads nowhere"):
        model.get_parameter("norm.running_mean")


def test_a_typing_mistake_is_told_what_is_near() -> None:
    with pytest.raises(AttributeError, match="no attribute 'wieght'") as raised:
        _ = nn.Linear(2, 2).wieght
    assert "weight" in raised.value.hint
    with pytest.raises(AttributeError) as raised:
        _ = net().frist
    assert raised.value.hint.startswith("first")
    assert not hasattr(nn.Linear(2, 2), "running_mean") and "weight" in dir(nn.Linear(2, 2))


def test_names_may_leave_out_parts_or_repeat_shared_ones() -> None:
    layer = nn.Linear(2, 2)
    model = nn.Sequential(layer, layer)
    model.scale = nn.Parameter(tensor([1.0]))
    assert [n for n, _ in model.named_parameters("m", recurse=False)] == ["m.scale"]
    assert [n for n, _ in model.named_parameters()] == ["scale", "0.weight", "0.bias"]
    assert len(list(model.named_parameters(remove_duplicate=False))) == 5


def test_converting_keeps_the_parameters_and_leaves_integers() -> None:
    model = net()
    held = list(model.parameters())
    model(minigrad.rand(4, 2)).sum().backward()
    assert model.double() is model and all(a is b for a, b in zip(held, model.parameters(), strict=True))
    assert {str(v.dtype) for v in model.state_dict().values()} == {"float64", "int64"}
    assert all(p.grad.dtype == minigrad.float64 and p.requires_grad for p in held)
    model.zero_grad()
    model(minigrad.rand(4, 2, dtype="float64")).sum().backward()
    assert model.to("cpu", minigrad.float32).first.weight.dtype == minigrad.float32
    assert model.half().first.weight.dtype == minigrad.float16
    assert model.to(minigrad.zeros(1)).float().norm.running_var.dtype == minigrad.float32
    with pytest.raises(DTypeError, match="only be floating"):
        model.to("int64")


def test_a_compiled_program_sees_a_conversion() -> None:
    layer = nn.Linear(2, 2)
    step = minigrad.compile(lambda x: layer(x))
    x = minigrad.rand(3, 2)
    assert [step(x).dtype for _ in range(3)] == [minigrad.float32] * 3
    layer.double()
    assert step(x).dtype == minigrad.float64


@pytest.mark.parametrize("momentum", [0.1, None])
def test_running_statistics_go_on_in_a_compiled_program(momentum) -> None:
    plain = nn.BatchNorm1d(2, momentum=momentum)
    compiled = copy.deepcopy(plain)
    step = minigrad.compile(lambda x: compiled(x))
    for i in range(4):
        x = minigrad.rand(5, 2, generator=minigrad.Generator(i))
        numpy.testing.assert_allclose(step(x).numpy(), plain(x).numpy(), rtol=1e-4, atol=1e-5)
    assert compiled.num_batches_tracked.item() == 4
    numpy.testing.assert_allclose(compiled.running_mean.numpy(), plain.running_mean.numpy(), rtol=1e-5)
    numpy.testing.assert_allclose(compiled.running_var.numpy(), plain.running_var.numpy(), rtol=1e-5)


def test_loading_says_what_it_left_out() -> None:
    model, state = net(), net().state_dict()
    assert repr(model.load_state_dict(state)) == "<All keys matched successfully>"
    state["extra"] = state.pop("first.bias")
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert (missing, unexpected) == (["first.bias"], ["extra"])
    with pytest.raises(MinigradError, match="does not fit"):
        model.load_state_dict(state)


def test_copies_are_independent_and_pickles_come_back() -> None:
    model = net()
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert repr(other) == repr(model) and list(other.state_dict()) == list(model.state_dict())
        x = minigrad.rand(4, 2)
        assert other.eval()(x).tolist() == model.eval()(x).tolist()
        assert not numpy.shares_memory(other.first.weight.array, model.first.weight.array)
        assert other.first.weight.requires_grad and not other.norm.running_mean.requires_grad


@pytest.mark.parametrize("library", ["minigrad", "torch"])
def test_containers_are_pytorchs(library, torch) -> None:
    lib = {"minigrad": minigrad, "torch": torch}[library]
    make = lib.nn.ReLU, lib.nn.Tanh, lib.nn.Sigmoid, lib.nn.Flatten
    a, b, c, d = (kind() for kind in make)
    names = lambda m: [f"{n}:{type(p).__name__}" for n, p in m.named_children()]
    line = lib.nn.Sequential(a, b).append(c).insert(1, d)
    assert names(line) == ["0:ReLU", "1:Flatten", "2:Tanh", "3:Sigmoid"]
    assert line[-1] is c and names(line[1:3]) in (["1:Flatten", "2:Tanh"], ["0:Flatten", "1:Tanh"])
    del line[0]
    assert names(line) == ["0:Flatten", "1:Tanh", "2:Sigmoid"] and line.pop(0) is d and len(line) == 2
    line[0] = a
    assert names(line.extend([b])) == ["0:ReLU", "1:Sigmoid", "2:Tanh"]
    several = lib.nn.ModuleList([a]) + lib.nn.ModuleList([b])
    several += [c]
    several.insert(0, d)
    assert names(several) == ["0:Flatten", "1:ReLU", "2:Tanh", "3:Sigmoid"] and list(several[1:3]) == [a, b]
    del several[1:3]
    assert names(several) == ["0:Flatten", "1:Sigmoid"]
    named = lib.nn.ModuleDict({"x": a, "y": b})
    named["z"] = c
    named.update([("x", d)])
    assert (
        list(named) == ["x", "y", "z"] and named.pop("x") is d and "x" not in named and list(named.values()) == [b, c]
    )
    values = lib.nn.ParameterList([lib.zeros(2), lib.zeros(3)]).append(lib.zeros(1))
    assert [(n, len(p)) for n, p in values.named_parameters()] == [("0", 2), ("1", 3), ("2", 1)] and len(
        values[1:]
    ) == 2
    table = lib.nn.ParameterDict({"w": lib.zeros(2)})
    table["b"] = lib.nn.Parameter(lib.zeros(1))
    assert (
        [n for n, _ in table.named_parameters()] == ["w", "b"] and table.pop("w").requires_grad and list(table) == ["b"]
    )


def test_a_named_sequential_prints_and_slices_by_name() -> None:
    model = net()
    assert [n for n, _ in model[1:].named_children()] == ["norm", "rest"] and model[0] is model.first
    assert "(first): Linear(in_features=2, out_features=3, bias=True)" in repr(model)
    with pytest.raises(IndexError, match="no such place"):
        model[3]


def test_a_residual_adds_what_it_was_given() -> None:
    layer = nn.Linear(2, 2)
    x = tensor([[1.0, 2.0]])
    numpy.testing.assert_allclose(nn.Residual(layer)(x).numpy(), (x + layer(x)).numpy())
    wide, fit = nn.Linear(2, 3), nn.Linear(2, 3, bias=False)
    block = nn.Residual(wide, nn.ReLU(), shortcut=fit)
    numpy.testing.assert_allclose(block(x).numpy(), (fit(x) + wide(x).relu()).numpy(), rtol=1e-6)


def test_an_embedding_begins_with_zeros_for_padding_or_with_given_vectors() -> None:
    layer = nn.Embedding(4, 3, padding_idx=-2)
    assert [not row.any() for row in layer.weight.numpy()] == [False, False, True, False] and layer.padding_idx == 2
    given = nn.Embedding.from_pretrained(minigrad.ones(4, 3), padding_idx=1)
    assert given(tensor([1, 3])).tolist() == [[1.0] * 3] * 2 and not given.weight.requires_grad


def test_random_slopes_are_between_the_limits_while_training() -> None:
    x = minigrad.full((1000,), -1.0)
    z = -nn.RReLU(0.2, 0.4)(x).numpy()
    assert 0.2 <= z.min() < 0.21 and 0.39 < z.max() <= 0.4
    assert nn.RReLU(0.2, 0.4).eval()(x)[0].item() == pytest.approx(-0.3)


def test_dropout_follows_the_mode_and_its_generator() -> None:
    drop, x = nn.Dropout(0.25, generator=minigrad.Generator(0)), minigrad.ones(4000)
    z = drop(x).numpy()
    assert set(numpy.unique(z).round(4)) == {0, numpy.float32(1.3333)} and abs((z == 0).mean() - 0.25) < 0.03
    assert drop.eval()(x) is x
    with pytest.raises(DTypeError, match="no probability"):
        nn.Dropout(1.5)


@pytest.mark.parametrize(
    ("make", "shape", "message"),
    [
        (lambda: nn.BatchNorm2d(3), (2, 3, 4), "does not fit"),
        (lambda: nn.BatchNorm1d(3), (2, 4), "does not fit"),
        (lambda: nn.InstanceNorm2d(3), (4, 5, 5), "does not fit"),
        (lambda: nn.GroupNorm(2, 3), (2, 3), "do not divide"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), (1, 3, 5, 5), "does not fit"),
        (lambda: nn.Conv2d(3, 4, (3, 3, 3)), (1, 3, 5, 5), "does not fit"),
        (lambda: nn.Conv1d(3, 4, 3, stride=2, padding="same"), (1, 3, 5), "does not fit"),
        (lambda: nn.Embedding(3, 2, padding_idx=3), (1,), "no row"),
        (lambda: nn.LSTM(2, 0), (1,), "must be positive"),
    ],
)
def test_what_does_not_fit_is_said(make, shape, message) -> None:
    with pytest.raises((ShapeError, DTypeError, IndexError), match=message) as raised:
        make()(minigrad.zeros(*shape))
    assert raised.value.got and raised.value.expected and raised.value.hint


def test_a_transposed_convolution_can_be_asked_for_a_size(torch) -> None:
    data = numpy.random.default_rng(0).standard_normal((1, 2, 4, 4))
    peer = torch.nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1).double()
    ours = nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1).double()
    ours.load_state_dict(peer.state_dict())
    z, expected = ours(tensor(data), output_size=(8, 7)), peer(torch.tensor(data), output_size=(8, 7))
    numpy.testing.assert_allclose(z.numpy(), expected.detach().numpy(), rtol=1e-9)
    with pytest.raises(DTypeError, match="does not fit"):
        ours(tensor(data), output_size=(9, 7))
