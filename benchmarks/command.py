"""Run the suite for the command `basis-stress bench`: write its results, compare with an earlier run."""

from pathlib import Path

import click

from basis_stress.reporting.files import save
from benchmarks.figures import growth, performance
from benchmarks.history import as_json, compare, load
from benchmarks.page import comparison, markdown
from benchmarks.suite import FULL, QUICK, run_suite


def run(full: bool, peers: bool, earlier: Path | None, out: Path) -> bool:
    """Run the suite and write its results into ``out``; return whether a benchmark is slower than in ``earlier``."""
    before = None if earlier is None else load(earlier)
    record = run_suite(FULL if full else QUICK, peers, lambda text: click.echo(text, err=True))
    save(as_json(record), out / "bench.json", "--out")
    save(markdown(record), out / "bench.md", "--out")
    for name, draw in (("performance", performance), ("growth", growth)):
        save(draw(record), out / f"{name}.svg", "--out")
        save(draw(record, as_png=True), out / f"{name}.png", "--out")
    click.echo(markdown(record))
    verdicts = [] if before is None else compare(before, record)
    if before is not None:
        click.echo(comparison(verdicts, before, record))
    click.echo(f"tables, figure and history: {out}")
    return any(verdict.word == "slower" for verdict in verdicts)
