"""Signals, full disks, folders that vanish and poor surroundings: one line or a whole result, and nothing else.

What needs no surroundings of its own runs in a forked child; the rest in processes of their own (`surroundings`).
"""

import codecs
import contextlib
import multiprocessing
import os
import random
import resource
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from functools import cache
from multiprocessing.pool import ThreadPool
from pathlib import Path

import basis_stress as bs
from basis_stress.cli.main import MOST, main
from campaigns import surroundings
from campaigns.command_line import compiled
from campaigns.forked import Child, Ended, forked
from campaigns.kills import digest

JOBS = (
    ["backtest", "april-2025", "--contract", "TY", "--out", "out"],
    ["backtest", "april-2025", "--no-report", "--csv", "--out", "out"],
    ["sweep", "april-2025", "--leverage", "10:50:40x", "--haircut", "0:0.01:10x", "--no-report", "--out", "out"],
    ["paths", "bootstrap", "--paths", "20", "--days", "10", "--no-report", "--out", "out"],
    ["break", "april-2025", "--steps", "20", "--no-report", "--out", "out"],
)
STOPPED = {signal.SIGINT: 130, signal.SIGTERM: 143}
NOBODY = 65534


def start(job: list[str], folder: str, before: Callable[[], object] = lambda: None) -> Child:
    """A command in a forked child."""

    def work() -> None:
        tempfile.tempdir = None
        before()
        main(list(job))

    return Child(work, folder, TMPDIR=folder)


@cache
def seconds(number: int) -> float:
    """How long a job takes."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        ended = start(JOBS[number], folder).wait()
        assert ended.code == 0, ended.said[-500:]
        return time.monotonic() - started


def one_line(ended: Ended, folder: str) -> None:
    """Assert that an error is one line, and nothing half-written."""
    assert "Traceback" not in ended.out + ended.said, ended.said[-600:]
    last = [line for line in ended.said.replace("\r", "\n").splitlines() if line.startswith("basis-stress: ")]
    assert len(last) == 1, f"{len(last)} lines: {ended.said[-600:]}"
    assert len(last[0]) <= MOST, last
    assert_clean(folder)


def assert_clean(folder: str) -> None:
    """Assert that nothing half-written is left."""
    left = [path.name for path in Path(folder).rglob("*") if ".saving-" in path.name or path.suffix == ".tmp"]
    assert not left, left


def ends(ended: Ended, folder: str) -> None:
    """Assert that a command ended with a result, or with one sentence."""
    assert ended.code in (0, 2), f"exit {ended.code}: {ended.said[-600:]}"
    if ended.code == 2:
        one_line(ended, folder)


def stopped(draws: random.Random, folder: str) -> None:
    """SIGINT or SIGTERM at a random moment: one line, exit code 130 or 143."""
    job, number = draws.randrange(len(JOBS)), draws.choice(list(STOPPED))
    child = start(JOBS[job], folder)
    ended = child.kill(0.02 + draws.uniform(0.0, seconds(job)), number)
    if ended.code == 0:  # it was done
        return
    assert ended.code == STOPPED[number], f"{number.name}: exit {ended.code}: {ended.said[-600:]}"
    one_line(ended, folder)


def full_disk(draws: random.Random, folder: str) -> None:
    """No file may grow beyond a size, as on a full disk."""
    size = draws.choice((0, 1, 100, 4096, 20_000, 100_000, draws.randrange(100_000)))

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    child = start(draws.choice(JOBS), folder, limit)
    ended = child.wait()
    if size > 4096:
        ends(ended, folder)
    else:  # what is printed is cut short too
        assert ended.code in (0, 2), f"{size} bytes: exit {ended.code}: {ended.said[-600:]}"
        assert_clean(folder)


def vanishing_folder(draws: random.Random, folder: str) -> None:
    """Somebody deletes the output folder at a random moment."""
    job = draws.randrange(len(JOBS))
    (Path(folder) / "out").mkdir()
    child = start(JOBS[job], folder)
    time.sleep(draws.uniform(0.0, seconds(job)))
    shutil.rmtree(Path(folder) / "out", ignore_errors=True)
    ended = child.wait()
    assert ended.code in (0, 2), f"exit {ended.code}: {ended.said[-600:]}"
    if ended.code == 2:
        one_line(ended, folder)


def read_only_folder(draws: random.Random, folder: str) -> None:
    """The output folder, or the one around it, cannot be written; the working folder cannot, either."""
    out = Path(folder) / "out"
    out.mkdir()
    for path in (Path(folder), out)[draws.randrange(2) :]:
        path.chmod(0o555)
    before = set(Path(folder).rglob("*"))
    codecs.lookup("unicode-escape")  # of pages; nobody may not be able to read Python's own folder
    ended = start(draws.choice(JOBS[:4]), folder, lambda: os.setuid(NOBODY)).wait()
    assert ended.code == 2, f"exit {ended.code}: {ended.said[-600:]}"
    one_line(ended, folder)
    assert set(Path(folder).rglob("*")) == before


def linked_folder(draws: random.Random, folder: str) -> None:
    """The output folder is a link: to a folder, to itself, to a file, to nothing, to what cannot be written."""
    (Path(folder) / "real").mkdir()
    (Path(folder) / "file").write_text("kept")
    target = draws.choice(("real", "out", "file", "nothing", "/proc", "/dev/null"))
    (Path(folder) / "out").symlink_to(target)
    ends(start(draws.choice(JOBS), folder).wait(), folder)
    assert (Path(folder) / "file").read_text() == "kept"
    assert (Path(folder) / "out").is_symlink()


def two_in_one_folder(draws: random.Random, folder: str) -> None:
    """Two runs save into one folder: one of them wins, as a whole."""
    lines = [["backtest", "april-2025", "--leverage", str(number), "--out", "out"] for number in (20, 30)]
    children = [start(line, folder) for line in draws.sample(lines, 2)]
    for child in children:
        ended = child.wait()
        assert ended.code == 0, ended.said[-600:]
    found = digest(Path(folder) / "out")
    assert found in (alone(20), alone(30)), "files of two runs in one folder"
    assert_clean(folder)


@cache
def alone(leverage: int) -> dict[str, str]:
    """The digests of one of two runs."""
    with tempfile.TemporaryDirectory() as folder:
        ended = start(["backtest", "april-2025", "--leverage", str(leverage), "--out", "out"], folder).wait()
        assert ended.code == 0, ended.said
        return digest(Path(folder) / "out")


def equity(leverage: float) -> float:
    """The end of a book, to compare processes and threads."""
    return float(bs.backtest("april-2025", leverage=leverage).summary["equity_end_usd"].iloc[0])


def at_once(draws: random.Random, folder: str) -> None:
    """Eight threads, or processes forked from this one, at once: the same results as one after another."""
    levels = [draws.uniform(5, 60) for _ in range(8)]

    def work() -> None:
        expected = [equity(level) for level in levels]
        if draws.random() < 0.5:
            with ThreadPool(8) as pool:
                assert pool.map(equity, levels) == expected
        else:
            bs.simulate_paths("bootstrap", 4, 5)  # starts the threads of kernels, which a forked child has not
            with multiprocessing.get_context("fork").Pool(2) as processes:
                assert processes.map(equity, levels) == expected

    ended = forked(work, folder)
    assert ended.code == 0, ended.said[-600:]


def sweeps_at_once(draws: random.Random, folder: str) -> None:
    """Sweeps and paths in several threads at once."""

    def work() -> None:
        def run(number: int) -> None:
            out = Path("out") / str(number)
            if number % 2:
                bs.sweep("april-2025", out=out, leverage="10:50:20x", threads=2)
            else:
                bs.simulate_paths("bootstrap", 10, 5, out=out)

        threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        one, other = digest(Path("out/1")), digest(Path("out/3"))
        assert one == other
        assert digest(Path("out/0")) == digest(Path("out/2"))

    ended = forked(work, folder)
    assert ended.code == 0, ended.said[-600:]


FORKED: tuple[Callable[[random.Random, str], None], ...] = (
    stopped, stopped, stopped, full_disk, full_disk, vanishing_folder, read_only_folder, linked_folder,
    two_in_one_folder, at_once, sweeps_at_once,
)  # fmt: skip
SLOW = 12
"""One fault in so many needs processes of its own, which take seconds."""


def trial(seed: int) -> dict[str, int]:
    """Try one fault."""
    compiled()
    draws = random.Random(f"faults {seed}")
    kind = surroundings.KINDS[seed // SLOW % len(surroundings.KINDS)] if seed % SLOW == 0 else draws.choice(FORKED)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        try:
            kind(draws, folder)
        except AssertionError as problem:
            raise AssertionError(f"{kind.__name__}: {problem}") from problem
        finally:
            for path in Path(folder).rglob("*"):
                with contextlib.suppress(OSError):
                    path.chmod(0o755)
    return {kind.__name__.replace("_", " "): 1}
