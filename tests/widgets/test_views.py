import base64
import subprocess
import sys
import time

import programs
import pytest
import three

import minigrad as mg
import minigrad.tf1 as tf
from minigrad_widgets import BackwardStepper, GraphView

MARKUP = '<img src=x onerror="alert(1)">&\'"</script>'


def marked():
    """A program in which every string that the user can choose is markup."""
    film = programs.mlp()
    for v in film.vertices:
        v.name = v.name and MARKUP
        v.scope = tuple(MARKUP for _ in v.scope)
        v.op = v.op and v.op + MARKUP
        v.parameters = {MARKUP: MARKUP}
        v.inputs = tuple(MARKUP if isinstance(i, str) else i for i in v.inputs)
        if v.line is not None:
            v.line = v.line._replace(file=MARKUP)
    return film


@pytest.mark.parametrize("view", [GraphView, BackwardStepper])
def test_what_a_notebook_stores(view):
    shown = view(programs.diamond())
    data, _ = shown._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"] == repr(shown) and "0x" not in repr(shown)
    prefix = "data:image/svg+xml;base64,"
    stored = base64.b64decode(data["text/html"].partition(prefix)[2].partition('"')[0]).decode()
    assert stored == shown.still()


def test_a_stored_stepper_shows_the_middle_of_the_backward_pass_or_what_was_asked_for():
    shown = BackwardStepper(programs.diamond())
    assert "▶" in shown.still() and "▶" not in shown.picture()
    words = shown.still_words()
    assert words.startswith("Step ") and f'alt="{words}"' in shown.static_html()
    asked = BackwardStepper(programs.diamond(), position=1)
    assert asked.still() == asked.picture()


def test_what_is_stored_is_the_same_in_every_run():
    bundles = [BackwardStepper(programs.mlp())._repr_mimebundle_()[0] for _ in range(2)]
    for kind in ("text/html", "text/plain"):
        assert bundles[0][kind] == bundles[1][kind]


@pytest.mark.parametrize("view", [GraphView, BackwardStepper])
def test_markup_in_names_is_escaped_in_the_picture(view):
    shown = view(marked())
    for drawn in (shown.picture(), shown._data["svg"]):
        assert "<img" not in drawn and "</script" not in drawn
        assert "&lt;img" in drawn
    assert "<img src=x" not in shown.static_html()


def test_the_stepper_begins_where_the_backward_pass_does():
    view = BackwardStepper(programs.diamond())
    assert view._data["frames"][view.position]["kind"] == "start"


def test_positions_stay_inside_the_film():
    view = BackwardStepper(programs.diamond(), position=-1)
    assert view.position == len(view) - 1
    view.position = 10_000
    assert view.position == len(view) - 1
    view.position = -5
    assert view.position == 0


def test_closing_a_module_keeps_the_moment():
    view = BackwardStepper(programs.mlp(), position=8)
    done = view._data["frames"][8]["done"]
    view.close_all()
    frames = view._data["frames"]
    assert view.opened == []
    assert frames[view.position]["done"] >= done > (frames[view.position - 1]["done"])
    view.open_all("Sequential")
    assert view.opened == ["/Sequential"]


def test_a_film_of_50_000_operations_opens_in_a_moment_and_can_be_stepped_and_opened():
    film = programs.long_film(25_000)
    start = time.process_time()
    view = BackwardStepper(film)
    assert time.process_time() - start < 6  # its own time, about one second: other programs do not count
    assert len(view._scene.nodes) < 60 and len(view) < 100
    done = [frame["done"] for frame in view._data["frames"]]
    assert done == sorted(done) and done[-1] == len(film.steps)
    before = len(view._scene.nodes)
    view.opened = [view._groups.groups()[0].key]
    assert before < len(view._scene.nodes) <= 150


def test_opening_what_does_not_exist_changes_nothing():
    view = GraphView(programs.mlp())
    before = view.opened
    view.opened = [*before, "/no such group"]
    assert view.opened == before


def test_a_tensor_is_drawn_from_its_tape():
    a = mg.tensor([1.0, 2.0], requires_grad=True)
    loss = (a * a).sum()
    view = GraphView(loss)
    assert [n.title for n in view._scene.nodes.values()] == ["leaf", "mul", "sum"]
    assert "2 operations on 1" in repr(view)


def test_a_tensor_that_nothing_was_recorded_for_is_one_constant():
    assert "0 operations" in repr(GraphView(mg.tensor([1.0])))


def test_a_film_without_steps_cannot_be_stepped_through():
    with mg.record() as film:
        pass
    with pytest.raises(ValueError, match="nothing was recorded") as error:
        BackwardStepper(film)
    assert "got:" in str(error.value) and "try:" in str(error.value)


def test_other_things_cannot_be_drawn():
    with pytest.raises(TypeError, match="cannot draw this") as error:
        GraphView([1, 2])
    assert "got:      list" in str(error.value)


def test_pictures_are_saved(tmp_path):
    view = GraphView(programs.diamond())
    assert view.save(tmp_path / "x.svg").read_text(encoding="utf-8") == view.picture()
    assert view.save(tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    assert view.save(tmp_path / "x.dot").read_text().startswith("digraph")
    with pytest.raises(ValueError, match=r"x\.docx"):
        view.save(tmp_path / "x.docx")


def test_a_missing_package_is_named_and_only_missed_when_a_view_is_used():
    program = """
import sys
sys.modules["anywidget"] = None
import minigrad_widgets
assert "ipywidgets" not in sys.modules
try:
    minigrad_widgets.GraphView
except ModuleNotFoundError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "needs the package 'anywidget'" in run.stdout and "minigrad[widgets]" in run.stdout


def test_a_declared_graph_is_drawn_with_the_nodes_that_its_gradients_add():
    graph = mg.graph.Graph()
    x = graph.placeholder("input", (2, 3))
    y = (x * 2.0).tanh().sum()
    before = GraphView(graph)
    mg.graph.gradients(y, x)
    after = GraphView(graph)
    assert repr(before) == "<GraphView: 3 operations on 1 inputs and parameters>"
    assert len(after.film.vertices) == len(graph.symbols) > len(before.film.vertices)
    assert "input" in after.picture() and "(2, 3)" in after.picture() and ">tanh<" in after.picture()


def test_what_is_no_program_is_refused_with_a_way_out():
    with pytest.raises(TypeError, match="a film, a tensor or a graph"):
        GraphView([1.0])


def states(view):
    return {view.film.vertices[n.members[0]].name: view._states[k] for k, n in view._scene.nodes.items() if not n.group}


def test_of_a_declared_graph_gradients_and_updates_are_told_apart_and_scopes_are_frames():
    fetched = three.fetches()
    view = GraphView(fetched[0].graph)
    found = states(view)
    assert found["SoftmaxError"].name == "made" and found["SoftmaxError"].words == "gradient"
    assert found["AssignSub"].words == "writes" and found["Relu"].words == ""
    assert "/gradients/Relu_grad" in view.opened and ">gradients<" in view.picture().replace("▾ ", "")
    view.close_all()
    assert "▸ gradients" in view.picture() and " nodes<" in view.picture()


def test_what_a_run_needs_is_told_from_what_it_does_not():
    fetched = three.fetches()
    graph = fetched[0].graph
    found = states(GraphView(graph, executed=fetched[0]))
    assert found["Relu"].words == "needed" and found["SoftmaxError"] == found["AssignSub"]
    assert found["AssignSub"].name == "off" and found["AssignSub"].words == "not needed"
    assert all(state.name != "off" for state in states(GraphView(fetched, executed=fetched)).values())
    assert len(GraphView(fetched[0]).film.vertices) < len(GraphView(graph).film.vertices)
    with pytest.raises(TypeError, match="what was executed"):
        GraphView(graph, executed=3)


def test_what_a_run_did_is_told_by_its_metadata():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2], name="x")
        total = tf.reduce_sum(tf.square(x, name="square"), name="total")
        tf.exp(x, name="unwanted")
    ran = tf.RunMetadata()
    tf.Session(graph=graph).run(total, {x: [1.0, 2.0]}, tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), ran)
    found = states(GraphView(graph, executed=ran))
    assert found["total"].words == found["square"].words == "ran" and found["x"].words == "given"
    assert found["unwanted"].name == "off" and found["unwanted"].words == "did not run"
