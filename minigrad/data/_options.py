"""Which options of a `DataLoader` go together."""

from __future__ import annotations

from typing import Any

from minigrad.data._errors import LoaderError


def check_options(
    iterable: bool,
    batch_size: int | None,
    shuffle: bool | None,
    sampler: Any,
    batch_sampler: Any,
    drop_last: bool,
    num_workers: int,
    timeout: float,
    prefetch_factor: int | None,
    persistent_workers: bool,
) -> None:
    """Errors: LoaderError that says which option contradicts which."""
    if iterable and (shuffle or sampler is not None or batch_sampler is not None):
        raise _wrong(
            "an IterableDataset decides its order itself",
            "shuffle, sampler or batch_sampler beside it",
            "none of them",
            "draw the order in the data set's __iter__",
        )
    if sampler is not None and shuffle:
        raise _wrong("the order is given twice", "sampler and shuffle=True", "one", "RandomSampler, if you want both")
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
        raise _wrong(
            "batch_sampler decides all that batch_size, shuffle, sampler and drop_last would",
            "batch_sampler beside one of these",
            "batch_sampler alone",
            "BatchSampler(sampler, batch_size, drop_last)",
        )
    if batch_size is None and drop_last:
        raise _wrong("without batches there is no last one", "drop_last=True", "drop_last=False", "a batch_size")
    if batch_size is not None and (isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1):
        raise _wrong("this is no size of a batch", f"batch_size={batch_size!r}", "1 or more, or None", "batch_size=32")
    if isinstance(num_workers, bool) or not isinstance(num_workers, int) or num_workers < 0:
        raise _wrong("this is no number of workers", f"num_workers={num_workers!r}", "0 or more", "num_workers=2")
    if timeout < 0:
        raise _wrong("this is no time to wait", f"timeout={timeout}", "seconds, or 0 for ever", "timeout=60")
    if num_workers == 0 and (timeout or prefetch_factor is not None or persistent_workers):
        raise _wrong(
            "timeout, prefetch_factor and persistent_workers are about worker processes",
            "one of them with num_workers=0",
            "num_workers of 1 or more",
            "num_workers=2, or leave them out",
        )
    if prefetch_factor is not None and prefetch_factor < 1:
        raise _wrong("a worker needs something to do", f"prefetch_factor={prefetch_factor}", "1 or more", "2")


def _wrong(what: str, got: str, expected: str, hint: str) -> LoaderError:
    return LoaderError(f"DataLoader: {what}.", got=got, expected=expected, hint=hint)
