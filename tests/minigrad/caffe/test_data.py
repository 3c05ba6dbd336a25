"""Where data comes from: memory, files, fillers."""

import numpy
import pytest

import minigrad
from minigrad import caffe
from minigrad.caffe.fillers import fill

IMAGES = numpy.arange(5 * 2 * 4 * 4).reshape(5, 2, 4, 4).astype("uint8")
LABELS = numpy.arange(5)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "images.npz"
    numpy.savez(path, data=IMAGES, label=LABELS)
    return path


def data_net(source, transform="", phase="TRAIN", batch=2):
    return caffe.Net(
        f"layer {{ name: 'd' type: 'Data' top: 'x' top: 'y' data_param {{ source: '{source}' batch_size: {batch} }} "
        f"transform_param {{ {transform} }} }}",
        phase,
    )


def test_batches_of_a_file_in_order_and_from_the_start_again(source):
    net = data_net(source)
    seen = [net.forward() and net.blobs["y"].data.tolist() for _ in range(3)]
    assert seen == [[0, 1], [2, 3], [4, 0]]
    numpy.testing.assert_array_equal(net.blobs["x"].data[1], IMAGES[0])


def test_images_are_cut_shifted_and_scaled(source):
    net = data_net(source, "crop_size: 2 mean_value: [1, 2] scale: 0.5", "TEST")
    expected = (IMAGES[:2, :, 1:3, 1:3] - numpy.array([1.0, 2.0]).reshape(2, 1, 1)) / 2
    numpy.testing.assert_array_equal(net.forward()["x"], expected)


def test_in_training_images_are_cut_and_turned_at_random(source):
    minigrad.manual_seed(0)
    net = data_net(source, "crop_size: 3 mirror: true", batch=40)
    x, labels = net.forward()["x"], net.blobs["y"].data.astype(int)
    seen = set()
    for image, label in zip(x, labels, strict=True):
        for turn in (False, True):
            source_image = IMAGES[label][:, :, ::-1] if turn else IMAGES[label]
            for i in range(2):
                for j in range(2):
                    if (image == source_image[:, i : i + 3, j : j + 3]).all():
                        seen.add((turn, i, j))
    assert len(seen) == 8


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("source: 'train_lmdb' batch_size: 2", "an LMDB or LevelDB database"),
        ("batch_size: 2", "no source"),
        ("source: 'not_there.npz' batch_size: 2", "does not find its file"),
    ],
)
def test_a_source_that_cannot_be_read_says_what_can(given, said):
    with pytest.raises(caffe.CaffeError, match="line 1: layer 'd'") as caught:
        caffe.Net(f"layer {{ name: 'd' type: 'Data' top: 'x' data_param {{ {given} }} }}")
    assert said in str(caught.value)


def test_a_file_with_other_arrays_says_which(tmp_path):
    numpy.savez(tmp_path / "other.npz", images=IMAGES)
    with pytest.raises(caffe.CaffeError, match=r"images \(5, 2, 4, 4\)"):
        data_net(tmp_path / "other.npz")


def test_arrays_in_memory_are_given_in_batches():
    net = caffe.Net(
        "layer { name: 'd' type: 'MemoryData' top: 'x' top: 'y' "
        "memory_data_param { batch_size: 2 channels: 2 height: 4 width: 4 } }"
    )
    with pytest.raises(caffe.CaffeError, match="has no data yet"):
        net.forward()
    with pytest.raises(caffe.CaffeError, match="a multiple of 2"):
        net.set_input_arrays(IMAGES, LABELS)
    net.set_input_arrays(IMAGES[:4], LABELS[:4])
    assert [net.forward()["y"].tolist() for _ in range(3)] == [[0, 1], [2, 3], [0, 1]]
    with pytest.raises(caffe.CaffeError, match="no MemoryData"):
        caffe.Net("input: 'x'").set_input_arrays(IMAGES, LABELS)


def test_dummy_data_of_a_constant_stays_and_the_rest_is_new():
    minigrad.manual_seed(0)
    net = caffe.Net(
        """layer { name: 'd' type: 'DummyData' top: 'a' top: 'b' dummy_data_param {
        shape { dim: [2, 3] } data_filler { value: 4 } data_filler { type: 'gaussian' } } }"""
    )
    first, second = (net.forward()["b"].copy() for _ in range(2))
    assert (net.blobs["a"].data == 4).all()
    assert (first != second).all()
    with pytest.raises(caffe.CaffeError, match="one data_filler for all"):
        caffe.Net(
            "layer { name: 'd' type: 'DummyData' top: 'a' dummy_data_param { shape {} data_filler {} data_filler {} } }"
        )


def filled(text, *shape):
    minigrad.manual_seed(0)
    blob = caffe.Blob(shape)
    fill(blob, caffe.parse(text, "FillerParameter"))
    return blob.data


def test_fillers_have_the_spread_they_promise():
    assert (filled("value: 3", 2) == 3).all()
    uniform = filled("type: 'uniform' min: 2 max: 4", 100, 100)
    assert (uniform.min() >= 2, uniform.max() <= 4, uniform.mean()) == (True, True, pytest.approx(3, abs=0.02))
    normal = filled("type: 'gaussian' mean: 1 std: 2", 100, 100)
    assert (normal.mean(), normal.std()) == (pytest.approx(1, abs=0.05), pytest.approx(2, rel=0.03))
    sparse = filled("type: 'gaussian' sparse: 10", 100, 100)
    assert (sparse != 0).mean() == pytest.approx(0.1, abs=0.01)
    for n, fan in ((50, ""), (200, "variance_norm: FAN_OUT"), (125, "variance_norm: AVERAGE")):
        xavier = filled(f"type: 'xavier' {fan}", 200, 50)
        assert abs(xavier).max() <= (3 / n) ** 0.5
        assert xavier.var() == pytest.approx(1 / n, rel=0.03)
        assert filled(f"type: 'msra' {fan}", 200, 50).var() == pytest.approx(2 / n, rel=0.05)
    numpy.testing.assert_allclose(filled("type: 'positive_unitball'", 5, 2, 3).sum(axis=(1, 2)), 1, rtol=1e-6)


def test_a_bilinear_filler_enlarges_between_pixels():
    weights = filled("type: 'bilinear'", 1, 1, 4, 4)[0, 0]
    row = [0.25, 0.75, 0.75, 0.25]
    numpy.testing.assert_allclose(weights, numpy.outer(row, row))
    with pytest.raises(caffe.PrototxtError, match="square windows"):
        filled("type: 'bilinear'", 1, 1, 4, 3)


def test_numbers_follow_the_seed_and_not_the_order_in_which_they_are_looked_at():
    text = "type: 'gaussian'"
    values = []
    for backwards in (False, True):
        minigrad.manual_seed(5)
        blobs = [caffe.Blob(3), caffe.Blob(3)]
        for blob in blobs:
            fill(blob, caffe.parse(text, "FillerParameter"))
        [blob.data for blob in (reversed(blobs) if backwards else blobs)]
        values.append([blob.data for blob in blobs])
    numpy.testing.assert_array_equal(values[0], values[1])
    assert (values[0][0] != values[0][1]).all()


def test_an_unknown_filler_names_its_line():
    with pytest.raises(caffe.PrototxtError, match=r"(?s)line 1: there is no filler.*xavier"):
        filled("type: 'xavir'", 2, 2)
    with pytest.raises(caffe.PrototxtError, match="cannot be sparse"):
        filled("type: 'uniform' sparse: 1", 2, 2)
