"""The formats of MNIST and CIFAR, written here as their authors describe them; and files that lie."""

import contextlib
import gzip
import io
import struct
import tarfile
import tracemalloc

import numpy as np
import pytest

from minigrad.data.datasets import CIFAR10, CIFAR100, MNIST, FormatError, read_cifar, read_idx

R = np.random.default_rng(0)
CODES = {"u1": 0x08, "i1": 0x09, ">i2": 0x0B, ">i4": 0x0C, ">f4": 0x0D, ">f8": 0x0E}


def idx(array):
    array = np.asarray(array)
    code = CODES[array.dtype.newbyteorder(">").str.lstrip("|")]
    return (
        struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
        + array.astype(array.dtype.newbyteorder(">")).tobytes()
    )


def cifar(count, label_bytes=1, classes=10):
    rows = R.integers(0, 256, (count, label_bytes + 3072), dtype=np.uint8)
    rows[:, :label_bytes] = R.integers(0, classes, (count, label_bytes))
    return rows


def archive(path, files):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("shape", [(), (5,), (0, 4), (3, 4, 5)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_idx(tmp_path, dtype, shape, pack):
    array = R.integers(0, 100, shape).astype(dtype)
    path = tmp_path / "array-idx"
    path.write_bytes(pack(idx(array)))
    read = read_idx(path)
    assert np.array_equal(read, array) and read.dtype == np.dtype(dtype).newbyteorder("=") and read.flags.writeable


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_idx_file_that_is_cut_off_anywhere_is_an_error(tmp_path, pack):
    path, whole = tmp_path / "cut", pack(idx(R.integers(0, 256, (3, 5), dtype=np.uint8)))
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(FormatError, match="delete it"):
            read_idx(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04\x95 a pickle",
        b"\0\0\x07\1\0\0\0\1x",  # a dtype that there is none of
        idx(np.zeros((2, 2), np.uint8)) + b"more",
        b"\0\0\x08\x03" + b"\xff\xff\xff\xff" * 3 + b"few bytes",
        b"\0\0\x0e\x20" + b"\xff\xff\xff\xff" * 32,
        b"\0\0\x08\xff" + b"\0\0\0\1" * 255 + b"x",
        b"\0\0\x08\x02" + struct.pack(">II", 2**31, 2),  # 2**32 bytes: nothing, if counted in 32 bits
        gzip.compress(b"\0\0\x08\x03" + b"\xff\xff\xff\xff" * 3 + bytes(100)),
        gzip.compress(idx(np.zeros((2, 2), np.uint8)))[:-8] + bytes(8),  # a wrong checksum
    ],
    ids=range(10),
)
def test_an_idx_file_that_lies_is_an_error_and_takes_no_memory(tmp_path, content):
    path = tmp_path / "hostile"
    path.write_bytes(content)
    tracemalloc.start()
    with pytest.raises(FormatError):
        read_idx(path)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_bombs_are_left_packed(tmp_path):
    packed, unpacked = tmp_path / "bomb", 10_000_000
    packed.write_bytes(gzip.compress(b"\0\0\x08\1" + struct.pack(">I", unpacked) + bytes(unpacked), 1))
    archive(tmp_path / "bomb.tar.gz", {"before": bytes(unpacked), CIFAR10.files[False][0]: bytes(3073)})
    tracemalloc.start()
    with pytest.raises(FormatError, match="limit"):
        read_idx(packed, limit=1_000_000)
    from minigrad.data.datasets._cifar_format import read_members

    with pytest.raises(FormatError, match="'before', 10,000,000 bytes"):
        read_members(tmp_path / "bomb.tar.gz", CIFAR10.files[False], limit=1_000_000)
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()


def test_random_bytes_are_never_another_error(tmp_path):
    path, whole = tmp_path / "noise", bytearray(idx(R.integers(0, 256, (3, 5), dtype=np.uint8)))
    for _ in range(150):
        noisy = bytearray(gzip.compress(whole, 1)) if R.random() < 0.5 else bytearray(whole)
        for place in R.integers(0, len(noisy), 3):
            noisy[place] = R.integers(256)
        path.write_bytes(noisy)
        with contextlib.suppress(FormatError):
            read_idx(path)


def test_cifar_records(tmp_path):
    rows = cifar(7, 2)
    path = tmp_path / "train.bin"
    path.write_bytes(rows.tobytes())
    images, labels = read_cifar(path, label_bytes=2)
    assert images.shape == (7, 32, 32, 3) and np.array_equal(labels, rows[:, :2])
    for n, row, column, colour in R.integers(0, (7, 32, 32, 3), (50, 4)):
        assert images[n, row, column, colour] == rows[n, 2 + colour * 1024 + row * 32 + column]
    for content in (rows.tobytes()[:-1], b"", rows.tobytes() + b"x"):
        path.write_bytes(content)
        with pytest.raises(FormatError, match="multiple of 3,074"):
            read_cifar(path, label_bytes=2)
    with pytest.raises(FormatError, match="at most 100"):
        read_cifar(path, limit=100)


@pytest.fixture
def unchecked(monkeypatch):
    """The classes without their checksums: what the tests write has others."""
    for module in ("_mnist", "_cifar"):
        monkeypatch.setattr(f"minigrad.data.datasets.{module}.fetch", lambda name, path, urls, checksum, download: path)


def test_mnist_from_files(tmp_path, unchecked, monkeypatch):
    images, labels = R.integers(0, 256, (6, 28, 28), dtype=np.uint8), np.array([5, 0, 4, 1, 9, 2], np.uint8)
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
    (raw / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels)))
    monkeypatch.setenv("MINIGRAD_DATA", str(tmp_path))
    for data in (MNIST(tmp_path, train=False), MNIST(train=False)):
        assert np.array_equal(data[4][0], images[4]) and data[4][1] == 9 and len(data) == 6
    for wrong in (labels[:5], labels + 1, labels.astype(">i2")):
        (raw / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(wrong)))
        with pytest.raises(FormatError, match="MNIST"):
            MNIST(tmp_path, train=False)


def test_cifar_from_archives(tmp_path, unchecked):
    parts = {name: cifar(3) for name in (*CIFAR10.files[True], *CIFAR10.files[False])}
    ten = {"cifar-10-batches-bin/readme.html": b"text", **{name: rows.tobytes() for name, rows in parts.items()}}
    archive(tmp_path / "cifar-10-binary.tar.gz", ten)
    train, test = CIFAR10(tmp_path), CIFAR10(tmp_path, train=False)
    assert len(train) == 15 and len(test) == 3 and train[0][0].shape == (32, 32, 3)
    assert train.targets[3:6].tolist() == parts[CIFAR10.files[True][1]][:, 0].tolist()
    fine = cifar(4, 2, classes=20)
    names = "\n".join(f"name{n}" for n in range(100)) + "\n"
    hundred = {CIFAR100.files[False][0]: fine.tobytes(), CIFAR100.names: names.encode()}
    archive(tmp_path / "cifar-100-binary.tar.gz", hundred)
    data = CIFAR100(tmp_path, train=False)
    assert data.targets.tolist() == fine[:, 1].tolist() and data.labels.tolist() == fine[:, :2].tolist()
    assert data.classes[7] == "name7"
    with pytest.raises(FormatError, match=r"no cifar-100-binary/train\.bin"):
        CIFAR100(tmp_path)
    whole = (tmp_path / "cifar-10-binary.tar.gz").read_bytes()
    for content in (whole[:1000], whole[: len(whole) // 2], b"", b"no archive"):
        (tmp_path / "cifar-10-binary.tar.gz").write_bytes(content)
        with pytest.raises(FormatError, match="damaged or cut off"):
            CIFAR10(tmp_path)
