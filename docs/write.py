"""Fill the blocks of the documents with what the program computes, and draw their picture (``--check`` only compares).

A block is the text between ``<!-- begin: NAME -->`` and ``<!-- end -->``. A NAME that begins with "ten days of:" shows
what the command after it prints; the other names are functions of model_card.py and run_tables.py beside this file.
"""

import re
import sys
import tempfile
from pathlib import Path

import click.testing
import model_card
import run_tables

import basis_stress as bs
from basis_stress.cli.main import group
from basis_stress.sweeps.outcome_map_figure import outcome_maps

HERE = Path(__file__).parent
DOCUMENTS = {
    "README.md": 2,
    "docs/model-card.md": 3,
    "docs/model.md": 2,
    "docs/performance/README.md": 1,
    "docs/strategies.md": 4,
    "docs/sweeps.md": 1,
    "docs/validation.md": 7,
    "docs/what-if.md": 2,
}
"""Name to its number of blocks."""
PICTURE = HERE / "outcome-map.svg"
TEN_DAYS = "ten days of: "
BLOCK = re.compile(r"(<!-- begin: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def command_output(command: str) -> str:
    """What a command prints, without the paths it wrote to."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [*command.split()[1:], "--out", folder, "--no-report"]
        outcome = click.testing.CliRunner().invoke(group, arguments, catch_exceptions=False)
    lines = [line.rstrip() for line in outcome.output.splitlines() if not line.startswith(("tables:", "report:"))]
    return "```\n$ " + command + "\n" + "\n".join(lines).strip("\n") + "\n```\n"


def first_ten_days(text: str) -> str:
    """The daily table of a backtest with ten of its days."""
    lines = text.splitlines()
    days = [i for i, line in enumerate(lines) if re.match(r"\d{4}-\d{2}-\d{2} ", line)]
    return "\n".join([*lines[: days[10]], "...", *lines[days[-1] + 1 :]]) + "\n"


def picture() -> str:
    """What becomes of a 10-year book over its cash buffer and the size of the moves in two episodes, as SVG."""
    episodes = ["april-2025", "march-2020"]
    with tempfile.TemporaryDirectory() as folder:
        swept = bs.sweep(episodes, out=f"{folder}/sweep", buffer="0.0002:0.02:80x", yield_scale="0:4:41x")
        maps = [swept.outcome_map("buffer", "yield_scale", scenario=name) for name in episodes]
        return outcome_maps(maps, ["April 2025", "March 2020"])


BLOCKS = {
    "card: data": model_card.data,
    "card: parameters": model_card.parameters,
    "card: evidence": model_card.evidence,
    "repo clock": run_tables.repo_clock,
    "expected repo": run_tables.expected_repo,
    "breaking points": run_tables.breaking_points,
    "a strategy of your own": run_tables.example,
    "strategies over years": run_tables.years,
    "the library": run_tables.library,
    "published figures": run_tables.published,
    "performance": run_tables.performance,
    "a composed scenario": run_tables.composed,
    "highest leverage": run_tables.highest_leverage,
    "ablations": run_tables.mechanisms,
    "choices": run_tables.chosen,
    "tried": run_tables.rejected,
    "validation": run_tables.validation,
    "weekly trial": run_tables.weeks,
    "trade-off": run_tables.trade_off,
    "variation margin of the CFTC book": run_tables.variation_margin,
    "evidence": run_tables.evidence,
}


def content(name: str) -> str:
    """What a block of this name shows."""
    if name.startswith(TEN_DAYS):
        return first_ten_days(command_output(name.removeprefix(TEN_DAYS)))
    return BLOCKS[name]()


def filled(text: str) -> str:
    """The text with every block computed anew."""
    return BLOCK.sub(lambda match: f"{match[1]}\n{content(match[2])}\n{match[3]}", text)


def main() -> None:
    """Write the documents and the picture; with ``--check``, name the first that is not current."""
    drawn = {HERE.parent / name: filled for name in DOCUMENTS} | {PICTURE: lambda _: picture()}
    for path, write in drawn.items():
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        after = write(before)
        if "--check" not in sys.argv:
            path.write_text(after, encoding="utf-8")
        elif after != before:
            sys.exit(f"{path.name} is not what the program writes now: run `python docs/write.py`")


if __name__ == "__main__":
    main()
