"""Digests of every scenario's run, over threads, kinds of kernels and processes: ``python -m campaigns.digests``.

Writes docs/digests.md. A release has the digests of the release before, or its notes say which economics changed.
``--check`` compares with the page and writes nothing.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import fields
from pathlib import Path

import numpy as np

PAGE = Path(__file__).resolve().parents[2] / "docs" / "digests.md"
CONFIGURATIONS: dict[str, dict[str, str]] = {
    "one thread": {"NUMBA_NUM_THREADS": "1"},
    "two threads": {"NUMBA_NUM_THREADS": "2"},
    "plain numba": {"BASIS_STRESS_PLAIN_NUMBA": "1"},
    "a generic processor": {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""},
    "a forked process": {"CAMPAIGN_START": "fork"},
    "a spawned process": {"CAMPAIGN_START": "spawn"},
}
COMPILING = ("plain numba", "a generic processor")
"""Configurations whose kernels compile first, some minutes each."""
SWEEP = "sweep of april-2025, 200 cells"
TEXT = """# Digests

SHA-256, the first 16 digits, of everything that the engine records in a run of each scenario: a 20x TY book; and
of one sweep. Equal in {configurations}.

A release has the digests of the release before, or its notes say which economics changed. Written by
`PYTHONPATH=tests .venv/bin/python -m campaigns.digests`; `--check` compares, `--quick` leaves out the configurations
whose kernels compile first (plain numba, a generic processor).

{table}
"""


def digests() -> dict[str, str]:
    """Run to digest."""
    import basis_stress as bs

    return {name: scenario_digest(name) for name in bs.scenarios()["name"]} | {SWEEP: sweep_digest()}


def scenario_digest(name: str) -> str:
    """Digest of a scenario's run; "refused" where the book cannot be entered or the scenario has no such contract."""
    import basis_stress as bs

    try:
        run = bs.backtest(name, contract="TY", leverage=20).run
    except bs.InputError:
        return "refused"
    total = hashlib.sha256()
    for field in fields(run):
        total.update(np.ascontiguousarray(np.asarray(getattr(run, field.name))).tobytes())
    return total.hexdigest()[:16]


def sweep_digest() -> str:
    """Digest of a sweep's table."""
    import basis_stress as bs

    with tempfile.TemporaryDirectory() as folder:
        swept = bs.sweep("april-2025", out=Path(folder) / "s", leverage="10:50:40x", haircut="0:0.01:5x")
        return hashlib.sha256(swept.table().to_csv(index=False).encode()).hexdigest()[:16]


def written() -> dict[str, str]:
    """The digests of the page."""
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text().splitlines() if line.endswith("` |")]
    return {name: digest.strip("`") for name, digest in rows}


def of(name: str) -> dict[str, str]:
    """The digests in one configuration, from a process of its own."""
    environment = {**os.environ, **CONFIGURATIONS[name]}
    command = [sys.executable, "-W", "ignore", "-m", "campaigns.digests", "--print"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(run.stdout.splitlines()[-1])
    return found


def here() -> dict[str, str]:
    """The digests of this process, or of a child that it starts."""
    start = os.environ.get("CAMPAIGN_START")
    if start is None:
        return digests()
    with multiprocessing.get_context(start).Pool(1) as pool:
        return pool.apply(digests)


def main() -> int:
    """Compare configurations, and write or check the page."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--print", action="store_true", help="the digests of this process alone, as JSON")
    reader.add_argument("--check", action="store_true", help="compare with the page")
    reader.add_argument("--quick", action="store_true", help=f"without {' and '.join(COMPILING)}, which compile first")
    given = reader.parse_args()
    if given.print:
        print(json.dumps(here()))
        return 0
    found = {}
    for name in CONFIGURATIONS:
        if given.quick and name in COMPILING:
            continue
        started = time.monotonic()
        found[name] = of(name)
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    first = found["one thread"]
    wrong = [(name, key) for name, one in found.items() for key in first if one[key] != first[key]]
    for name, key in wrong:
        print(f"{key}: {name} gives {found[name][key]}, one thread {first[key]}")
    rows = "\n".join(f"| {key} | `{digest}` |" for key, digest in first.items())
    text = TEXT.format(configurations=", ".join(found), table=f"| run | digest |\n| --- | --- |\n{rows}")
    if given.check:
        changed = [key for key, digest in first.items() if written().get(key) != digest]
        print(f"changed since the page was written: {', '.join(changed) or 'none'}")
        return int(bool(wrong or changed))
    if not wrong:
        PAGE.write_text(text)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
