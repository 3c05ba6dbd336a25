"""`summary`: counted by hand for small models; nothing of the model is changed."""

import numpy
import pytest

import minigrad
from minigrad import nn


def model() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Residual(nn.ReLU(), nn.Conv2d(4, 4, 1, bias=False)),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 9, 5),
    )  # fmt: skip


def test_what_is_counted() -> None:
    made = nn.summary(model(), minigrad.zeros(2, 1, 6, 6))
    rows = {row.path: row for row in made.rows}
    assert rows["0"].shapes == ((2, 4, 6, 6),) and rows["0"].parameters == 4 * 9 + 4
    assert rows["0"].multiply_adds == 2 * 4 * 36 * 9 and rows["5"].multiply_adds == 2 * 5 * 36
    assert rows["2.body.1"].multiply_adds == 2 * 4 * 36 * 4 == rows["2"].multiply_adds
    assert rows["2"].depth == 1 and rows["2.body.1"].depth == 3 and rows["2.body.0"].kind == "ReLU"
    assert made.multiply_adds == 2 * 4 * 36 * (9 + 4) + 2 * 5 * 36
    assert made.parameters == 40 + 8 + 16 + 36 * 5 + 5
    assert rows["2.body.0"].activation_bytes == 4 * 2 * 4 * 36 and rows["4"].activation_bytes == 0
    assert rows["2"].activation_bytes == 3 * 4 * 2 * 4 * 36, "the rectifier, the convolution, the sum"


def test_attention_counts_its_products() -> None:
    x = minigrad.zeros(5, 2, 8)
    made = nn.summary(nn.TransformerEncoderLayer(8, 2, 16), x)
    projections, reading, wide = 4 * 8 * 8, 2 * 5 * 8, 2 * 8 * 16
    assert made.multiply_adds == 2 * 5 * (projections + reading + wide)
    assert nn.summary(nn.Bilinear(3, 4, 5), (minigrad.zeros(2, 3), minigrad.zeros(2, 4))).multiply_adds >= 2 * 3 * 4 * 5


def test_the_model_is_left_as_it_was() -> None:
    net, x = model(), minigrad.rand(2, 1, 6, 6)
    net[3].eval()
    before = {n: v.numpy().copy() for n, v in net.state_dict().items()}
    attributes = [sorted(vars(m)) for m in net.modules()]
    nn.summary(net, x)
    assert [m.training for m in net.modules()] == [m is not net[3] for m in net.modules()]
    assert all(numpy.array_equal(before[n], v.numpy()) for n, v in net.state_dict().items())
    assert [sorted(vars(m)) for m in net.modules()] == attributes and all(p.grad is None for p in net.parameters())
    with pytest.raises(minigrad.errors.ShapeError):
        nn.summary(net, minigrad.zeros(2, 3, 6, 6))
    assert [sorted(vars(m)) for m in net.modules()] == attributes and net.training


def test_shared_parts_several_inputs_and_what_does_not_run() -> None:
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.spare, self.memory = nn.Linear(3, 3), nn.Tanh(), nn.LSTM(3, 3)
            self.layer.requires_grad_(False)

        def forward(self, x, y):
            return self.memory(self.layer(self.layer(x)) + y)

    made = nn.summary(Twice(), (minigrad.zeros(2, 1, 3), minigrad.zeros(2, 1, 3)))
    rows = {row.path: row for row in made.rows}
    assert rows["layer"].calls == 2 and rows["layer"].multiply_adds == 2 * 2 * 9 and rows["spare"].calls == 0
    assert rows["memory"].shapes == ((2, 1, 3), (1, 1, 3), (1, 1, 3)) and rows["layer"].trainable == 0
    assert "12 frozen" in repr(made) and "not run" in repr(made) and "(2, 1, 3) ×2" in repr(made)


def test_as_text_and_html() -> None:
    made = nn.summary(nn.Sequential({"a<b": nn.Linear(2, 3)}), (4, 2))
    assert repr(made).splitlines() == [
        "module         output  parameters  multiply-adds  activations",
        "─────────────────────────────────────────────────────────────",
        "Sequential     (4, 3)           9             24         48 B",
        "  a<b: Linear  (4, 3)           9             24         48 B",
        "─────────────────────────────────────────────────────────────",
        "9 parameters (9 learned), 24 multiply-adds, 48 B of activations",
    ]
    page = made._repr_html_()
    assert "a&lt;b: Linear" in page and "a<b" not in page and page.count("<tr>") == 3
