import pytest

from minigrad import nn
from minigrad_widgets import ModuleTree


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
    model.add_module("<b>", nn.ReLU())
    html = ModuleTree(model)._repr_html_()
    assert "&lt;b&gt;" in html and "<b><b>" not in html


def test_only_modules_have_parts():
    with pytest.raises(TypeError, match="got:      int"):
        ModuleTree(3)
