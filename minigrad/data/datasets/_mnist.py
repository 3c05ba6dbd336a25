"""MNIST and Fashion-MNIST."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy

from minigrad.data.datasets._download import data_folder, fetch
from minigrad.data.datasets._format import damaged
from minigrad.data.datasets._idx import read_idx
from minigrad.data.datasets._images import ImageDataset


class MNIST(ImageDataset):
    """70,000 handwritten digits of 28 x 28 pixels, white on black: 60,000 for training, 10,000 for testing.

    Args:
        root: the folder; the files lie in root/MNIST/raw, as torchvision puts them. By default the environment's
            MINIGRAD_DATA, else the user's cache folder.
        train: the training or the test set.
        transform, target_transform: what is done with each image and with each class.
        download: whether files that are missing are fetched (11 MB).

    Source: LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning applied to document recognition".

    Errors: DownloadError if the files cannot be had, FormatError for files that are not MNIST's.
    """

    mirrors = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
    checksums = {
        "train-images-idx3-ubyte.gz": "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte.gz": "md5:d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte.gz": "md5:9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte.gz": "md5:ec29112dd5afa0611ce80d1b7f02629c",
    }
    classes = tuple("0123456789")

    def __init__(
        self,
        root: str | Path | None = None,
        train: bool = True,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[[int], Any] | None = None,
        download: bool = True,
    ):
        folder = data_folder(root) / type(self).__name__ / "raw"
        part = "train" if train else "t10k"
        images, labels = (
            self._file(folder / f"{part}-{what}-ubyte.gz", download) for what in ("images-idx3", "labels-idx1")
        )
        fits = images.ndim == 3 and labels.shape == images.shape[:1] and images.dtype == labels.dtype == numpy.uint8
        if not fits or (len(labels) and labels.max() >= len(self.classes)):
            raise damaged(type(self).__name__, folder, got=f"images {images.shape}, labels {labels.shape}",
                          expected=f"uint8 images (N, H, W), labels (N,) below {len(self.classes)}")  # fmt: skip
        super().__init__(images, labels.astype(numpy.int64), transform, target_transform)
        self.train = train

    def _file(self, path: Path, download: bool) -> numpy.ndarray:
        urls = [mirror + path.name for mirror in self.mirrors]
        return read_idx(fetch(type(self).__name__, path, urls, self.checksums[path.name], download=download))

    def extra_repr(self) -> str:
        return f"train={self.train}"


class FashionMNIST(MNIST):
    """70,000 pictures of clothes in MNIST's format: harder, and otherwise a drop-in for it (30 MB).

    Arguments and errors as `MNIST`; the files lie in root/FashionMNIST/raw.

    Source: Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747.
    """

    mirrors = (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    )
    checksums = {
        "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
    }
    classes = (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    )  # fmt: skip
