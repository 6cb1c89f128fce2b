"""The cluster that `--cluster local` starts: no other process reaches it, and its dataset is that of threads."""

import socket
import urllib.error
import urllib.request

import pytest

import basis_stress as bs
from basis_stress.sweeps.cluster import connected
from support.folders import files_of

pytest.importorskip("distributed")


def test_a_local_cluster_takes_no_messages_from_outside(monkeypatch):
    """Whoever reaches a Dask worker or scheduler can run code in it."""
    listening = []
    listen = socket.socket.listen

    def record(self, *given):
        listening.append(self.getsockname())
        return listen(self, *given)

    monkeypatch.setattr(socket.socket, "listen", record)
    with connected("local") as client:
        assert client.submit(sum, [1, 2]).result() == 3
        assert client.scheduler.address.startswith("inproc://")
        for _, port in listening:
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/status")
    assert {host for host, _ in listening} <= {"127.0.0.1"}


def test_its_dataset_is_that_of_threads(tmp_path):
    axes = {"leverage": "20:80:20", "haircut": "0,0.01"}
    here = bs.sweep("april-2025", out=tmp_path / "here", chunk=2, **axes)
    there = bs.sweep("april-2025", out=tmp_path / "there", chunk=2, cluster="local", **axes)
    assert files_of(there.folder) == files_of(here.folder)


def test_a_scheduler_that_ends_is_one_sentence():
    """Dask ends futures by one of these errors, or by the other."""
    from distributed import CancelledError
    from distributed.comm.core import CommClosedError

    for error in (CommClosedError("in <TCP>: Stream is closed"), CancelledError("lost dependencies")):
        with pytest.raises(bs.InputError, match=r"^cluster: its scheduler ended"), connected("local"):
            raise error
