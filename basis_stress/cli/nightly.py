"""Options of results: the summary as JSON, an exit code for an outcome, and tables for a spreadsheet."""

from collections.abc import Callable
from typing import Any

import click
import pandas as pd

from basis_stress.cli.manifest import FAILED
from basis_stress.reporting.outcomes import OUTCOMES, UNTIL, check_until, name_of


def nightly_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json` and `--fail-on`."""
    text = f"Exit with code {FAILED} if a fund has this outcome or a worse one, or cannot be entered."
    text = f"{text} One of {', '.join(UNTIL)}."
    command = click.option("--fail-on", metavar="OUTCOME", callback=_known, help=text)(command)
    return click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON, and nothing else.")(command)


def _known(context: click.Context, parameter: click.Parameter, given: str | None) -> str | None:
    """The outcome by its name in use; an old name works for one release, with a warning."""
    return None if given is None else check_until(given, name="--fail-on")


def spreadsheet_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--csv` and `--xlsx`."""
    command = click.option("--xlsx", is_flag=True, help="Also write the tables as spreadsheets/tables.xlsx.")(command)
    return click.option("--csv", is_flag=True, help="Also write the tables as CSV into spreadsheets.")(command)


def json_text(table: pd.DataFrame) -> str:
    """A table as JSON: a list with an object per row; missing values are null."""
    return str(table.to_json(orient="records", date_format="iso", indent=1))


def exit_code(outcomes: "pd.Series[Any]", fail_on: str | None) -> int:
    """0, or `FAILED` if an outcome is the one named, or a worse one."""
    if fail_on is None:
        return 0
    least = OUTCOMES.index(name_of(UNTIL[fail_on]))
    return FAILED if any(OUTCOMES.index(outcome) >= least for outcome in outcomes) else 0
