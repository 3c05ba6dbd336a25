import sys

import pytest

import minigrad
from minigrad_widgets.mathematics import mathml, prose


def test_a_formula_becomes_mathml():
    assert mathml(r"x^2").startswith("<math")
    assert "<msup>" in mathml(r"x^2")


def test_prose_around_formulas_stays_in_its_place():
    html = prose("Product :math:`z = xy`.\n\n    From `rule` read off.")
    assert html.startswith("<p>Product <math") and html.endswith("<p>From <code>rule</code> read off.</p>")


@pytest.mark.parametrize(
    "docstring",
    [
        "<img src=x onerror=alert(1)>",
        r":math:`\text{<img src=x onerror=alert(1)>}`",
        r":math:`\text{<script>alert(1)</script>}`",
        r":math:`\href{javascript:alert(1)}{x}`",
        "`<b>bold</b>`",
    ],
)
def test_markup_in_a_docstring_stays_text(docstring):
    html = prose(docstring)
    for tag in ("<img", "<script", "<b>", "href="):
        assert tag not in html


@pytest.mark.parametrize("name", sorted(minigrad.OPS))
def test_every_formula_of_every_operation_can_be_drawn(name):
    assert "\\" not in prose(minigrad.OPS[name].__doc__)


def test_without_the_converter_the_source_of_the_formula_is_shown(monkeypatch):
    mathml.cache_clear()
    monkeypatch.setitem(sys.modules, "latex2mathml.converter", None)
    try:
        assert mathml(r"\alpha < 1") == r"<code>\alpha &lt; 1</code>"
    finally:
        mathml.cache_clear()
