"""`Module`: a tree of parts, found by being assigned, saved and loaded by their paths."""

import threading

import numpy
import pytest

import minigrad
from minigrad import nn, tensor
from minigrad.errors import DTypeError, GraphError, MinigradError, ShapeError


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(tensor([2.0]))
        self.first = nn.Linear(2, 3)
        self.rest = nn.Sequential(nn.ReLU(), nn.Linear(3, 1, bias=False))
        self.register_buffer("seen", tensor([0.0]))
        self.note = "an ordinary attribute"

    def forward(self, x):
        return self.rest(self.first(x)) * self.scale


NAMES = ["scale", "first.weight", "first.bias", "rest.1.weight"]


def test_what_is_assigned_is_registered() -> None:
    net = Net()
    assert [name for name, _ in net.named_parameters()] == NAMES
    assert [name for name, _ in net.named_buffers()] == ["seen"]
    assert [name for name, _ in net.named_modules()] == ["", "first", "rest", "rest.0", "rest.1"]
    assert [type(m).__name__ for m in net.children()] == ["Linear", "Sequential"]
    assert all(p.requires_grad and p.is_leaf for p in net.parameters())
    assert net.rest[1].bias is None and len(net.rest) == 2 and isinstance(net.rest[:1], nn.Sequential)


def test_names_and_order_are_pytorchs(torch) -> None:
    class Peer(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.tensor([2.0]))
            self.first = torch.nn.Linear(2, 3)
            self.rest = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Linear(3, 1, bias=False))
            self.register_buffer("seen", torch.tensor([0.0]))

    net, peer = Net(), Peer()
    for walk in ("named_parameters", "named_buffers", "named_modules"):
        assert [n for n, _ in getattr(net, walk)()] == [n for n, _ in getattr(peer, walk)()]
    assert list(net.state_dict()) == list(peer.state_dict())


def test_assigning_again_replaces_and_deleting_removes() -> None:
    net = Net()
    net.first = nn.Linear(2, 3, bias=False)
    assert "first.bias" not in dict(net.named_parameters())
    del net.scale
    net.scale = 3.0
    assert "scale" not in dict(net.named_parameters()) and net.scale == 3.0
    del net.rest
    assert [name for name, _ in net.named_modules()] == ["", "first"]
    with pytest.raises(AttributeError, match="rest"):
        _ = net.rest


def test_a_parameter_that_is_replaced_keeps_its_place_and_nothing_else_takes_it() -> None:
    net = Net()
    net.scale = nn.Parameter(tensor([4.0]))
    assert [name for name, _ in net.named_parameters()] == NAMES and net.scale.tolist() == [4.0]
    with pytest.raises(DTypeError, match="'scale' cannot be replaced") as raised:
        net.scale = tensor([5.0])
    assert raised.value.got == "Tensor" and raised.value.expected == "Parameter or None"
    with pytest.raises(DTypeError, match="'first' cannot be replaced"):
        net.first = minigrad.relu
    net.scale = None
    assert [name for name, _ in net.named_parameters()] == NAMES[1:]
    net.scale = nn.Parameter(tensor([6.0]))
    assert [name for name, _ in net.named_parameters()] == NAMES


def test_a_buffer_stays_one_when_a_new_tensor_is_assigned() -> None:
    net = Net()
    net.seen = tensor([3.0])
    assert net.state_dict()["seen"].tolist() == [3.0] and "seen" not in vars(net)
    net.seen = None
    assert "seen" not in net.state_dict() and net.seen is None
    net.seen = tensor([4.0])
    assert net.state_dict()["seen"].tolist() == [4.0]


def test_a_buffer_may_be_no_part_of_the_state() -> None:
    net = Net()
    net.register_buffer("mask", tensor([1.0]), persistent=False)
    assert "mask" not in net.state_dict() and "mask" in dict(net.named_buffers())
    net.register_buffer("mask", tensor([1.0]))
    assert "mask" in net.state_dict()


@pytest.mark.parametrize(
    ("register", "name", "value", "message"),
    [
        ("register_buffer", "count", 3, "not of the kind"),
        ("register_parameter", "weight", tensor([1.0]), "not of the kind"),
        ("add_module", "act", minigrad.relu, "not of the kind"),
        ("register_buffer", "a.b", tensor([1.0]), "under this name"),
        ("add_module", "forward", nn.ReLU(), "under this name"),
        ("register_buffer", "scale", tensor([1.0]), "under this name"),
    ],
)
def test_what_cannot_be_registered_says_why(register, name, value, message) -> None:
    net = Net()
    with pytest.raises(MinigradError, match=message):
        getattr(net, register)(name, value)
    assert [n for n, _ in net.named_parameters()] == NAMES and [n for n, _ in net.named_buffers()] == ["seen"]


def test_a_shared_part_stands_in_the_state_under_each_of_its_paths(torch) -> None:
    layer, peer = nn.Linear(2, 2), torch.nn.Linear(2, 2)
    tied, tied_peer = nn.Sequential(layer, nn.ReLU(), layer), torch.nn.Sequential(peer, torch.nn.ReLU(), peer)
    tied.also, tied_peer.also = layer.weight, peer.weight
    assert list(tied.state_dict()) == list(tied_peer.state_dict())
    tied.load_state_dict({name: value.numpy() for name, value in tied_peer.state_dict().items()})
    assert layer.bias.tolist() == peer.bias.tolist()


def test_a_shared_part_counts_once() -> None:
    layer = nn.Linear(2, 2)
    tied = nn.Sequential(layer, nn.ReLU(), layer)
    assert len(list(tied.parameters())) == 2
    assert [name for name, _ in tied.named_modules()] == ["", "0", "1"]
    assert list(tied.modules())[1] is layer
    other = nn.Linear(2, 2)
    other.weight = layer.weight
    assert [name for name, _ in nn.Sequential(layer, other).named_parameters()] == ["0.weight", "0.bias", "1.bias"]


def test_assigning_before_init_says_what_is_missing() -> None:
    class Hasty(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter(tensor([1.0]))

    with pytest.raises(GraphError, match=r"before Module.__init__ ran") as raised:
        Hasty()
    assert "super().__init__()" in raised.value.hint


def test_train_eval_freeze_and_forget() -> None:
    net = Net()
    assert net.eval() is net and not any(m.training for m in net.modules())
    assert net.train() is net and all(m.training for m in net.modules())
    net(tensor([[1.0, 2.0]])).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    net.requires_grad_(False)
    assert not net(tensor([[1.0, 2.0]])).requires_grad


def test_apply_visits_every_part_children_first() -> None:
    seen = []
    Net().apply(lambda m: seen.append(type(m).__name__))
    assert seen == ["Linear", "ReLU", "Linear", "Sequential", "Net"]


def test_a_state_is_copied_into_another_model() -> None:
    a, b = Net(), Net()
    a.seen.fill_(7)
    memory = b.first.weight.array
    b.load_state_dict(a.state_dict())
    x = tensor([[1.0, -1.0]])
    assert b(x).tolist() == a(x).tolist() and b.seen.tolist() == [7.0]
    assert b.first.weight.array is memory, "an optimiser that holds the parameter keeps holding it"
    assert not numpy.shares_memory(a.first.weight.array, b.first.weight.array)
    assert b.first.weight.requires_grad and b.first.weight.is_leaf


def test_a_state_that_does_not_fit_is_refused_with_every_reason_and_changes_nothing() -> None:
    net = Net()
    before = {name: value.numpy().copy() for name, value in net.state_dict().items()}
    state = {name: value * 0 for name, value in net.state_dict().items()}
    state["extra"] = state.pop("scale")
    state["first.weight"] = tensor([[1.0]])
    with pytest.raises(ShapeError) as raised:
        net.load_state_dict(state)
    for part in ("missing scale", "unexpected extra", "first.weight of shape (1, 1) for (3, 2)"):
        assert part in raised.value.got
    for name, value in net.state_dict().items():
        numpy.testing.assert_array_equal(value.numpy(), before[name])
    assert "strict" not in raised.value.hint
    del state["first.weight"]
    with pytest.raises(MinigradError, match="the state does not fit"):
        net.load_state_dict(state)
    net.load_state_dict(state, strict=False)
    assert net.first.bias.tolist() == [0.0] * 3 and net.scale.tolist() == [2.0]


def test_its_repr_is_a_tree() -> None:
    assert repr(Net()) == (
        "Net(\n"
        "  (first): Linear(in_features=2, out_features=3, bias=True)\n"
        "  (rest): Sequential(\n"
        "    (0): ReLU()\n"
        "    (1): Linear(in_features=3, out_features=1, bias=False)\n"
        "  )\n"
        ")"
    )


def test_a_module_without_forward_says_so() -> None:
    with pytest.raises(NotImplementedError, match="forward"):
        nn.Module()(tensor([1.0]))


def test_sequential_takes_modules_only() -> None:
    with pytest.raises(DTypeError, match="takes modules") as raised:
        nn.Sequential(nn.Linear(1, 1), minigrad.relu)
    assert "place 1" in raised.value.got and "nn.ReLU()" in raised.value.hint


def test_threads_do_not_stand_inside_each_others_modules() -> None:
    inside, done = threading.Event(), threading.Event()

    class Slow(nn.Module):
        def forward(self, x):
            inside.set()
            assert done.wait(10)
            return x

    with minigrad.record() as film:
        thread = threading.Thread(target=Slow(), args=(tensor([1.0]),))
        thread.start()
        assert inside.wait(10)
        nn.ReLU()(tensor([1.0]))
        done.set()
        thread.join()
    assert [v.scope for v in film.vertices if v.op == "relu"] == [("ReLU",)]


def test_a_film_knows_the_modules_around_an_op() -> None:
    net = Net()
    with minigrad.record() as film:
        net(tensor([[1.0, 2.0]]))
    scopes = {v.op: v.scope for v in film.vertices if v.kind == "op"}
    assert scopes["relu"] == ("Net", "rest: Sequential", "0: ReLU")
    assert scopes["mul"] == ("Net",)
    assert {v.name for v in film.vertices if v.kind == "leaf"} == set(NAMES)
