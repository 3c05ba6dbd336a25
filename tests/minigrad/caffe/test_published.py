"""Published architectures: they parse, their shapes are inferred at full size, and small ones of them run and are checked."""

import os
from pathlib import Path

import numpy
import published_nets as published
import pytest
from running_nets import check_gradients, examples, is_solver, livelier, read_any, run, small_net

import minigrad
from minigrad import caffe
from minigrad.caffe import models
from minigrad.caffe.phases import read_net

# What is known of them: the numbers that are learnt, and the shape below the last inner product, at the published side.
KNOWN = [
    (published.lenet, {}, 431_080, "ip1", (64, 500)),
    (published.cifar10_quick, {}, 145_578, "pool3", (100, 64, 4, 4)),
    (published.alexnet, {}, 60_965_224, "pool5", (256, 256, 6, 6)),
    (published.alexnet, {"reference": True}, 60_965_224, "pool5", (256, 256, 6, 6)),
    (published.googlenet, {}, 13_378_280, "pool5", (32, 1024, 1, 1)),
    (published.resnet50, {}, 25_557_032, "pool5", (32, 2048, 1, 1)),
]
SMALL = [
    (published.lenet, {"side": 16, "width": 0.5}),
    (published.cifar10_quick, {"side": 16, "width": 0.5}),
    (published.alexnet, {"side": 67, "width": 1 / 16}),
    (published.alexnet, {"side": 67, "width": 1 / 16, "reference": True}),
    (published.googlenet, {"side": 64, "width": 1 / 8}),
    (published.resnet50, {"side": 64, "width": 1 / 8}),
]


@pytest.fixture(autouse=True)
def plain():
    """NumPy's kernels: there is none to compile for each of the many shapes here, which would take minutes."""
    with minigrad.backend("numpy"):
        yield


@pytest.mark.parametrize(("write", "options", "count", "name", "shape"), KNOWN)
def test_shapes_at_full_size(write, options, count, name, shape):
    net = caffe.Net(write(**options), "TRAIN")
    learnt = [b.count for n, blobs in net.params.items() if net.layer_dict[n].type != "BatchNorm" for b in blobs]
    assert sum(learnt) == count
    assert net.blobs[name].shape == shape
    assert sum(blob.bytes for blob in net.blobs.values()) < 1000, "nothing is computed, so no memory is taken"


@pytest.mark.parametrize(("write", "options"), SMALL)
def test_small_ones_run_and_are_checked(write, options):
    minigrad.manual_seed(0)
    net = caffe.Net(write(batch=4, **options), "TRAIN")
    livelier(net)
    check_gradients(net, examples(net))
    tested = caffe.Net(write(batch=4, **options), "TEST")
    tested.share_with(net)
    outputs = tested.forward(**examples(net))
    assert any("accuracy" in name for name in outputs)
    assert all(numpy.isfinite(value).all() for value in outputs.values())


def test_in_place_layers_take_no_memory_of_their_own():
    net = caffe.Net(published.resnet50(batch=1, side=32, width=1 / 16), "TRAIN")
    in_place = [layer for layer in net.layers if layer.type in ("BatchNorm", "Scale", "ReLU")]
    assert len(in_place) == 53 + 53 + 49
    assert all(list(layer.layer_param.bottom) == list(layer.layer_param.top) for layer in in_place)
    assert sum(layer.type == "Split" for layer in net.layers) == 16, "each block's input is read twice"


def test_without_the_auxiliary_losses_their_layers_do_not_learn():
    text = published.googlenet(batch=2, side=64, width=1 / 16).replace("loss_weight: 0.3", "loss_weight: 0")
    net = caffe.Net(text, "TRAIN")
    livelier(net)
    net.forward(**examples(net))
    net.backward()
    assert not net.params["loss1/conv"][0].diff.any()
    assert net.params["inception_3a/1x1"][0].diff.any()


GIVEN = os.environ.get("MINIGRAD_PROTOTXT_FOLDER")
FILES = sorted((Path(GIVEN) if GIVEN else models.path("lenet").parent).rglob("*.prototxt"))


def test_there_are_files():
    assert FILES, f"no .prototxt file in {GIVEN}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files(path):
    """Every file of the folder that MINIGRAD_PROTOTXT_FOLDER names, or of minigrad's own: read, printed, shaped, run."""
    message = read_any(path)
    assert caffe.parse(caffe.to_prototxt(message), message.kind) == message
    if is_solver(path):
        return
    for phase in (caffe.TRAIN, caffe.TEST):
        run(small_net(path, phase))


@pytest.mark.parametrize("name", ["lenet", "cifar", "groups", "inception", "resnet"])
def test_gradients_of_our_own(name):
    net = small_net(models.path(name), caffe.TRAIN)
    livelier(net)
    check_gradients(net, examples(net), most=20)
    assert read_net(models.path(name)).name == net.name


def test_lenet_learns_digits():
    digits = pytest.importorskip("sklearn.datasets", reason="scikit-learn has the digits: make env-dev").load_digits()
    order = numpy.random.default_rng(0).permutation(len(digits.target))
    images, labels = digits.images[order, None] / 16, digits.target[order]
    solver = caffe.get_solver(models.path("lenet_solver"))
    solver.net.set_input_arrays(images[:1408], labels[:1408])
    solver.test_nets[0].set_input_arrays(images[-300:], labels[-300:])
    solver.solve()
    first, last = solver.tested[0][2], solver.tested[-1][2]
    assert first["accuracy"] < 0.3
    assert last["accuracy"] > 0.93
    assert last["loss"] < 0.25
