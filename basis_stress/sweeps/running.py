"""Have the missing parts of a sweep made, by threads, processes or a cluster, and write them in order."""

from collections import deque
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Protocol

from basis_engine.base.errors import InputError
from basis_stress.sweeps.chunks import made
from basis_stress.sweeps.jobs import Job
from basis_stress.sweeps.store import Store


class Pending(Protocol):
    """A part under way: a future of Python's or of Dask's."""

    def result(self) -> bytes:
        """The part, once it is made."""


def fill(store: Store, submit: Callable[[int], Pending], ahead: int, say: Callable[[int], None]) -> None:
    """Have every part that is left made, and write each when its turn comes.

    Parameters
    ----------
    submit
        Begins a part somewhere.
    ahead
        Parts that may be under way, or wait for the one before them: as many as memory is to hold.
    say
        Told the cells of each part when it is written.

    Raises
    ------
    InputError
        If a part cannot be written; those before it are kept.
    """
    left = iter(store.left)
    under_way = deque((part, submit(part)) for part in islice(left, ahead))
    while under_way:
        part, pending = under_way.popleft()
        store.keep(part, pending.result())
        say(store.sizes[part])
        under_way.extend((following, submit(following)) for following in islice(left, 1))


def fill_here(job: Job, store: Store, threads: int, say: Callable[[int], None]) -> None:
    """Run what is left of a sweep on so many cores of this machine.

    Raises
    ------
    InputError
        If a part cannot be written, or a process that made parts has ended.
    """
    # One core works on a part or writes one, never both; several always have another part to begin.
    ahead = 1 if threads == 1 else 2 * threads
    pool = job.pool(min(threads, len(store.left)))
    try:
        fill(store, lambda part: pool.submit(made, job, part), ahead, say)
    except BrokenProcessPool:
        raise InputError(
            "sweep: a process that made markets ended before its time; in a script call sweep under "
            "if __name__ == '__main__', and where memory is short give fewer threads"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)  # after an error, or Ctrl-C, nothing more begins
