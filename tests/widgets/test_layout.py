import subprocess

import programs
import pytest

from minigrad_widgets import GraphView, layout
from minigrad_widgets.grouping import first_open, group
from minigrad_widgets.scene import scene_of


def scene(film):
    root = group(film.vertices)
    return scene_of(film, root, first_open(root))


def test_graphviz_places_every_node_and_frame():
    made = scene(programs.mlp())
    placed = layout.lay_out(made)
    assert set(placed.boxes) == set(made.nodes)
    assert set(placed.frames) == {
        "g/Sequential",
        "g/Sequential/0: Linear",
        "g/Sequential/1: ReLU",
        "g/Sequential/2: Linear",
        "g/CrossEntropyLoss",
    }
    assert len(placed.paths) == len(made.edges)
    assert not placed.note


def test_nodes_are_inside_their_frames():
    made = scene(programs.mlp())
    placed = layout.lay_out(made)
    left, top, right, bottom = placed.frames["g/Sequential"]
    inside = [k for k, n in made.nodes.items() if "linear" in n.title or "relu" in n.title]
    for key in inside:
        x, y, w, h = placed.boxes[key]
        assert left <= x - w / 2 and x + w / 2 <= right and top <= y - h / 2 and y + h / 2 <= bottom


@pytest.mark.parametrize("graphviz", [True, False])
def test_nodes_do_not_overlap_and_inputs_stand_above(graphviz, monkeypatch):
    if not graphviz:
        monkeypatch.setattr(layout, "dot_program", lambda: None)
    made = scene(programs.mlp())
    placed = layout.lay_out(made, lines=3)
    boxes = list(placed.boxes.values())
    for n, (x, y, w, h) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[n + 1 :]:
            assert abs(x - x2) >= (w + w2) / 2 or abs(y - y2) >= (h + h2) / 2
    above = [placed.boxes[e.target][1] - placed.boxes[e.source][1] for e in made.edges]
    assert min(above) >= 0 and sum(gap > 0 for gap in above) >= 5


def test_the_parameters_of_a_module_stand_beside_its_operation():
    made = scene(programs.mlp())
    placed = layout.lay_out(made, lines=3)
    x, y, w, _ = next(placed.boxes[k] for k, n in made.nodes.items() if n.title == "linear₁")
    weight, bias = (
        next(placed.boxes[k] for k, n in made.nodes.items() if n.title == t) for t in ("0.weight", "0.bias")
    )
    assert weight[1] == y == bias[1]
    assert weight[0] + weight[2] / 2 < x - w / 2 and x + w / 2 < bias[0] - bias[2] / 2


def test_without_graphviz_one_sentence_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(layout, "dot_program", lambda: None)
    assert layout.PLAIN in GraphView(programs.diamond()).picture()


def test_without_the_python_package_too(monkeypatch):
    def missing(*_):
        raise ModuleNotFoundError("graphviz")

    monkeypatch.setattr(layout, "to_dot", missing)
    assert layout.PLAIN in GraphView(programs.diamond()).picture()


def test_a_graphviz_that_fails_is_as_one_that_is_missing(monkeypatch):
    failed = subprocess.CompletedProcess([], 1, b"", b"boom")
    monkeypatch.setattr(layout.subprocess, "run", lambda *_, **__: failed)
    assert layout.lay_out(scene(programs.diamond())).note == layout.PLAIN


def test_dot_holds_names_as_text():
    film = programs.diamond()
    film.vertices[0].name = 'a"; evil [label=<x>]\\n'
    source = layout.to_dot(scene(film))
    run = subprocess.run([layout.dot_program(), "-Kdot", "-Tjson"], input=source.encode(), capture_output=True)
    assert run.returncode == 0
    assert run.stdout.count(b'"_gvid"') == len(film.vertices) + len(scene(film).edges)
