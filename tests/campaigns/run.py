"""Run the campaigns for hours: ``make campaign HOURS=8``; every trial has a number, which is its seed.

Progress is kept in a JSON file after each few seconds: a run that ends, in whatever way, goes on where it stopped.
A failure is kept with its seed; ``python -m campaigns.run --only engine --seed 17`` runs that trial alone.
"""

import argparse
import hashlib
import importlib
import json
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

CAMPAIGNS = {
    "engine": "campaigns.engine_worlds",
    "tables": "campaigns.public_tables",
    "command line": "campaigns.command_line",
    "files": "campaigns.files",
    "explorer": "campaigns.explorer_requests",
    "refresh": "campaigns.refresh_payloads",
    "kills": "campaigns.kills",
    "faults": "campaigns.faults",
}
"""Name to module; its ``trial(seed)`` returns how many things of each kind it tried, and raises what it finds wrong."""
SAVE_SECONDS = 5.0
KEPT = 200
"""Failures kept in full; all are counted."""


def trial_of(name: str) -> Callable[[int], dict[str, int]]:
    """The trial of a campaign."""
    trial: Callable[[int], dict[str, int]] = importlib.import_module(CAMPAIGNS[name]).trial
    return trial


def go_on(name: str, folder: Path, hours: float) -> None:
    """Run trials of one campaign from where its record ends, until the time is over."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent asks children to stop with SIGTERM
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    path = folder / f"{name.replace(' ', '-')}.json"
    state = read(path)
    if state["code"] not in ("", code(name)):  # seeds meant other trials: their counts are kept beside
        path.replace(path.with_suffix(f".{state['code']}.json"))
        state = read(path)
    state["code"] = code(name)
    trial, start, saved = trial_of(name), time.monotonic(), 0.0
    earlier = state["seconds"]
    try:
        again(state, trial)
        while time.monotonic() - start < 3600.0 * hours:
            seed = state["next_seed"]
            try:
                add(state, trial(seed))
            except Exception as problem:
                state["failed"] += 1
                state["failures"] = [*state["failures"], failure(seed, problem)][:KEPT]
            state["next_seed"], state["seconds"] = seed + 1, earlier + time.monotonic() - start
            if time.monotonic() - saved > SAVE_SECONDS:
                write(path, state)
                saved = time.monotonic()
    finally:
        write(path, state)


def code(name: str) -> str:
    """Digest of a campaign's module, to whose trials its seeds belong."""
    source = Path(__file__).with_name(f"{CAMPAIGNS[name].rpartition('.')[2]}.py")
    return hashlib.sha256(source.read_bytes()).hexdigest()[:8]


def again(state: dict[str, Any], trial: Callable[[int], dict[str, int]]) -> None:
    """Try the failures of earlier runs again; those that hold now are counted as mended."""
    for one in list(state["failures"]):
        try:
            add(state, trial(one["seed"]))
        except Exception:
            continue
        state["failures"].remove(one)
        state["failed"], state["mended"] = state["failed"] - 1, state["mended"] + 1


def add(state: dict[str, Any], tried: dict[str, int]) -> None:
    """Count what a trial has tried; kinds that begin with "of which" are parts of others."""
    state["tried"] += sum(number for kind, number in tried.items() if not kind.startswith("of which"))
    for kind, number in tried.items():
        state["kinds"][kind] = state["kinds"].get(kind, 0) + number


def failure(seed: int, problem: Exception) -> dict[str, Any]:
    """What is kept of a failure."""
    where = traceback.extract_tb(problem.__traceback__)[-1]
    return {
        "seed": seed,
        "problem": f"{type(problem).__name__}: {problem}"[:1000],
        "where": f"{Path(where.filename).name}:{where.lineno}",
    }


def read(path: Path) -> dict[str, Any]:
    """The record of a campaign."""
    if path.exists():
        found: dict[str, Any] = json.loads(path.read_text())
        return {**_none(), **found}
    return _none()


def _none() -> dict[str, Any]:
    """The record of a campaign that has not begun."""
    return {
        "tried": 0,
        "failed": 0,
        "mended": 0,
        "next_seed": 0,
        "seconds": 0.0,
        "kinds": {},
        "failures": [],
        "code": "",
    }


def write(path: Path, state: dict[str, Any]) -> None:
    """Exchange the record as a whole."""
    scratch = path.with_suffix(".tmp")
    scratch.write_text(json.dumps(state, indent=1) + "\n")
    scratch.replace(path)


def summary(folder: Path, names: list[str]) -> str:
    """A line per campaign."""
    lines = []
    for name in names:
        state = read(folder / f"{name.replace(' ', '-')}.json")
        seeds = f"seeds 0 to {state['next_seed'] - 1}" if state["next_seed"] else "none yet"
        seen = f"{state['failed']:,} failures, {state['seconds'] / 3600:.2f} h"
        lines.append(f"{name:13} {state['tried']:>12,} tried, {seen}, {seeds}")
    return "\n".join(lines)


def main() -> int:
    """Run every campaign in a process of its own; 1 if one has found a failure."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--hours", type=float, default=1.0)
    reader.add_argument("--only", choices=sorted(CAMPAIGNS), action="append")
    reader.add_argument("--seed", type=int, help="run this trial alone, in this process")
    reader.add_argument("--out", type=Path, default=Path("results/campaign"))
    given = reader.parse_args()
    names = given.only or list(CAMPAIGNS)
    if given.seed is not None:
        for name in names:
            print(f"{name}: {sum(trial_of(name)(given.seed).values())} tried, all well")
        return 0
    os.nice(19)
    out = given.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    spawn = multiprocessing.get_context("spawn")
    running = [spawn.Process(target=go_on, args=(name, out, given.hours)) for name in names]
    for process in running:
        process.start()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # children stop with their parent
    try:
        while any(process.is_alive() for process in running):
            time.sleep(min(60.0, 0.1 + 36.0 * given.hours))
            print(summary(out, names), end="\n\n", flush=True)
    except KeyboardInterrupt:
        print("stopping; the next run goes on from here")
    for process in running:
        process.terminate()
        process.join()
    print(summary(out, names))
    return int(any(read(out / f"{name.replace(' ', '-')}.json")["failed"] for name in names))


if __name__ == "__main__":
    sys.exit(main())
