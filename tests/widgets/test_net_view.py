import base64
from xml.etree import ElementTree

import numpy as np
import published_nets
import pytest
import three

from minigrad import caffe
from minigrad_widgets import NetView
from minigrad_widgets.net_steps import at, steps_of

MARKUP = "<img src=x onerror=alert(1)>"
BRANCHES = """
layer { name: "data" type: "Input" top: "data" top: "label" input_param { shape { dim: 8 dim: 6 } shape { dim: 8 } } }
layer { name: "one/left" type: "InnerProduct" bottom: "data" top: "left" inner_product_param { num_output: 3 } }
layer { name: "one/right" type: "InnerProduct" bottom: "data" top: "right" inner_product_param { num_output: 3 } }
layer { name: "sum" type: "Eltwise" bottom: "left" bottom: "right" top: "sum" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "sum" bottom: "label" top: "loss" }
"""


def told(steps, name, position, which=0):
    """How a layer or blob of that name stands, the first of them or a later one."""
    parts = [p for p in steps.parts if p.name == name]
    stand = at(parts[which], position)
    return stand.state, stand.words, stand.more


def test_forward_and_backward_are_told_step_by_step():
    steps = steps_of(three.net_film())
    assert len(steps.captions) == 10 and steps.phases[1:] == ["forward"] * 5 + ["backward"] * 4
    assert steps.captions[2] == "Forward: ip1 (InnerProduct) reads data and writes ip1 (8, 5)."
    assert steps.captions[7].endswith("writes the diff of ip1 and adds to the diff of ip2[0] and ip2[1].")
    assert told(steps, "ip2", 3) == ("off", "not yet", "")
    assert told(steps, "ip2", 4) == ("running", "▶ forward", "")
    assert told(steps, "ip2", 5) == ("done", "✓ forward", "")
    assert told(steps, "ip2", 6) == ("waiting", "waits", "")
    assert told(steps, "ip2", 8) == ("done", "✓ backward", "")


def test_what_works_in_place_writes_over_what_it_read():
    film = three.net_film()
    steps = steps_of(film)
    before, after = 1, 2  # the layer is the first of the name
    assert told(steps, "ip1", 2, before)[0] == "ready" and "written over" not in told(steps, "ip1", 2, before)[1]
    assert told(steps, "ip1", 3, before)[1] == "data written over"
    assert told(steps, "ip1", 7, after)[2].startswith("‖diff‖") and told(steps, "ip1", 7, before)[2] == ""
    assert told(steps, "ip1", 8, after)[2] == "diff written over" and told(steps, "ip1", 8, before)[2].startswith(
        "‖diff‖"
    )
    norm = np.linalg.norm(film.at(3)["ip1", "data"].array)
    assert told(steps, "ip1", 3, after)[1] == f"‖data‖ {norm:.3g}"


def test_a_second_pass_begins_anew():
    steps = steps_of(three.net_film(passes=2))
    assert told(steps, "loss", 10)[1] == "not yet" and told(steps, "data", 9)[1] == "no gradient"
    assert told(steps, "ip1", 11, 1)[1].startswith("‖data‖") and told(steps, "ip1", 12, 1)[1] == "data written over"


def test_gradients_come_back_along_the_edges_that_carry_one():
    view = NetView(three.net_film())
    titles = {k: (n.title, n.kind) for k, n in view._scene.nodes.items()}
    back = {
        (titles[e.source], titles[e.target]): spans for e, spans in zip(view._scene.edges, view._carried, strict=True)
    }
    assert back[("ip2", "op"), ("ip2", "leaf")] == [[7, 10]]
    assert back[("ip2", "leaf"), ("loss", "op")] == [[6, 10]]
    assert back[("label", "leaf"), ("loss", "op")] == back[("data", "leaf"), ("ip1", "op")] == []


def test_the_numbers_shown_are_the_films():
    film = three.net_film()
    view = NetView(film)
    card = next(c for c in view._cards if c["title"] == "ip2" and c["kind"] == "op")
    where, what, number = card["values"][0]
    assert (where, what) == (7, "ip2[0] diff") and view._values[number]["shape"] == "(3, 5)"
    loss = next(c for c in view._cards if c["title"] == "loss" and c["kind"] == "leaf")
    assert view._values[loss["values"][0][2]]["cells"] == [[f"{film.at(8)['loss', 'data'].array.item():.3g}"]]


def test_layers_with_a_common_part_in_their_names_open_and_close_together():
    view = NetView(three.net_film(BRANCHES))
    assert view.opened == ["/one"]
    view.close_all()
    group = next(n for n in view._scene.nodes.values() if n.group)
    assert group.subtitle == "2 layers"
    words = [state.words for _, state in view._timeline[group.key]]
    assert words[:2] == ["not yet", "▶ forward"] and "✓ forward" in words and words[-1] == "▶ backward"


def test_a_large_net_opens_as_its_blocks():
    view = NetView(caffe.Net(published_nets.googlenet()))
    labels = [n.title for n in view._scene.nodes.values()]
    assert {"inception_4c", "inception_5b"} <= set(labels) and len(labels) <= 60
    view.opened = ["/inception_4c"]
    assert "inception_4c/5x5_reduce" in [n.title for n in view._scene.nodes.values()]


def test_a_net_at_rest_shows_what_its_blobs_hold_now():
    net = three.net()
    view = NetView(net)
    assert len(view) == 1 and "no data" in view.picture()
    net.forward(data=np.ones((8, 6)), label=np.zeros(8))
    assert f"‖data‖ {np.linalg.norm(net.blobs['ip2'].data):.3g}" in NetView(net).picture()
    assert repr(view) == "<NetView: MLP, 5 layers, 5 blobs>"


def test_what_a_notebook_stores_is_the_middle_of_the_backward_pass():
    view = NetView(three.net_film())
    data, _ = view._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data and data["text/plain"] == repr(view)
    stored = base64.b64decode(data["text/html"].partition("base64,")[2].partition('"')[0]).decode()
    assert (
        stored == view.still() and "▶ backward" in stored and view.still_words().startswith("Step 8 of 9. Backward: ")
    )
    asked = NetView(three.net_film(), position=2)
    assert asked.still() == asked.picture() and "▶ forward" in asked.picture()


def test_markup_in_names_is_escaped():
    view = NetView(three.net_film(three.NET.replace('"ip1"', f'"{MARKUP}"')))
    for at_ in range(len(view)):
        view.position = at_
        ElementTree.fromstring(view.picture())
        assert "<img" not in view.picture()
    assert "<img" not in view._data["svg"] and "&lt;img" in view._data["svg"]


def test_what_is_no_net_is_refused_with_a_way_out():
    with pytest.raises(TypeError, match="shows Caffe's nets") as error:
        NetView(3)
    assert "got:      int" in str(error.value)
