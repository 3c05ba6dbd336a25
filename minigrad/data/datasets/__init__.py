"""Data sets to learn with: some made here, some with scikit-learn, some fetched once and kept."""

from minigrad.data.datasets._addition import Addition
from minigrad.data.datasets._digits import Digits
from minigrad.data.datasets._images import ImageDataset
from minigrad.data.datasets._points import circles, moons, spirals

__all__ = ["Addition", "Digits", "ImageDataset", "circles", "moons", "spirals"]
