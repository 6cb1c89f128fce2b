"""Fill the blocks of README.md with what the program computes (``--check`` only compares).

A block stands between ``<!-- begin: NAME -->`` and ``<!-- end -->``. A NAME that starts with ``basis-stress`` is a
command whose output is shown; the others are functions here.
"""

import re
import sys
import tempfile
from pathlib import Path

import click.testing

import basis_stress as bs
from basis_stress.cli import group

README = Path(__file__).parent.parent / "README.md"
BLOCK = re.compile(r"(<!-- begin: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)
HISTORY = {"2 to 4 April": (-10.8, "10%"), "4 to 9 April": (18.0, "25%")}
"""CFTC positions of 1 April 2025 times quoted closes, $bn, and the tolerance that the difference of clocks asks."""


def command_output(command: str) -> str:
    """What a command prints, without the paths it wrote to."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [*command.split()[1:], "--out", folder, "--no-report"]
        outcome = click.testing.CliRunner().invoke(group, arguments, catch_exceptions=False)
    lines = [line.rstrip() for line in outcome.output.splitlines() if not line.startswith(("tables:", "report:"))]
    return "```\n$ " + command + "\n" + "\n".join(lines).strip("\n") + "\n```\n"


def variation_margin() -> str:
    """Variation margin of the CFTC book, struck at each settlement, against history."""
    result = bs.backtest("april-2025", book="cftc")
    struck = result.positions.pivot_table(index="date", columns="contract", values="variation_margin_due_usd") / 1e9
    codes = list(result.market["contract"].unique())
    periods = {"2 to 4 April": struck["2025-04-03":"2025-04-04"], "4 to 9 April": struck["2025-04-07":"2025-04-09"]}
    rows = [f"| $bn | {' | '.join(codes)} | book | history | tolerance |", f"|---|{'---|' * (len(codes) + 3)}"]
    for period, days in periods.items():
        sums = days.sum()
        cells = " | ".join(f"{sums[code]:+.2f}" for code in codes)
        observed, tolerance = HISTORY[period]
        rows.append(f"| {period} | {cells} | **{sums.sum():+.2f}** | {observed:+.1f} | {tolerance} |")
    return "\n".join(rows) + "\n"


def filled(text: str) -> str:
    """The text with every block computed anew."""

    def fill(match: re.Match[str]) -> str:
        name = match[2]
        body = command_output(name) if name.startswith("basis-stress") else variation_margin()
        return match[1] + "\n" + body + "\n" + match[3]

    return BLOCK.sub(fill, text)


def main() -> None:
    """Write README.md, or with ``--check`` say whether it is current."""
    before = README.read_text(encoding="utf-8")
    after = filled(before)
    if "--check" not in sys.argv:
        README.write_text(after, encoding="utf-8")
    elif after != before:
        sys.exit("README.md is not what the program writes now: run `python docs/write.py`")


if __name__ == "__main__":
    main()
