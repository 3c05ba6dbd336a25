"""Data sets to learn with: some made here, some that come with scikit-learn, some fetched once and kept.

======================================== =================================================================
`Digits`                                 1,797 handwritten digits of 8 x 8, from scikit-learn
`MNIST`, `FashionMNIST`                  70,000 grey images of 28 x 28
`CIFAR10`, `CIFAR100`                    60,000 photographs of 32 x 32
`tiny_shakespeare`                       a million characters
`moons`, `circles`, `spirals`            points in the plane
`Addition`                               sums as text
`ImageDataset`                           a reader's own images
`read_idx`, `read_cifar`                 files in the formats of MNIST and CIFAR
======================================== =================================================================
"""

from minigrad.data.datasets._addition import Addition
from minigrad.data.datasets._cifar import CIFAR10, CIFAR100
from minigrad.data.datasets._cifar_format import read_cifar
from minigrad.data.datasets._digits import Digits
from minigrad.data.datasets._download import DownloadError
from minigrad.data.datasets._format import FormatError
from minigrad.data.datasets._idx import read_idx
from minigrad.data.datasets._images import ImageDataset
from minigrad.data.datasets._mnist import MNIST, FashionMNIST
from minigrad.data.datasets._points import circles, moons, spirals
from minigrad.data.datasets._shakespeare import tiny_shakespeare

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "MNIST",
    "Addition",
    "Digits",
    "DownloadError",
    "FashionMNIST",
    "FormatError",
    "ImageDataset",
    "circles",
    "moons",
    "read_cifar",
    "read_idx",
    "spirals",
    "tiny_shakespeare",
]
