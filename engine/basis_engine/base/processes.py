"""Worker processes of this machine, which end with the process that started them.

A module of its own, because a new worker imports it before anything else and must ignore Ctrl-C from then on.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def process_pool(processes: int) -> ProcessPoolExecutor:
    """A pool of spawned processes; forked processes would inherit locks that threads of this process hold."""
    return ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), initializer=follow_parent)


class Map(Protocol):
    """A function over items: the results in the order of the items, each as soon as it and those before are there."""

    def __call__(self, function: Callable[[Item], Result], items: Iterable[Item], /) -> Iterator[Result]:
        """Call the function with every item."""


@contextmanager
def workers(processes: int) -> Iterator[Map]:
    """Give a `map` that works in several processes; with one, in this process.

    A script that asks for several has to do so under ``if __name__ == "__main__"``, because new processes import it.
    """
    if processes == 1:
        yield map
        return
    pool = process_pool(processes)
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)  # after an error or Ctrl-C nothing more starts


def follow_parent() -> None:
    """Ignore Ctrl-C, and end when the parent process ends, even by kill -9."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, name="follow", daemon=True).start()


def _follow() -> None:
    """End when the parent process has ended; without this the worker would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
