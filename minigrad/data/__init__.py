"""Data: samples, the order in which they come, and batches of them. PyTorch's names, arguments and defaults."""

from minigrad.data._dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    sample_generator,
)

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "Subset",
    "TensorDataset",
    "sample_generator",
]
