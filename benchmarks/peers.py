"""Other backtesters side by side: each in an environment of its own, made here, on the same bars, in turn with ours.

Environments are kept in the user's cache and filled by pip from whatever index the user has configured. What does not
install is skipped with a word. Each runs with its own margin and liquidation switched on; none carries
repo or dated calls, so they do less per bar.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE
from typing import Any

import numpy as np
from platformdirs import user_cache_path

from benchmarks import ruin
from benchmarks.harness import Contender, Fact, Timing, race
from benchmarks.kernels import FullRecord, lean_cells
from support.timed_books import Size, cells, quiet

HOME = Path(__file__).parent
BARS = 1_000
GROUP = "1,000 daily bars, long bond and short future"
PATIENCE = 900
"""Seconds that an installation or an answer may take."""
SAMPLE_SECONDS = 0.2
"""Seconds that a peer runs in each round."""


@dataclass(frozen=True)
class Peer:
    """A program to run beside ours: permissive or LGPL licences only, since it is installed on the user's machine."""

    name: str
    requirement: str
    licence: str
    script: str
    per_bar: str
    """What it does on every bar, and what it leaves out."""


PEERS = (
    Peer("hftbacktest", "hftbacktest>=2.4.4,<3", "MIT", "peer_hftbacktest.py",
         "replays both order books, marks two positions; no funding, no margin, no liquidation"),
    Peer("nautilus_trader", "nautilus_trader>=1.221,<2", "LGPL-3.0", "peer_nautilus.py",
         "publishes two bars, marks two positions, margin as a share of notional; no repo, no dated calls"),
    Peer("bt", "bt>=1.4,<2", "MIT", "peer_bt.py",
         "updates a tree of two weights, marks them, sells under a maintenance margin; no repo"),
)  # fmt: skip
OURS = "repo rolled and re-margined, calls dated and paid, margin, marks, limits"


def peer_races(rounds: int, say: Callable[[str], None]) -> tuple[list[Timing], list[Fact]]:
    """Every peer that installs and ours, in turn, over as many bars; and the ruin probe of each.

    ``say`` receives what is installed, started or skipped.
    """
    facts, contenders, running = ruin.ours(), _ours(), []
    given = json.dumps({**_prices(), "budget": SAMPLE_SECONDS})
    try:
        for peer in PEERS:
            found = _start(peer, given, say)
            if isinstance(found, str):
                facts.append(Fact(GROUP, peer.name, float("nan"), "skipped", found))
                continue
            running.append(found)
            contenders.append(
                Contender(f"{peer.name} {found.version}", found.seconds, note=peer.per_bar, own_clock=True)
            )
            facts += ruin.facts(peer.name, found.answer["equity"], found.answer["open"], found.answer["note"])
        return race(GROUP, "bar", contenders, rounds), facts
    finally:
        for one in running:
            one.stop()


def _prices() -> dict[str, list[float]]:
    """A bond and its future over 1,000 days, and the fall of the ruin probe."""
    bond = 100.0 * np.exp(np.cumsum(np.random.default_rng(0).normal(0.0, 2.5e-3, BARS)))
    rounded = {"bond": np.round(bond, 2).tolist(), "future": np.round(1.1 * bond, 2).tolist()}
    return rounded | {"probe": list(ruin.PATH)}


def _ours(books: int = 50, more: int = 10) -> list[Contender]:
    setups = cells(quiet(Size(BARS)), books)
    full, lean = FullRecord(setups), lean_cells([*setups] * more)
    return [
        Contender("basis-stress, lean cells", lean, BARS * books * more, None, f"{OURS}; profit by line"),
        Contender("basis-stress, full record", full.run, BARS * books, full.restore, f"{OURS}; every line kept"),
    ]


class Running:
    """A peer's process, warm and waiting: it answers each line with its own seconds per bar."""

    def __init__(self, python: str, peer: Peer, given: str) -> None:
        lookup = f"import importlib.metadata; print(importlib.metadata.version({peer.name!r}))"
        self.version = _call(python, "-c", lookup)
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed by `stop`)
        self.process = subprocess.Popen(
            [python, str(HOME / peer.script)], stdin=PIPE, stdout=PIPE, stderr=self.errors, text=True, **_alone()
        )
        try:
            self.answer: dict[str, Any] = json.loads(self.ask(given))
            self.seconds()
        except (OSError, ValueError):
            self.stop()
            raise

    def ask(self, line: str) -> str:
        """Write a line, wait for one."""
        assert self.process.stdin
        assert self.process.stdout
        patience = threading.Timer(PATIENCE, self.process.kill)
        patience.start()
        try:
            print(line, file=self.process.stdin, flush=True)
            found = self.process.stdout.readline()
        finally:
            patience.cancel()
        if not found:
            self.errors.seek(0)
            raise OSError((self.errors.read().strip().splitlines() or ["stopped without a word"])[-1])
        return str(found)

    def seconds(self) -> float:
        """Seconds per bar of as many runs as fit a sample."""
        return float(self.ask("run"))

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()
        self.errors.close()


def _start(peer: Peer, given: str, say: Callable[[str], None]) -> Running | str:
    """Install and start one peer; why it is skipped, where it is."""
    say(f"{peer.name}: installing ...")
    try:
        python = _environment(peer)
        say(f"{peer.name}: starting ...")
        return Running(python, peer, given)
    except (OSError, subprocess.SubprocessError, ValueError) as problem:
        lines = str(getattr(problem, "stderr", "") or problem).strip().splitlines()
        reason = lines[-1][:160] if lines else type(problem).__name__
        say(f"{peer.name}: skipped ({reason})")
        return reason


def _environment(peer: Peer) -> str:
    """The interpreter of a peer's environment, made and filled once per requirement and Python."""
    root = user_cache_path("basis-stress") / "peers"
    folder = root / f"{peer.name}-{sys.version_info.major}.{sys.version_info.minor}"
    python, stamp = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"), folder / "installed"
    if not stamp.exists() or stamp.read_text() != peer.requirement:
        venv.create(folder, with_pip=True, clear=True)
        _call(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", peer.requirement)
        stamp.write_text(peer.requirement)
    return str(python)


def _call(*command: str) -> str:
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE, **_alone())
    return str(run.stdout).strip()


def _alone() -> dict[str, Any]:
    """A folder and environment variables that do not show a peer our packages."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    return {"env": kept, "cwd": tempfile.gettempdir()}
