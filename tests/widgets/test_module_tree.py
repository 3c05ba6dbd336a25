from xml.etree import ElementTree

import pytest

import minigrad as mg
from minigrad import nn
from minigrad.models import resnet20
from minigrad_widgets import ModuleTree
from minigrad_widgets.module_parts import opened_first

TEXT = "{http://www.w3.org/2000/svg}text"


def small():
    mg.manual_seed(0)
    return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))


def words(view):
    return [e.text for e in ElementTree.fromstring(view.picture()).iter(TEXT)]


def test_parts_within_parts_with_shapes_and_counts():
    tree = repr(ModuleTree(nn.Sequential(nn.Linear(64, 32), nn.ReLU()))).splitlines()
    assert [line.split()[:2] for line in tree] == [
        ["model", "Sequential"],
        ["0", "Linear"],
        ["weight", "(32,"],
        ["bias", "(32,)"],
        ["1", "ReLU"],
    ]
    assert tree[0].endswith("2\u202f080") and tree[-1].endswith("–")


def test_names_are_escaped():
    model = nn.Sequential()
    model.add_module('<b>"', nn.ReLU())
    tree = ModuleTree(model)
    assert "<b>" not in tree.picture() and "▾ model" in words(tree) and '<b>"' in words(tree)
    assert tree.static_html().count("<") == 1


def test_only_modules_have_parts():
    with pytest.raises(TypeError, match="got:      int"):
        ModuleTree(3)


def test_a_run_tells_outputs_costs_and_operations_and_leaves_the_model_as_it_was():
    model = resnet20()
    model.layer1.eval()
    with mg.backend("numpy"):
        tree = ModuleTree(model, (2, 3, 16, 16))
        told = nn.summary(model, (2, 3, 16, 16))
    rows = {row["key"]: row for row in tree._data["rows"]}
    for row in told.rows:
        assert rows[row.path].get("output", "") == ", ".join(map(str, row.shapes))
        assert rows[row.path].get("adds", ["0"])[0].replace("\u202f", "") == str(row.multiply_adds)
    block = [(p.name, p.calls) for p in tree.parts if p.path == "layer2.0" and p.kind == "op"]
    assert ("add", None) in block  # the residual addition stands in its block, beneath no part of it
    shares = [row["time"][2] for row in tree._data["rows"] if "time" in row]
    assert shares[0] == 1 and all(0 <= s <= 1 for s in shares) and sum(shares) > 1.5
    assert not any(m._hooks for m in model.modules()) and not model.layer1.training and model.layer2.training


def test_parts_stand_in_the_order_in_which_they_ran():
    class Backwards(nn.Module):
        def __init__(self):
            super().__init__()
            self.second, self.idle, self.first = nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3)
            self.blocks = nn.ModuleList([nn.Linear(3, 3), nn.Tanh()])

        def forward(self, x):
            for _ in range(2):
                x = self.first(x)
            for block in self.blocks:  # a list does not run: its members do
                x = block(x)
            return self.second(x) + 1

    model = Backwards()
    with mg.record() as film:
        model(mg.ones(1, 3))
        model(mg.ones(1, 3))
    tree = ModuleTree(model, film)
    top = [(p.name, p.kind, p.calls) for p in tree.parts if p.depth == 1]
    assert top == [
        ("first", "module", 2),
        ("blocks", "module", None),
        ("second", "module", 1),
        ("add", "op", None),
        ("idle", "module", 0),
    ]
    assert [p.name for p in tree.parts if p.path == "blocks.1" and p.kind == "op"] == ["tanh"]
    assert sum(p.kind == "op" for p in tree.parts) == 5  # of two runs the first, and of `first` the first call
    assert next(p for p in tree.parts if p.path == "second").output == "(1, 3)"
    with pytest.raises(ValueError, match="does not run in this film"):
        ModuleTree(small(), film)


def test_what_is_shared_counts_once_and_says_so():
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    model.add_module("again", model[0])
    tree = ModuleTree(model)
    assert tree.parts[0].count == 20 and tree.parts[-3].what == "Linear, the same as 0"


def test_modes_and_gradients_are_live(monkeypatch):
    model = small()
    tree = ModuleTree(model)
    assert tree._live == {"norms": {}, "badges": {"": ["training"]}}
    model(mg.ones(2, 64)).sum().backward()
    model[0].eval()
    model[2].requires_grad_(False)
    tree.update()
    assert tree._live["badges"] == {"": ["training"], "0": ["evaluation"], "2": ["frozen"]}
    norm = model[0].weight.grad.numpy()
    assert tree._live["norms"]["0·weight"][0] == f"{(norm.astype('float64') ** 2).sum() ** 0.5:.3g}"
    whole, parts = (sum(float(tree._live["norms"][k][0]) ** 2 for k in keys) for keys in ([""], ["0", "2"]))
    assert whole == pytest.approx(parts, rel=0.02) and "‖gradient‖" in words(tree)
    model[0].bias.grad = mg.full((32,), float("inf"))
    tree.update()
    assert tree._live["norms"]["0·bias"] == ["not finite", 0] and tree._live["norms"][""][0] == "not finite"


def test_as_a_callback_it_looks_ten_times_a_second_at_most(monkeypatch):
    now, looked = [0.0], []
    monkeypatch.setattr("minigrad_widgets.module_tree.time.monotonic", lambda: now[0])
    tree = ModuleTree(small())
    monkeypatch.setattr(tree, "_now", lambda: looked.append(now[0]) or {"norms": {}, "badges": {}})
    for step in range(1000):
        now[0] = step / 1000
        tree.on_backward_end(None)
    assert 9 <= len(looked) <= 11


def test_a_large_model_is_looked_at_for_a_tenth_of_the_time_at_most(monkeypatch):
    now, looked = [0.0], []
    monkeypatch.setattr("minigrad_widgets.module_tree.time.monotonic", lambda: now[0])
    tree = ModuleTree(small())

    def slowly():
        now[0] += 0.5
        looked.append(now[0])
        return {"norms": {}, "badges": {}}

    monkeypatch.setattr(tree, "_now", slowly)
    while now[0] < 20:
        tree.on_backward_end(None)
        now[0] += 0.01
    assert 3 <= len(looked) <= 4


def test_each_gradient_is_read_once(monkeypatch):
    model, read = nn.Sequential(nn.Sequential(small())), []
    tree = ModuleTree(model)
    model(mg.ones(2, 64)).sum().backward()
    monkeypatch.setattr("minigrad_widgets.module_tree._square", lambda g: read.append(g) or 4.0)
    tree.update()
    assert len(read) == 4 and tree._live["norms"]["0.0"] == tree._live["norms"][""] == ["4", 1.0]


def test_a_part_that_was_taken_out_is_no_error():
    model = small()
    tree = ModuleTree(model)
    model(mg.ones(2, 64)).sum().backward()
    del model[2]
    tree.update()
    assert set(tree._live["norms"]) == {"", "0", "0·weight", "0·bias"}


def test_whole_levels_are_open_at_first():
    parts = ModuleTree(resnet20()).parts
    assert set(opened_first(parts, 10**6)) == {p.path for p in parts if p.kind == "parameter"} | {
        "", "layer1", "layer2", "layer3", *(f"layer{n}.{k}" for n in (1, 2, 3) for k in range(3))
    } | {p.path.rpartition(".")[0] for p in parts if ".downsample." in p.path}  # fmt: skip
    some = opened_first(parts, 44)
    assert some[0] == "" and {"layer1", "layer2", "layer3"} <= set(some) and "layer1.0" in some
    assert "layer2.0" not in some and opened_first(parts, 1) == []


def test_the_picture_is_the_same_twice_and_has_no_times():
    def tree():
        return ModuleTree(small(), (1, 64))

    assert tree().picture() == tree().picture() and not any("µs" in w or " ms" in w for w in words(tree()))
    assert {"multiply-adds", "output", "2\u202f048", "(1, 32)"} <= set(words(tree()))
