"""Sweeps on Dask: parts run on workers and come back as bytes; only this process writes, so datasets are equal."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from basis_engine.base.errors import InputError
from basis_stress.sweeps import running
from basis_stress.sweeps.chunks import made
from basis_stress.sweeps.digests import data_digest, versions
from basis_stress.sweeps.jobs import Job, code_of
from basis_stress.sweeps.store import Store

_PER_THREAD = 4
"""Parts for each thread of the cluster: one that runs, and some that wait for it or for a slower worker's."""
_HERE = {"threads_per_worker": 1, "dashboard_address": None, "silence_logs": logging.CRITICAL}
"""How a cluster is started on this machine: a process for each core."""


@contextmanager
def connected(cluster: Any) -> Iterator[Any]:
    """A Dask client: the one given, of a scheduler's address, or of a cluster started here (``local``).

    Raises
    ------
    InputError
        If Dask is not installed, or nobody answers at the address.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise InputError(
            "cluster: Dask is not installed; install it with python -m pip install 'basis-stress[cluster]'"
        ) from None
    if isinstance(cluster, Client):
        yield cluster
    elif cluster == "local":
        with LocalCluster(**_HERE) as own, Client(own) as client:
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


def fill(job: Job, store: Store, client: Any, say: Callable[[int], None]) -> None:
    """Run what is left of a sweep on a cluster; the parts of a worker that dies are run by another.

    Raises
    ------
    InputError
        If a worker runs another version of the program, or a part cannot be written.
    """
    # Scattered data would be lost with their worker; a task runs again.
    shared = client.submit(_itself, job, pure=False)
    here = _versions(job)
    threads = sum(client.nthreads().values()) or 1

    def submit(part: int) -> Any:
        return client.submit(_on_worker, shared, part, here, pure=False, retries=3)

    running.fill(store, submit, _PER_THREAD * threads, say)


def _versions(job: Job) -> dict[str, str]:
    """What has to be the same here and on every worker."""
    return {"code": code_of(job), "data": data_digest(), **versions()}


def _itself(job: Job) -> Job:
    """The job, as a task, so that Dask sends it to a worker once."""
    return job


def _on_worker(job: Job, part: int, here: dict[str, str]) -> bytes:
    """One part, on a worker."""
    from distributed import get_worker

    mine = _versions(job)
    for name, wanted in here.items():
        if mine[name] != wanted:
            raise InputError(
                f"cluster: worker {get_worker().address} has {name} {mine[name]}, not {wanted}; install the same "
                "versions on every worker, or the bytes would differ"
            )
    return made(job, part)
