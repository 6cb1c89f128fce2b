"""Write docs/campaign.md from the records of campaigns: ``python -m campaigns.page results/campaign``."""

import json
import sys
from pathlib import Path
from typing import Any

from campaigns.run import CAMPAIGNS, read

ROOT = Path(__file__).resolve().parents[2]
RECORD = Path(__file__).with_name("record.json")
TRIED = {
    "engine": "worlds through the engine, in batches, every law of the ledger on arrays",
    "tables": "books in random worlds through `bs.clients`, some also through `bs.backtest` with every table",
    "command line": "hostile command lines, from click's definitions",
    "files": "damaged scenarios, tables, books, cells and sweep folders",
    "kills": "runs killed with SIGKILL at a random moment: sweeps, saves, paths, reports",
    "faults": "SIGINT and SIGTERM at a random moment, full disks, closed pipes, no home, other encodings",
}
TEXT = """# The campaign

Random worlds, hostile command lines, damaged files and killed runs, each with a number that is its seed. A
sample runs in every test run; `make campaign HOURS=8` runs them all for hours, keeps its progress in
`results/campaign`, and goes on from there the next time. `PYTHONPATH=tests .venv/bin/python -m campaigns.run
--only engine --seed 17` runs one trial.

What each trial checks, from the outside: a command line ends with exit code 0 and finite tables, or with exit
code 2, one sentence of at most 300 characters and nothing written; a damaged file gives finite results or a
sentence; equity is the sum of its lines, its change is its attribution, cash closes, nothing is held after a
default, losses beyond equity are those of named parties, statuses agree with events, nothing before a day
depends on what happens later, and twice a frictionless book is twice every amount; what a killed run leaves
is whole, and a sweep goes on to the same bytes.

## Tried

The table is written by `tests/campaigns/page.py` from `tests/campaigns/record.json`.

{tried}

What failed at first and holds now was wrong in the campaign: a law that overlooked losses of the same morning, and a
time limit that counted waiting on a busy machine.

## Found and mended

{found}

## Not tried here

A stopped or dying Dask scheduler, folders that vanish, memory limits: `tests/basis_stress/test_sweeps_killed.py` and
`test_sweeps_damaged.py` have samples of some. Processors other than x86-64.
"""
FOUND = (
    ("two runs into one folder could leave the page of one beside the tables of the other",
     "tables, figures and page are exchanged at once, under the lock of the folder", "test_saving.py"),
    ("`paths`, `ensemble`, `validate` and `shocks` saved file by file", "the same exchange", "test_saving.py"),
    ("a sweep over `yield_scale` priced on par curves although `curve=\"svensson\"` was given",
     "refused, as in a backtest", "test_sweeps_reading.py"),
    ("`amplification` was NaN where funds sell only with feedback", "infinite in tables, – on pages",
     "test_market_report.py"),
    ("six fields of `Population` had no upper limit", "every field has one", "test_population.py"),
    ("maps and `break_even` called cells refused for rounding short of capital", "the reason is the rounding",
     "test_sweeps_reading.py"),
    ("refusals in Python repeated values of 5,000 letters in full", "`InputError` cuts words of over 200 letters",
     "campaigns/files.py"),
)  # fmt: skip


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in [heads, ["---"] * len(heads), *rows])


def render(record: dict[str, Any]) -> str:
    """The page."""
    rows = [
        [
            TRIED[name],
            f"{one['tried']:,}",
            f"0 to {one['next_seed'] - 1:,}",
            str(one["failed"] + one["mended"]),
            str(one["failed"]),
            f"{one['seconds'] / 3600:.1f}",
        ]
        for name, one in record.items()
    ]
    tried = table(["what", "tried", "seeds", "failed at first", "fail now", "hours"], rows)
    found = table(["found", "now", "test"], [[what, now, f"`{test}`"] for what, now, test in FOUND])
    return TEXT.format(tried=tried, found=found)


def main() -> None:
    """Keep the counts of a folder of records beside this module, and write the page."""
    if len(sys.argv) > 1:
        names = {name: Path(sys.argv[1]) / f"{name.replace(' ', '-')}.json" for name in CAMPAIGNS}
        kept = {name: read(path) for name, path in names.items() if path.exists()}
        RECORD.write_text(json.dumps(kept, indent=1) + "\n")
    (ROOT / "docs" / "campaign.md").write_text(render(json.loads(RECORD.read_text())))


if __name__ == "__main__":
    main()
