import pytest

import minigrad as mg
from minigrad_widgets.rules import filled, rule_of


def test_a_rule_is_read_from_its_source():
    rule = rule_of("mul")
    assert rule.formulas == ("g * y", "g * x")
    assert rule.code == "return lambda: g * y, lambda: g * x"
    assert "<math" in rule.derivation
    assert rule.inputs == ("x", "y")


def test_inputs_of_a_sequence_are_numbered():
    assert [rule_of("cat").input(n) for n in range(2)] == ["x0", "x1"]


def test_an_unknown_operation_has_an_empty_rule():
    assert rule_of("no such operation").derivation == ""


@pytest.mark.parametrize(
    ("formula", "values", "written"),
    [
        ("g * y", {"g": "2", "y": "−3"}, "2 · (−3)"),
        ("g @ w", {"g": "(5, 3)", "w": "(3, 8)"}, "(5, 3) @ (3, 8)"),
        ("-g", {"g": "−2"}, "−(−2)"),
        ("g", {"g": "−2"}, "−2"),
        ("g / x.shape[0]", {"g": "2", "x": "3"}, ""),
        ("g * exp(x)", {"g": "2", "x": "3"}, ""),
        ("g * z", {"g": "2"}, ""),
    ],
)
def test_formulas_are_filled_in_where_they_are_arithmetic(formula, values, written):
    assert filled(formula, values) == written


def test_an_operation_of_the_users_own_is_read_too():
    @mg.op(shape=mg.shapes.same, saves="x", kernel=lambda x: x * x * x)
    def cube_for_views(g, z, x):
        r"""The cube :math:`z = x^3`. From :math:`dz = 3 x^2 dx`."""
        return (3 * x * x * g,)

    try:
        assert rule_of("cube_for_views").formulas == ("3 * x * x * g",)
    finally:
        del mg.OPS["cube_for_views"]
