"""A sweep killed at random moments, here or on a cluster, goes on where it was and ends with the same bytes."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

import basis_stress as bs
from support.folders import files_of

AXES = {"leverage": "20:80:0.25", "haircut": "0,0.005", "unwind": "stop-out"}
PART = 4
SCRIPT = f"""
import sys, time, basis_stress as bs
from basis_stress.sweeps import jobs
whole = jobs.table
def slowly(*given):
    time.sleep(float(sys.argv[2]))
    return whole(*given)
jobs.table = slowly
bs.sweep("april-2025", out=sys.argv[1], chunk={PART}, threads=int(sys.argv[3]), **{AXES!r})
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An uninterrupted run of the same sweep."""
    found = bs.sweep("april-2025", out=tmp_path_factory.mktemp("whole") / "sweep", chunk=PART, **AXES)
    return files_of(found.folder)


def parts_of(folder):
    """How many parts there are: the first ones, as they are written in order."""
    found = sorted(path.name for path in folder.glob("chunk-*.parquet"))
    assert found == [f"chunk-{k:06d}.parquet" for k in range(len(found))]
    return len(found)


def killed(folder, moment, pause, threads):
    """Start the sweep, kill -9 it ``moment`` seconds after it has begun to write; how many parts were done then."""
    command = [sys.executable, "-c", SCRIPT, str(folder), str(pause), str(threads)]
    before = parts_of(folder)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while parts_of(folder) == before and process.poll() is None:
        time.sleep(0.002)
    time.sleep(moment)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    return parts_of(folder)


def ten_kills(folder, kills, pause, seed):
    """Kill a sweep so often, at random moments; parts done after each."""
    moments = random.Random(seed)
    return [killed(folder, moments.uniform(0, 2 * pause), pause, 1 + k % 2) for k in range(kills)]


def resumed(folder):
    """Finish the sweep and hand its files back."""
    bs.sweep("april-2025", out=folder, chunk=PART, **AXES)
    return files_of(folder)


def test_killed_twice_and_resumed(whole, tmp_path):
    done = ten_kills(tmp_path / "sweep", 2, 0.1, seed=1)
    assert 0 < done[0] < done[1] < len(whole) - 1
    assert resumed(tmp_path / "sweep") == whole


@pytest.mark.slow
def test_killed_at_ten_random_moments_and_resumed(whole, tmp_path):
    done = ten_kills(tmp_path / "sweep", 10, 0.05, seed=2)
    assert 0 < done[0] < done[-1]
    assert sorted(done) == done
    assert resumed(tmp_path / "sweep") == whole


def test_killed_inside_a_write(whole, tmp_path):
    """What a kill leaves while a file is being written is never among the chunks."""
    killed(tmp_path / "sweep", 0.0, 0.05, 1)
    (tmp_path / "sweep" / ".chunk-000005.parquet.abc.tmp").write_bytes(whole["chunk-000005.parquet"][:500])
    assert resumed(tmp_path / "sweep") == whole


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_ends_with_the_same_bytes(whole, tmp_path):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        victims = [worker.pid for worker in cluster.workers.values()]

        def kill_one(done, total):
            if done and victims:
                os.kill(victims.pop(), signal.SIGKILL)
                victims.clear()

        found = bs.sweep("april-2025", out=tmp_path / "sweep", chunk=PART, cluster=client, progress=kill_one, **AXES)
        assert not victims
    assert files_of(found.folder) == whole
