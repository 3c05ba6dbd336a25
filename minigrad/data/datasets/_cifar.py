"""CIFAR-10 and CIFAR-100."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy

from minigrad.data.datasets._cifar_format import read_members, records
from minigrad.data.datasets._download import data_folder, fetch
from minigrad.data.datasets._format import damaged
from minigrad.data.datasets._images import ImageDataset


class CIFAR10(ImageDataset):
    """60,000 small photographs, 32 x 32 pixels in colour, of 10 classes: 50,000 for training, 10,000 for testing.

    Args:
        root: the folder with the archive. By default the environment's MINIGRAD_DATA, else the user's cache folder.
        train: the training or the test set.
        transform, target_transform: what is done with each image and with each class.
        download: whether the archive is fetched if it is missing (170 MB).

    It is the binary version that is fetched (torchvision's is a pickle), and it is read within its archive.

    Source: Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images".

    Errors: DownloadError if the archive cannot be had, FormatError for one that is not CIFAR's.
    """

    urls = ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
            "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/cifar-10-binary.tar.gz")  # fmt: skip
    checksum = "md5:c32a1d4ab5d03f1284b67883e8d87530"
    label_bytes = 1
    names: str | None = None
    files = {
        True: tuple(f"cifar-10-batches-bin/data_batch_{n}.bin" for n in range(1, 6)),
        False: ("cifar-10-batches-bin/test_batch.bin",),
    }
    classes = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

    def __init__(
        self,
        root: str | Path | None = None,
        train: bool = True,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[[int], Any] | None = None,
        download: bool = True,
    ):
        path = data_folder(root) / self.urls[0].rpartition("/")[2]
        fetch(type(self).__name__, path, self.urls, self.checksum, download=download)
        read = read_members(path, [*self.files[train], *([self.names] if self.names else [])])
        if self.names:
            self.classes = tuple(read.pop(self.names).decode("ascii", "replace").split())
        images, labels = zip(*(records(read[name], self.label_bytes, f"{path}/{name}") for name in self.files[train]))
        self.labels = numpy.concatenate(labels).astype(numpy.int64)
        targets = self.labels[:, -1]
        if targets.max() >= len(self.classes):
            raise damaged(type(self).__name__, path, got=f"class {targets.max()}",
                          expected=f"classes below {len(self.classes)}")  # fmt: skip
        super().__init__(numpy.concatenate(images), targets, transform, target_transform)
        self.train = train

    def extra_repr(self) -> str:
        return f"train={self.train}"


class CIFAR100(CIFAR10):
    """60,000 small photographs of 100 classes, which are grouped into 20 (161 MB).

    Arguments and errors as `CIFAR10`. The targets are the 100 fine classes; `labels` has both, (N, 2): coarse, fine.
    """

    urls = ("https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",)
    checksum = "md5:03b5dce01913d631647c71ecec9e9cb8"
    label_bytes = 2
    names = "cifar-100-binary/fine_label_names.txt"
    files = {True: ("cifar-100-binary/train.bin",), False: ("cifar-100-binary/test.bin",)}
