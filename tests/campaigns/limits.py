"""A limit of processor time for work within this process."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

from campaigns.forked import SECONDS


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """Raise TimeoutError after `SECONDS` of processor time."""

    def late(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"more than {SECONDS} s")

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
