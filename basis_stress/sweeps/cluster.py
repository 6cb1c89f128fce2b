"""Sweeps on Dask: workers run chunks and return their bytes; only this process writes, so datasets are equal."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

from basis_engine.base.errors import InputError
from basis_stress.sweeps import running
from basis_stress.sweeps.digests import data_digest, versions
from basis_stress.sweeps.jobs import Job, code_of, run_chunk
from basis_stress.sweeps.store import Store

_PER_THREAD = 4
"""Chunks submitted per thread of the cluster: one runs, the others wait for it or for a slower worker."""
_LOCAL = {
    "processes": False,
    "n_workers": 1,
    "protocol": "inproc",
    "dashboard_address": "127.0.0.1:0",
    "worker_dashboard_address": "127.0.0.1:0",
    "scheduler_kwargs": {"dashboard": False},
    "silence_logs": logging.CRITICAL,
}
"""Options of a cluster inside this process: whoever can send messages to a Dask worker can run code in it.

Without an address Dask serves its page on all networks. `_NO_PAGES` leaves a server on loopback that answers nothing.

Workers in processes of their own would need TLS; sweeps without a cluster run in processes already.
"""


_NO_PAGES: dict[str, list[str]] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}


@contextmanager
def connected(cluster: Any) -> Iterator[Any]:
    """A Dask client: as given, for the address of a scheduler, or for a cluster started here (``local``).

    Raises
    ------
    InputError
        If Dask is not installed, or no scheduler answers at the address, or it ends before its work is gathered.
    """
    try:
        import dask
        from distributed import Client, LocalCluster
        from distributed.comm.core import CommClosedError
    except ImportError:
        raise InputError(
            "cluster: Dask is not installed; install it with python -m pip install 'basis-stress[cluster]'"
        ) from None
    try:
        if isinstance(cluster, Client):
            yield cluster
        elif cluster == "local":
            with dask.config.set(_NO_PAGES), LocalCluster(**_LOCAL) as own, Client(own) as client:
                yield client
        else:
            try:
                client = Client(cluster, timeout=10)
            except (OSError, ValueError, TypeError) as problem:
                raise InputError(
                    f"cluster: no Dask scheduler answers at {cluster!r} ({problem}); give its address, such as "
                    "tcp://host:8786, or local"
                ) from None
            with client:
                yield client
    except (CommClosedError, CancelledError):
        raise InputError(
            "cluster: its scheduler ended or closed the connection; start it again and run the same command, "
            "with which a sweep goes on from its finished chunks"
        ) from None


def fill(job: Job, store: Store, client: Any, progress: Callable[[int], None]) -> None:
    """Run the chunks that are left on a cluster; another worker reruns the chunks of a worker that dies.

    Raises
    ------
    InputError
        If a worker runs another version of the program, or a chunk cannot be written.
    """
    # Scattered data would be lost with their worker; a task is run again.
    shared = client.submit(_itself, job, pure=False)
    expected = _versions(job)
    threads = sum(client.nthreads().values()) or 1

    def submit(chunk: int) -> Any:
        return client.submit(_on_worker, shared, chunk, expected, pure=False, retries=3)

    running.fill(store, submit, _PER_THREAD * threads, progress)


def _versions(job: Job) -> dict[str, str]:
    """Versions that must be the same here and on every worker."""
    return {"code": code_of(job), "data": data_digest(), **versions()}


def _itself(job: Job) -> Job:
    """Return the job: as the result of a task it is sent to each worker once."""
    return job


def _on_worker(job: Job, chunk: int, expected: dict[str, str]) -> bytes:
    """Run one chunk on a worker."""
    from distributed import get_worker

    own = _versions(job)
    for name, wanted in expected.items():
        if own[name] != wanted:
            raise InputError(
                f"cluster: worker {get_worker().address} has {name} {own[name]}, not {wanted}; install the same "
                "versions on every worker, because results depend on them"
            )
    return run_chunk(job, chunk)
