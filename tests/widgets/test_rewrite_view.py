import base64
from xml.etree import ElementTree

import pytest
import rewritten

import minigrad as mg
import minigrad.tf1 as tf
from minigrad.events import Rewrite
from minigrad.graph import Graph, gradients
from minigrad.graph.program import Program
from minigrad_widgets import RewriteView
from minigrad_widgets.grouping import index
from minigrad_widgets.program import vertices_of
from minigrad_widgets.rewrite_groups import in_order

MARKUP = '<img src=x onerror="alert(1)">&\'"</script>'


def marks(view, change, side):
    """Every value that is marked in a change, by its name."""
    told = view.record.changes[change]
    stage = view.record.stages[told.before if side == "left" else told.after]
    return {
        name: mark.words for name, mark in zip(stage.names, getattr(told, side), strict=True) if mark.state != "plain"
    }


@pytest.fixture(scope="module")
def view():
    return RewriteView(rewritten.record())


def test_each_rewrite_marks_what_it_changes(view):
    assert marks(view, 0, "left") == {"exp₂": "✕ removed"}
    assert marks(view, 0, "right") == {}
    assert marks(view, 1, "left")["exp₁"] == "→ a constant" and marks(view, 1, "right")["exp₁"] == "+ 1 folded"
    assert marks(view, 2, "left")["matmul₂"] == "= matmul₁" and marks(view, 2, "right")["matmul₁"] == "2 in one"
    assert marks(view, 3, "left") == {"add₁": "→ kernel 1", "tanh₁": "→ kernel 1"}
    assert marks(view, 3, "right") == {"kernel 1": "2 in one"}


def test_all_together_follows_each_value_through_every_rewrite(view):
    assert len(view) == 5 and view.record.changes[-1].name == "all together"
    first = marks(view, 4, "left")
    assert first["tanh₁"] == first["tanh₂"] == first["add₂"] == "→ kernel 1" and first["exp₂"] == "✕ removed"
    assert marks(view, 4, "right")["kernel 1"] == "4 in one"
    assert "operations to" in repr(view)


def test_a_rewrite_that_finds_nothing_says_so():
    graph = Graph()
    x = graph.placeholder("x", (3,))
    view = RewriteView(mg.exp(x), rewrites=["prune", "common"])
    assert [c.summary for c in view.record.changes] == ["nothing to do."] * 3
    assert len(view._data["drawings"]) == 1  # the same drawing is sent once


def test_a_rewrite_may_hand_back_the_program_that_it_was_given():
    before, after = rewritten.record()[:2]
    view = RewriteView([before, Rewrite("nothing", before.after, before.after), after])
    assert view.record.changes[1].summary == "nothing to do." and "folded" in marks(view, 2, "right")["exp₁"]
    assert marks(view, 3, "left")["exp₁"] == "→ a constant"


def test_a_value_that_is_replaced_by_its_input_is_not_called_equal():
    graph = Graph()
    x, y = graph.placeholder("x", (3,)), graph.placeholder("y", (3,))
    view = RewriteView(Program(graph, [x, y], [mg.exp((x * y) * 1.0)]), rewrites=["simplify"])
    assert marks(view, 0, "left") == {"mul₂": "→ mul₁"}
    assert view._data["changes"][0]["links"] == []


def test_values_that_become_one_are_linked(view):
    change, drawn = view._data["changes"][2], view._drawn[2]
    titles = {tuple(drawn.scene.nodes[key].title for key in pair) for pair in change["links"]}
    assert ("matmul₁", "matmul₂") in titles and ("tanh₁", "tanh₂") in titles
    assert view._data["changes"][0]["links"] == []
    view.position = 2
    assert view.picture().count("mg-link") == len(titles)


def test_a_node_knows_its_counterparts_on_the_other_side(view):
    change = view._data["changes"][3]
    keys = {n.title: k for k, n in view._drawn[3].scene.nodes.items()}
    (kernel,) = change["left"][keys["tanh₁"]][2]
    assert view._drawn[4].scene.nodes[kernel].title == "kernel 1"
    assert sorted(change["right"][kernel][2]) == sorted([keys["add₁"], keys["tanh₁"]])


def test_operations_that_become_a_kernel_stand_in_a_frame_and_the_kernel_shows_its_source(view):
    frames = [g.label for g in index(view._drawn[3].root).values() if g.module]
    assert frames == ["for kernel 1"]
    cards = [card for card in view._data["stages"][4]["cards"] if "source" in card]
    assert [c["title"] for c in cards] == ["kernel 1"] and cards[0]["source"] == rewritten.SOURCE


def test_symbols_are_optimised_as_what_is_fetched():
    graph = Graph()
    x = graph.placeholder("x", (3,))
    z = mg.exp(x).sum()
    view = RewriteView([z, *gradients(z, [x])])
    assert [c.name for c in view.record.changes][:2] == ["prune", "fold"]
    assert all(change.about for change in view.record.changes)


def test_the_librarys_own_rewrites_are_shown_with_memory_that_is_used_again():
    graph = Graph()
    x, w = graph.placeholder("x", (64, 32)), graph.variable("w", (32, 16))
    loss = mg.tanh(x @ w * 2.0 + 1.0).sum()
    view = RewriteView([loss, *gradients(loss, [w])])
    peaks = [stage.bytes for stage in view.record.stages]
    assert peaks[-1] < peaks[0]
    assert any(
        source.startswith(("import", "from", "def", '"""')) for source in view.record.stages[-1].sources.values()
    )
    assert [c.name for c in view.record.changes][-3:] == ["fuse", "memory", "all together"]


def test_compiled_functions_and_runs_of_a_session_show_their_rewrites():
    step = mg.compile(lambda x: mg.tanh(mg.exp(x) * 1.0).sum())
    step(mg.ones(64))
    assert "rewrites" in repr(RewriteView(step))
    with tf.Graph().as_default() as graph, tf.Session(graph=graph) as session:
        z = tf.reduce_sum(tf.exp(tf.constant([1.0, 2.0])))
        noted = tf.RunMetadata()
        session.run(z, options=tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), run_metadata=noted)
    view = RewriteView(noted)
    assert (
        "1 operation computed ahead" in view.record.changes[1].summary or "operations computed ahead" in view.picture()
    )


def test_of_a_large_graph_only_what_changes_is_drawn_and_the_rest_can_be_opened():
    view = RewriteView(rewritten.chain(400), rewrites=["common"])
    before = view._drawn[0]
    assert len(before.scene.nodes) < 20
    titles = [node.title for node in before.scene.nodes.values()]
    assert "tanh₂" in titles and any("unchanged" in title for title in titles)
    closed = next(key for key, node in before.scene.nodes.items() if node.group)
    view.opened = [*view.opened, f"0 {closed[1:]}"]
    assert len(before.scene.nodes) < len(view._drawn[0].scene.nodes) <= 150
    assert len(view._drawn[1].scene.nodes) < 20


def test_regions_stand_together_in_an_order_in_which_inputs_come_first():
    vertices = RewriteView(rewritten.record()).record.stages[0].vertices
    region = [v.id for v in vertices if v.op in ("tanh", "add") and v.shape == (4, 2)][:2]
    order = list(in_order(vertices, [region]))
    assert region in order
    flat = [n for unit in order for n in (unit if isinstance(unit, list) else [unit])]
    assert sorted(flat) == list(range(len(vertices)))
    for v in vertices:
        assert all(flat.index(i) < flat.index(v.id) for i in v.inputs if isinstance(i, int))


def test_what_a_region_waits_for_stands_before_it():
    graph = Graph()
    x = graph.placeholder("x", (3,))
    y = mg.exp(x)
    z = mg.sin(mg.cos(x))
    mg.tanh(y * z)
    assert list(in_order(vertices_of(graph.symbols), [[1, 4]])) == [0, 2, 3, [1, 4], 5]


def test_what_a_notebook_stores_is_all_rewrites_together(view):
    data, _ = view._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data and data["text/plain"] == repr(view)
    stored = base64.b64decode(data["text/html"].partition("base64,")[2].partition('"')[0]).decode()
    assert stored == view.still() and "all together" in stored and ">fuse<" in stored
    asked = RewriteView(rewritten.record(), position=1)
    assert asked.still() == asked.picture() and "2 operations computed ahead" in asked.still_words()


def test_markup_in_names_and_kernels_is_escaped():
    view = RewriteView(rewritten.record(rewritten.program((MARKUP, "w", "b")), source=MARKUP))
    for at in range(len(view)):
        view.position = at
        ElementTree.fromstring(view.picture())
        assert "<img" not in view.picture() and "&lt;img" in view.picture()
    assert all("<img" not in drawing for drawing in view._data["drawings"])


def test_what_cannot_be_rewritten_is_refused_with_a_way_out():
    with pytest.raises(TypeError, match="cannot show the rewrites") as error:
        RewriteView(3)
    assert "got:      int" in str(error.value) and "try:" in str(error.value)
    with pytest.raises(ValueError, match="nothing was rewritten"):
        RewriteView(rewritten.program(), rewrites=[])
