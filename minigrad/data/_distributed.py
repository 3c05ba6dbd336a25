"""Each of several machines takes its share of the samples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy

from minigrad.data._errors import LoaderError
from minigrad.data._samplers import Sampler


class DistributedSampler(Sampler):
    """The share of process `rank` among `num_replicas`: every num_replicas-th index of an order that all of them know.

    The order follows from (seed, epoch) alone, so the processes agree on it without talking. Call `set_epoch` before
    each epoch, or all epochs have the same order. The shares have the same size: the first indices come again to fill
    the last share, or with `drop_last` those left over are left out.
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ):
        if num_replicas is None or rank is None or not 0 <= rank < num_replicas:
            raise LoaderError(
                "DistributedSampler: this is no share.",
                got=f"num_replicas {num_replicas}, rank {rank}",
                expected="how many processes share the samples, and which of them this is, from 0 on",
                hint="DistributedSampler(dataset, num_replicas=4, rank=0)",
            )
        self.dataset, self.num_replicas, self.rank = dataset, num_replicas, rank
        self.shuffle, self.seed, self.drop_last = shuffle, seed, drop_last
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """The epoch whose order comes next."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        n, total = len(self.dataset), len(self) * self.num_replicas
        order = numpy.arange(n)
        if self.shuffle:
            order = numpy.random.default_rng([self.seed, self.epoch]).permutation(n)
        # numpy.resize repeats the order from its beginning, or cuts it, until `total` are there.
        return iter(numpy.resize(order, total)[self.rank :: self.num_replicas].tolist())

    def __len__(self) -> int:
        n = len(self.dataset)
        return n // self.num_replicas if self.drop_last else -(-n // self.num_replicas)

    def state_dict(self) -> dict[str, Any]:
        """The epoch whose order it gives."""
        return {"epoch": self.epoch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to the epoch in which `state` was taken."""
        self.epoch = state["epoch"]
