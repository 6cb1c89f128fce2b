"""A sweep on a Dask cluster of which a part dies: ``python -m campaigns.dying "worker killed" 0.3``."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import nullcontext, suppress
from pathlib import Path

import basis_stress as bs
from campaigns.kills import digest

AXES = {"leverage": "20:80:0.5", "haircut": "0,0.005", "unwind": "stop-out"}
CHUNK = 4


def processes(folder: Path) -> list["subprocess.Popen[bytes]"]:
    """A scheduler and two workers on loopback."""
    file = ["--scheduler-file", str(folder / "scheduler.json"), "--no-dashboard", "--host", "127.0.0.1"]
    lines = [["scheduler", "--port", "0", *file], *2 * [["worker", "--nthreads", "1", "--no-nanny", *file]]]
    return [
        subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{name}", *line],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        for name, *line in lines
    ]


def main(kind: str, moment: float) -> None:
    """Run the sweep, let a part of the cluster die, and finish it without the cluster if that could not."""
    from distributed import Client

    folder = Path(tempfile.mkdtemp(prefix="campaign-"))
    whole = digest(bs.sweep("april-2025", out=folder / "whole", chunk=CHUNK, **AXES).folder)
    running = processes(folder)
    victim = running[0 if kind == "scheduler killed" else 1]
    sent = signal.SIGSTOP if kind == "worker stopped" else signal.SIGKILL
    try:
        with Client(scheduler_file=str(folder / "scheduler.json"), timeout=60) as client:
            client.wait_for_workers(2, timeout=60)
            client.run(__import__, "basis_stress")
            threading.Timer(moment, os.kill, (victim.pid, sent)).start()
            if kind == "worker stopped":  # it goes on after a while, as a machine that was busy
                threading.Timer(moment + 2.0, os.kill, (victim.pid, signal.SIGCONT)).start()
            refused = suppress(bs.InputError) if kind == "scheduler killed" else nullcontext()
            with refused:
                bs.sweep("april-2025", out=folder / "sweep", chunk=CHUNK, cluster=client, **AXES)
        found = bs.sweep("april-2025", out=folder / "sweep", chunk=CHUNK, **AXES)
        assert digest(found.folder) == whole, "other bytes"
    finally:
        for process in running:
            process.kill()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
    os._exit(0)
