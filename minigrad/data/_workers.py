"""The worker processes of a loader, seen from the loader: started, given tasks, listened to, and ended."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import time
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from minigrad.data._errors import WorkerError
from minigrad.data._fetch import Task
from minigrad.data._transport import Parcel, Receiver, main_is_a_file
from minigrad.data._worker import AT_ONCE, PATIENCE, Failure, Job, work

_PRELOADED = ["minigrad.data._worker", "cloudpickle"]
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def start_context(chosen: Any = None) -> Any:
    """How workers are started: as the user chose, or safely.

    A forked process has one thread of its parent's, and all its locks, as they were: if another thread held one (of
    BLAS, Numba, Jupyter's sockets), the child waits for it for ever. So the default never forks the program: on Linux
    a small server process, which has one thread, is forked instead (`forkserver`); elsewhere each worker is a new
    process (`spawn`).
    """
    if chosen is not None:
        return multiprocessing.get_context(chosen) if isinstance(chosen, str) else chosen
    return multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")


def pack(job: Job) -> Parcel:
    """What every worker is sent.

    By their names, as pickle does; by value what the program itself defines, if it is a notebook, which another
    process cannot import, or if pickle refuses (a lambda).
    """
    refused: Exception | None = None
    for by_value in (False, True) if main_is_a_file() else (True, False):
        try:
            return Parcel(job._replace(by_value=by_value), by_value=by_value)
        except ModuleNotFoundError as error:
            if error.name != "cloudpickle":
                raise  # else by name: all is well if nothing in it was defined in the notebook
        except Exception as error:
            if not by_value and not isinstance(error, (pickle.PicklingError, AttributeError, TypeError)):
                raise
            refused = error
            if by_value:
                break  # in a notebook, too: what a worker could not find by its name is no answer
    raise WorkerError(
        "DataLoader: the data set, or a function given with it, cannot be sent to worker processes.",
        got=f"{type(refused).__name__}: {refused}",
        expected="what pickle can send: no open file, lock or generator; a lambda only if cloudpickle is installed",
        hint="open files in the first __getitem__ instead of __init__; pip install 'minigrad[data]'; or num_workers=0",
    ) from refused


class Workers:
    """`job.count` processes, each with a connection of its own.

    No lock or queue is shared, so a process that is killed blocks no other: its connection ends, and that is seen.
    """

    def __init__(self, job: Job, context: Any, timeout: float):
        self.job, self.timeout = job, timeout
        self.round = 0
        self.ready = [False] * job.count
        parcel = pack(job)
        if context.get_start_method() == "forkserver":
            context.set_forkserver_preload(_PRELOADED)
        self.connections: list[Any] = []
        self.processes: list[Any] = []
        self._finalizer = weakref.finalize(self, _end, self.connections, self.processes)
        try:
            with _one_thread_each():
                for number in range(job.count):
                    ours, theirs = context.Pipe()
                    self.connections.append(ours)
                    # A forked process has our ends of the connections too, and must let go of them.
                    inherited = list(self.connections) if context.get_start_method() == "fork" else []
                    process = context.Process(target=work, args=(theirs, number, inherited), daemon=True)
                    process.start()
                    self.processes.append(process)
                    theirs.close()
            for number, ours in enumerate(self.connections):
                try:
                    parcel.send(ours)
                except OSError:
                    raise self._died(number, None) from None
        except BaseException:
            self.close()
            raise
        finally:
            parcel.close()
        self.receivers = [Receiver(ours) for ours in self.connections]

    def results(self, tasks: Iterator[Task]) -> Iterator[tuple[Task, Any]]:
        """The batches of these tasks, in their order; each worker has `prefetch` of them to do ahead of time."""
        self.round += 1
        this = self.round
        waiting: deque[tuple[int, Task]] = deque()
        for number in list(range(self.job.count)) * self.job.prefetch:
            self._give(number, tasks, waiting)
        while waiting:
            number, task = waiting.popleft()
            kind, result = self._receive(number, task, this)
            if kind == "end":
                continue
            self._give(number, tasks, waiting)
            yield task, result

    def close(self) -> None:
        """End the processes: each after the sample that it is making, or after some seconds in any case."""
        self._finalizer()

    @property
    def closed(self) -> bool:
        """Whether the processes have been ended."""
        return not self._finalizer.alive

    def _give(self, number: int, tasks: Iterator[Task], waiting: deque[tuple[int, Task]]) -> None:
        task = next(tasks, None)
        if task is None:
            return
        with suppress(OSError):  # it has died; what it sent before, perhaps the reason, is still to be read
            self.connections[number].send((self.round, task))
        waiting.append((number, task))

    def _receive(self, number: int, task: Task, this: int) -> tuple[str, Any]:
        connection, receiver = self.connections[number], self.receivers[number]
        while True:
            if this != self.round:
                raise WorkerError(
                    "DataLoader: a new epoch has begun, so this one cannot go on.",
                    expected="one epoch at a time, where the workers are persistent",
                    hint="persistent_workers=False, or a loader for each loop",
                )
            try:
                if not connection.poll(self.timeout or None):
                    raise self._late(number, task)
                of, kind, opened = receiver.receive()
            except (EOFError, OSError):
                raise self._died(number, task) from None
            if kind == "ready":
                self.ready[number] = True
            elif of in (self.round, AT_ONCE):
                result = opened()
                if isinstance(result, Failure):
                    raise _raised(result, kind)
                return kind, result

    def _died(self, number: int, task: Task | None) -> WorkerError:
        process = self.processes[number]
        process.join(PATIENCE)
        code = process.exitcode
        how = f"exit code {code}"
        if code is not None and code < 0:
            how = f"killed by {signal.Signals(-code).name}"
        samples = "" if task is None or task.indices is None else f", samples {task.indices}"
        if not self.ready[number]:
            return WorkerError(
                f"DataLoader: worker {number} (process {process.pid}) ended before it was ready.",
                got=how,
                expected="a process that can be started anew",
                hint="in a script, put what runs under if __name__ == '__main__': since workers import the script; "
                "the worker's own message stands above",
            )
        return WorkerError(
            f"DataLoader: worker {number} (process {process.pid}) died.",
            got=f"{how}, while it made batch {task.number if task else 0}{samples}",
            expected="a worker that lives until its loader is closed",
            hint="Linux kills with SIGKILL when memory is short: fewer workers, smaller batches; num_workers=0 shows "
            "what else happens",
        )

    def _late(self, number: int, task: Task) -> WorkerError:
        return WorkerError(
            f"DataLoader: no answer from worker {number} (process {self.processes[number].pid}).",
            got=f"batch {task.number} not finished after {self.timeout:g} s",
            expected=f"each batch within timeout={self.timeout:g} seconds",
            hint="a longer timeout, or 0 to wait for ever; more workers; num_workers=0 shows where it stands",
        )


def _raised(failure: Failure, kind: str) -> Exception:
    """The worker's error as it is raised here: of the same type where that can be, with its traceback as a note."""
    if kind == "unreadable":
        out: Exception = WorkerError(
            f"DataLoader: worker {failure.worker} cannot read what it was sent.",
            got=f"{failure.kind}: {failure.message}",
            expected="classes and functions that another process can import",
            hint="define the data set in a module beside the notebook (%%writefile samples.py) and import it, or "
            "pip install 'minigrad[data]', which brings cloudpickle; or num_workers=0",
        )
    elif failure.pickled is None:
        out = WorkerError(f"DataLoader: worker {failure.worker} raised {failure.kind}: {failure.message}")
    else:
        out = pickle.loads(failure.pickled)
    for note in (*failure.notes, f"Worker {failure.worker}'s traceback:\n{failure.traceback}"):
        out.add_note(note)
    return out


def _end(connections: list[Any], processes: list[Any]) -> None:
    for connection in connections:
        with suppress(OSError):
            connection.send(None)
    for connection in connections:
        connection.close()
    until = time.monotonic() + PATIENCE
    for process in processes:
        process.join(max(0.0, until - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes that are started meanwhile compute with one thread: there are several of them already."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
