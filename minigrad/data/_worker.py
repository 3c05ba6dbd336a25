"""A worker process: it makes batches of the indices that it is sent, until nobody is left to send any."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import random
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import NamedTuple

import numpy

from minigrad.data._fetch import Exhausted, Fetcher, Recipe, Task
from minigrad.data._transport import Parcel, Sender, dumps
from minigrad.data._worker_info import WorkerInfo, set_worker_info
from minigrad.random import manual_seed
from minigrad_kernels.threads import set_num_threads

AT_ONCE = -1  # stands where the number of an epoch would, in what belongs to none
PATIENCE = 5.0  # seconds that a worker may take to finish its sample when the loader is closed


class Job(NamedTuple):
    """What a worker is given when it starts, beside its number."""

    recipe: Recipe
    count: int
    seed: int
    prefetch: int
    start: Callable[[int], None] | None
    by_value: bool


class Inbox:
    """Takes in what the loader sends, while the process is busy with a batch.

    So the loader never waits to get rid of a task, and a worker notices at once that the loader is gone: its end of
    the connection is closed by the operating system, however it died.
    """

    def __init__(self, connection: Connection):
        self.connection = connection
        self.tasks: queue.SimpleQueue[tuple[int, Task] | None] = queue.SimpleQueue()
        self.round = 0
        self.closed = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        try:
            while (item := self.connection.recv()) is not None:
                self.round = item[0]
                self.tasks.put(item)
        except (EOFError, OSError):
            pass
        self.closed.set()
        self.tasks.put(None)
        time.sleep(PATIENCE)
        os._exit(1)

    def __iter__(self) -> Iterator[tuple[int, Task]]:
        """The tasks, without those of an epoch that was left."""
        while (item := self.tasks.get()) is not None and not self.closed.is_set():
            if item[0] == self.round:
                yield item


def work(connection: Connection, number: int, inherited: list[Connection]) -> None:
    """The life of worker `number`; `inherited` are connections that are not its own."""
    for other in inherited:
        other.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process: the loader's decides what happens
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the loader is gone
        _work(connection, number)


def _work(connection: Connection, number: int) -> None:
    parcel = Parcel.receive(connection)
    by_value, kind = False, "unreadable"
    try:
        job: Job = parcel()
        by_value, kind = job.by_value, "failed"
        _prepare(job, number)
    except Exception as error:
        Sender(connection, 1, by_value=by_value).send(AT_ONCE, kind, _told(error, number, by_value=by_value))
        return
    sender = Sender(connection, job.prefetch, by_value=by_value)
    sender.send(AT_ONCE, "ready", None)
    inbox = Inbox(connection)
    fetcher, begun = None, AT_ONCE
    for round_number, task in inbox:
        try:
            if fetcher is None or round_number != begun:
                fetcher, begun = Fetcher(job.recipe, inbox.closed), round_number
            result = fetcher.batch(task)
            sender.send(round_number, "batch", result)
        except Exhausted:
            sender.send(round_number, "end", None)
        except (BrokenPipeError, ConnectionResetError):
            return
        except Exception as error:
            sender.send(round_number, "failed", _told(error, number, by_value=job.by_value))


def _prepare(job: Job, number: int) -> None:
    """Seed what draws without being given a generator, and run the user's own function."""
    seed = job.seed + number
    set_worker_info(WorkerInfo(number, job.count, seed, job.recipe.dataset))
    set_num_threads(1)
    random.seed(seed)
    manual_seed(seed)
    numpy.random.seed(seed % 2**32)  # noqa: NPY002  data sets written for PyTorch draw from it
    if job.start is not None:
        job.start(number)


class Failure(NamedTuple):
    """An error on its way to the loader: pickled if it can be, and as text."""

    pickled: bytes | None
    kind: str
    message: str
    notes: list[str]
    worker: int
    traceback: str


def _told(error: Exception, number: int, *, by_value: bool) -> Failure:
    notes: list[str] = list(getattr(error, "__notes__", []))
    if notes:
        del error.__notes__  # they are shown apart from the traceback
    here = os.path.dirname(__file__)
    place = error.__traceback__
    while place is not None and os.path.dirname(place.tb_frame.f_code.co_filename) == here:
        place = place.tb_next
    text = "".join(traceback.format_exception(error.with_traceback(place or error.__traceback__))).rstrip()
    try:
        pickled = dumps(error, by_value=by_value)
        pickle.loads(pickled)  # some errors can be pickled and do not come back
    except Exception:
        pickled = None
    return Failure(pickled, type(error).__name__, str(error), notes, number, text)
