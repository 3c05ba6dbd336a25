import programs

from minigrad_widgets import BackwardStepper
from minigrad_widgets.cards import unbroadcast


def cards(view):
    return {card["name"] or card["title"]: card for card in view._data["cards"]}


def test_a_card_has_the_nodes_own_numbers_in_the_rule():
    view = BackwardStepper(programs.diamond())
    product = cards(view)["c"]["passes"][0]
    first = product["out"][0]
    assert first["formula"] == "g · y" and first["to"] == "a"
    g = view._data["values"][product["g"]]["cells"][0][0]
    assert first["filled"] == f"{'(' + g + ')' if g.startswith('−') else g} · (−0.5)"


def test_the_ledger_sums_are_running_sums():
    film = programs.diamond()
    view = BackwardStepper(film)
    told = cards(view)["c"]["passes"][0]
    summands = [float(c["brief"].replace("−", "-")) for c in told["in"]]
    sums = [float(view._data["values"][n]["cells"][0][0].replace("−", "-")) for n in told["sums"]]
    assert len(summands) == 3
    assert sums == [round(sum(summands[: n + 1]), 6) for n in range(3)]


def test_a_node_is_ready_from_its_last_contribution_until_it_runs():
    view = BackwardStepper(programs.diamond())
    for card in cards(view).values():
        told = card["passes"][0]
        if told and told["frames"] and told["ready"]:
            assert told["ready"] == [[max(told["frames"]), told["runs"][0]]]


def test_the_source_line_is_the_users():
    card = cards(BackwardStepper(programs.diamond()))["c"]
    assert card["line"] == "c = a * b"
    assert card["where"].startswith("programs.py, line ")


def test_a_broadcast_input_says_how_its_gradient_was_summed():
    card = cards(BackwardStepper(programs.bias()))["add"]
    (sent,) = [p for p in card["passes"][0]["out"] if "to" in p]
    assert sent["unbroadcast"] == "(3, 2) → (2,): summed over axis 0, along which it was broadcast"
    assert unbroadcast((4, 3, 2), (3, 1)) == "(4, 3, 2) → (3, 1): summed over axes 0, 2, along which it was broadcast"


def test_an_axis_of_one_that_stayed_one_was_not_summed():
    assert unbroadcast((4, 1), (1,)) == "(4, 1) → (1,): summed over axis 0, along which it was broadcast"


def test_an_input_without_gradient_says_so():
    card = cards(BackwardStepper(programs.bias()))["add"]
    assert card["passes"][0]["out"][0] == {"input": "x", "none": "x"}


def test_a_closed_group_tells_what_came_and_what_went():
    view = BackwardStepper(programs.mlp(), opened=["/Sequential"])
    group = next(c for c in view._data["cards"] if c["title"] == "2: Linear")
    told = group["passes"][0]
    assert [c["from"] for c in told["in"]] == ["loss"]
    assert [c["to"] for c in told["out"]] == ["relu"]
    assert group["counts"] == "1 linear"
