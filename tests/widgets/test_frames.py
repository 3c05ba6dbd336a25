import programs

import minigrad as mg
from minigrad_widgets.frames import frame_at, frames_of, passes_of
from minigrad_widgets.grouping import first_open, group
from minigrad_widgets.scene import scene_of


def played(film, opened=None):
    root = group(film.vertices)
    scene = scene_of(film, root, first_open(root) if opened is None else opened)
    passes = passes_of(film)
    return scene, passes, frames_of(film, scene, passes)


def test_every_step_of_the_film_is_in_exactly_one_frame():
    for film in (programs.diamond(), programs.mlp(train=True), programs.loop(60)):
        _, _, frames = played(film)
        covered = [n for f in frames for n in range(f.first, f.last + 1)]
        assert covered == list(range(len(film.steps)))


def test_the_kinds_of_frames_tell_the_story():
    _, _, frames = played(programs.bias())
    assert [f.kind for f in frames] == [
        "begin",
        "forward",
        "forward",
        "start",
        "backward",
        "backward",
        "accumulate",
        "finished",
    ]


def test_a_value_used_three_times_gets_three_contributions():
    film = programs.diamond()
    (only,) = passes_of(film)
    c = next(v.id for v in film.vertices if v.name == "c")
    senders = [film.vertices[k.source].op for k in only.arrivals[c]]
    assert sorted(senders) == ["add", "mul", "sub"]
    assert only.decided[c] < only.runs[c]


def test_contributions_add_up_to_the_gradient():
    film = programs.diamond()
    (only,) = passes_of(film)
    for vertex, arrived in only.arrivals.items():
        total = sum(k.value.array for k in arrived)
        assert abs(total - film.steps[only.runs[vertex]].g.array) < 1e-6


def test_a_closed_module_steps_as_one():
    film = programs.mlp()
    _, _, opened = played(film)
    scene, _, closed = played(film, opened=[])
    whole = "g/Sequential"
    assert [f.nodes for f in closed if f.kind == "forward"] == [[whole], ["g/CrossEntropyLoss"]]
    assert len(closed) < len(opened)
    assert scene.nodes[whole].subtitle == "3 operations"


def test_two_backward_passes_are_two_passes():
    x = mg.tensor(2.0, requires_grad=True)
    with mg.record() as film:
        y = x * x
        y.backward(retain_graph=True)
        y.backward()
    _, passes, frames = played(film)
    assert len(passes) == 2
    assert [f.number for f in frames if f.kind == "start"] == [0, 1]


def test_autograd_grad_is_a_pass_although_it_has_no_end():
    x = mg.tensor(2.0, requires_grad=True)
    with mg.record() as film:
        y = x * x
        mg.autograd.grad(y, x, retain_graph=True)
        mg.autograd.grad(y, x)
    assert len(passes_of(film)) == 2


def test_an_optimiser_writes_in_one_frame():
    _, _, frames = played(programs.mlp(train=True))
    (update,) = [f for f in frames if f.kind == "update"]
    assert len(update.nodes) == 4


def test_a_position_is_found_again_in_another_structure():
    film = programs.mlp()
    _, _, opened = played(film)
    _, _, closed = played(film, opened=[])
    for frame in opened:
        found = closed[frame_at(closed, frame.last + 1)]
        assert found.last >= frame.last


def test_backward_passes_of_two_losses_are_two_passes():
    x, y = mg.tensor(2.0, requires_grad=True), mg.tensor(3.0, requires_grad=True)
    with mg.record() as film:
        a, b = x * x, y * y
        a.backward()
        b.backward()
    passes = passes_of(film)
    assert [film.vertices[p.roots[0]].name for p in passes] == ["a", "b"]
