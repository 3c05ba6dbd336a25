import time

import programs
import pytest

import minigrad as mg
from minigrad import nn
from minigrad_widgets.grouping import MANY, VISIBLE, first_open, group, index, keep_small, visible_count
from minigrad_widgets.scene import members, scene_of


def test_modules_are_groups_and_hold_their_parameters():
    film = programs.mlp()
    groups = index(group(film.vertices))
    assert set(groups) == {
        "",
        "/Sequential",
        "/Sequential/0: Linear",
        "/Sequential/1: ReLU",
        "/Sequential/2: Linear",
        "/CrossEntropyLoss",
    }
    first = groups["/Sequential/0: Linear"]
    assert [film.vertices[v].name for v in first.parts if film.vertices[v].kind == "leaf"] == ["0.weight", "0.bias"]
    assert first.count == 1


def test_inputs_that_have_a_name_stay_outside():
    film = programs.mlp()
    root = group(film.vertices)
    outside = {film.vertices[p].name for p in root.parts if isinstance(p, int)}
    assert outside == {"x", "y"}


def test_every_value_is_in_exactly_one_place():
    for film in (programs.diamond(), programs.mlp(), programs.loop(500)):
        assert sorted(members(group(film.vertices))) == list(range(len(film.vertices)))


def test_a_module_called_twice_is_two_groups():
    layer = nn.ReLU()
    x = mg.tensor([1.0], requires_grad=True)
    with mg.record() as film:
        layer(layer(x) * 2).sum()
    assert {"/ReLU", "/ReLU, call 2"} <= set(index(group(film.vertices)))


def test_the_passes_of_a_loop_are_groups():
    root = group(programs.loop(300).vertices)
    labels = [g.label for g in root.groups()]
    assert labels[0].startswith("passes 1–") and labels[-1].endswith("–300")
    assert {g.count for g in index(root).values() if g.label.startswith("pass ")} == {2}


def test_closed_groups_never_make_a_cycle():
    film = programs.loop(200)
    scene = scene_of(film, group(film.vertices), [])
    place = {key: n for n, key in enumerate(scene.nodes)}
    assert all(place[e.source] < place[e.target] for e in scene.edges)


@pytest.mark.parametrize("passes", [30, 900, 20_000])
def test_no_group_has_too_many_parts_and_the_first_view_is_small(passes):
    film = programs.loop(passes) if passes < 1000 else programs.long_film(passes)
    root = group(film.vertices)
    assert max(len(g.parts) for g in index(root).values()) <= MANY
    assert visible_count(root, first_open(root)) <= 60


def test_opening_everything_stays_drawable_and_keeps_the_newest():
    root = group(programs.loop(900).vertices)
    newest = [k for k in index(root) if k][-1]
    opened = keep_small(root, [*(k for k in index(root) if k), newest])
    assert visible_count(root, opened) <= VISIBLE
    everything = [k for k in index(root) if k and k != newest] + [newest]
    assert newest in keep_small(root, everything)


def test_a_very_long_program_is_grouped_in_a_moment():
    film = programs.long_film(25_000)
    start = time.process_time()
    root = group(film.vertices)
    scene_of(film, root, first_open(root))
    assert time.process_time() - start < 3


def test_a_deep_model_begins_with_its_outer_modules():
    model = nn.Sequential(*(nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2)) for _ in range(30)))
    with mg.record() as film:
        model(mg.randn(1, 2)).sum()
    root = group(film.vertices)
    opened = first_open(root)
    assert "/Sequential" in opened
    assert visible_count(root, opened) <= 60 < visible_count(root, index(root))
