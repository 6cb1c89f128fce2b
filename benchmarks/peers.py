"""Other backtesters side by side: each in an environment of its own, made here, on the same 1,000 bars in the same run.

Environments are kept in the user's cache and filled by pip from whatever index the user has configured. What does not
install is skipped with a word. None of them carries repo, dated margin or liquidation, so they do less per bar.
"""

import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from platformdirs import user_cache_path

from benchmarks import ruin
from benchmarks.books import Size, cells, quiet
from benchmarks.harness import Contender, Fact, Timing, race
from benchmarks.kernels import FullRecord, lean_cells

HOME = Path(__file__).parent
BARS = 1_000
GROUP = "1,000 daily bars, long bond and short future"
PATIENCE = 900
"""Seconds that an installation or a run may take."""


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
    Peer("hftbacktest", "hftbacktest>=2.4,<3", "MIT", "peer_hftbacktest.py",
         "replays both order books, marks two positions; no funding, no margin, no liquidation"),
    Peer("nautilus_trader", "nautilus_trader>=1.220,<2", "LGPL-3.0", "peer_nautilus.py",
         "publishes two bars, marks two positions, margin as a share of notional; no repo, no dated calls"),
    Peer("bt", "bt>=1.1,<2", "MIT", "peer_bt.py",
         "updates a tree of two weights, marks them; no funding, no margin"),
)  # fmt: skip
OURS = "repo rolled and re-margined, calls dated and paid, margin, marks, limits, ten lines of profit"


def peer_races(budget: float, say: Callable[[str], None]) -> tuple[list[Timing], list[Fact]]:
    """Every peer that installs, then ours over as many bars; and the ruin probe of each.

    Parameters
    ----------
    budget
        Seconds that each peer runs.
    say
        Told what is installed, run or skipped.
    """
    facts, timings = ruin.ours(), _ours()
    given = json.dumps(_prices() | {"budget": budget})
    for peer in PEERS:
        answer = _ask(peer, given, say)
        if isinstance(answer, str):
            facts.append(Fact(GROUP, peer.name, float("nan"), "skipped", answer))
            continue
        timings.append(Timing(GROUP, f"{peer.name} {answer['version']}", "bar", tuple(answer["seconds"]), peer.per_bar))
        facts += ruin.facts(peer.name, answer["equity"], answer["open"], "")
    return timings, facts


def _prices() -> dict[str, list[float]]:
    """A bond and its future over 1,000 days, and the fall of the ruin probe."""
    bond = 100.0 * np.exp(np.cumsum(np.random.default_rng(0).normal(0.0, 2.5e-3, BARS)))
    return {
        "bond": np.round(bond, 2).tolist(),
        "future": np.round(1.1 * bond, 2).tolist(),
        "probe": list(ruin.PATH),
    }


def _ours(books: int = 100) -> list[Timing]:
    """Our book over as many days."""
    setups = cells(quiet(Size(BARS)), books)
    full, lean = FullRecord(setups), lean_cells(setups)
    contenders = [Contender("basis-stress, full record", full.run, BARS * books, full.restore, OURS)]
    if lean is not None:
        contenders.append(Contender("basis-stress, lean cells", lean, BARS * books, None, OURS))
    return race(GROUP, "bar", contenders)


def _ask(peer: Peer, given: str, say: Callable[[str], None]) -> dict[str, Any] | str:
    """Install and run one peer; why it is skipped, where it is."""
    say(f"{peer.name}: installing ...")
    try:
        python = _environment(peer)
        say(f"{peer.name}: running ...")
        run = _call([python, str(HOME / peer.script)], given)
        answer: dict[str, Any] = json.loads(run.splitlines()[-1])
        lookup = f"import importlib.metadata; print(importlib.metadata.version({peer.name!r}))"
        return answer | {"version": _call([python, "-c", lookup]).strip()}
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as problem:
        reason = _last_line(problem)
        say(f"{peer.name}: skipped ({reason})")
        return reason


def _environment(peer: Peer) -> str:
    """The interpreter of a peer's environment, made and filled once per requirement and Python."""
    root = user_cache_path("basis-stress") / "peers"
    folder = root / f"{peer.name}-{sys.version_info.major}.{sys.version_info.minor}"
    python, stamp = folder / "bin" / "python", folder / "installed"
    if os.name == "nt":
        python = folder / "Scripts" / "python.exe"
    if not stamp.exists() or stamp.read_text() != peer.requirement:
        venv.create(folder, with_pip=True, clear=True)
        _call([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", peer.requirement])
        stamp.write_text(peer.requirement)
    return str(python)


def _call(command: list[str], given: str = "") -> str:
    """What a program prints, run away from our own packages."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    run = subprocess.run(
        command, input=given, capture_output=True, text=True, check=True, timeout=PATIENCE, env=environment,
        cwd=tempfile.gettempdir(),
    )  # fmt: skip
    return run.stdout


def _last_line(problem: Exception) -> str:
    """The last thing a program said before it failed, without the paths of this machine."""
    said = str(getattr(problem, "stderr", "") or problem).strip().splitlines()
    return said[-1][:160] if said else type(problem).__name__
