"""Run the parts of a sweep that are not there yet: in this process, or on a cluster."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from basis_stress.sweeps.jobs import Job, Pieces, ran, table
from basis_stress.sweeps.store import Store

_WAITING = 2
"""Tables that wait for the writer: enough to keep both busy, few enough to keep memory flat."""


def sizes(job: Job) -> list[int]:
    """Cells of every part of a job."""
    total = job.design.size * len(job.scenarios)
    return [min(job.part, total - start) for start in range(0, total, job.part)]


def encoded(cells: pa.Table) -> bytes:
    """A part as the bytes of a Parquet file: one row group, nothing in it that changes from run to run."""
    sink = pa.BufferOutputStream()
    floats = [one.name for one in cells.schema if pa.types.is_floating(one.type)]
    pq.write_table(
        cells.combine_chunks(),
        sink,
        row_group_size=len(cells),
        compression="zstd",
        compression_level=1,
        use_dictionary=[one.name for one in cells.schema if one.name not in floats],
        use_byte_stream_split=floats,
    )
    content: bytes = sink.getvalue().to_pybytes()
    return content


def made(job: Job, part: int) -> bytes:
    """One part of a job, run and encoded: what a worker of a cluster does."""
    return encoded(table(job, _run(job, part)))


def _run(job: Job, part: int) -> Pieces:
    """One part of a job, run."""
    start = part * job.part
    return ran(job, start, min(start + job.part, job.design.size * len(job.scenarios)))


def fill(job: Job, store: Store, threads: int, say: Callable[[int], None]) -> None:
    """Run what is left of a sweep here; with several threads, tables are made and written beside the run.

    Parameters
    ----------
    say
        Told the cells of each part when it is written.
    """
    if threads == 1:
        for part in store.left:
            store.keep(part, made(job, part))
            say(store.sizes[part])
        return

    def write(part: int, pieces: Pieces) -> int:
        store.keep(part, encoded(table(job, pieces)))
        return store.sizes[part]

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="sweep-writer") as writer:
        for done in _bounded(writer.submit(write, part, _run(job, part)) for part in store.left):
            say(done.result())


def _bounded(futures: Iterable["Future[Any]"]) -> Iterator["Future[Any]"]:
    """Futures in order, no more than a few of them under way."""
    waiting: deque[Future[Any]] = deque()
    for future in futures:
        waiting.append(future)
        if len(waiting) > _WAITING:
            yield waiting.popleft()
    yield from waiting
