"""Data: samples, the order in which they come, and batches of them. PyTorch's names, arguments and defaults."""

from minigrad.data import datasets, text, transforms
from minigrad.data._collate import default_collate, default_convert
from minigrad.data._dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
)
from minigrad.data._distributed import DistributedSampler
from minigrad.data._errors import LoaderError, WorkerError
from minigrad.data._generators import sample_generator
from minigrad.data._loader import DataLoader
from minigrad.data._samplers import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from minigrad.data._split import random_split
from minigrad.data._worker_info import WorkerInfo, get_worker_info

__all__ = [
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "DistributedSampler",
    "IterableDataset",
    "LoaderError",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "WorkerError",
    "WorkerInfo",
    "datasets",
    "default_collate",
    "default_convert",
    "get_worker_info",
    "random_split",
    "sample_generator",
    "text",
    "transforms",
]
