"""Run the missing chunks of a sweep on threads, processes or a cluster, and write them in order."""

from collections import deque
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Protocol

from basis_engine.base.errors import InputError
from basis_stress.sweeps.jobs import Job, run_chunk
from basis_stress.sweeps.store import Store


class Pending(Protocol):
    """A chunk that is running: a future of Python or of Dask."""

    def result(self) -> bytes:
        """Wait for the chunk and return its bytes."""


def fill(store: Store, submit: Callable[[int], Pending], ahead: int, progress: Callable[[int], None]) -> None:
    """Run every chunk that is left, and write the chunks in order.

    Parameters
    ----------
    submit
        Starts a chunk.
    ahead
        Most chunks in memory: running, or waiting to be written.
    progress
        Called with the number of cells of each chunk when it is written.

    Raises
    ------
    InputError
        If a chunk cannot be written; the earlier chunks are kept.
    """
    left = iter(store.left)
    running = deque((chunk, submit(chunk)) for chunk in islice(left, ahead))
    while running:
        chunk, pending = running.popleft()
        store.keep(chunk, pending.result())
        progress(store.sizes[chunk])
        running.extend((following, submit(following)) for following in islice(left, 1))


def fill_here(job: Job, store: Store, threads: int, progress: Callable[[int], None]) -> None:
    """Run the chunks that are left on so many cores of this machine.

    Raises
    ------
    InputError
        If a chunk cannot be written, or a worker process has ended.
    """
    # One core runs a chunk or writes one, never both; several cores always have another chunk to start.
    ahead = 1 if threads == 1 else 2 * threads
    pool = job.pool(min(threads, len(store.left)))
    try:
        fill(store, lambda chunk: pool.submit(run_chunk, job, chunk), ahead, progress)
    except BrokenProcessPool:
        raise InputError(
            "sweep: a worker process ended early; in a script call sweep under "
            "if __name__ == '__main__', and if memory is short give fewer threads"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)  # after an error or Ctrl-C no more chunks start
