"""Numbers beyond every book, and dated parts of the day of entry, are refused in a sentence that names the field."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import basis_stress as bs
from basis_data.scenarios.scenario import scenario

APRIL = scenario("april-2025")
FIRST = str(APRIL.start)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("equity", 999.0),
        ("equity", 1e308),
        ("notional", 1e308),
        ("notional", 5e-324),
        ("credit_line", 1e300),
        ("leverage_limit_multiple", 1e308),
    ],
)
def test_amounts_have_limits(field: str, value: float) -> None:
    with pytest.raises(bs.InputError, match=f"{field}: .* given, allowed is (less|greater) than or equal to"):
        bs.backtest(APRIL, contract="TY", **{field: value})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"other_losses": [{"date": "2025-04-04", "usd": 1e300}]}, "usd: 1e.300 given, allowed is less than or equal"),
        ({"not_rolled": [{"date": FIRST, "share": 0.5}]}, f"not_rolled, date: {FIRST} given, the day of entry"),
        ({"start": "2025-06-18", "end": "2025-06-27", "delivery_month": "2025-06"}, "start: 2025-06-18 given"),
    ],
)
def test_scenarios_have_limits(change: dict[str, Any], words: str) -> None:
    with pytest.raises(bs.InputError, match=words):
        bs.backtest(APRIL.but(**change), contract="TY")


def test_a_loss_on_the_first_day_is_due_on_the_second() -> None:
    result = bs.backtest(APRIL.but(other_losses=[{"date": FIRST, "usd": 1e7}]), contract="TY")
    assert result.attribution["other_loss"].tolist()[:3] == [0.0, -1e7, 0.0]
    assert result.cash["other_loss"].tolist()[:3] == [0.0, -1e7, 0.0]
    assert result.timeline["equity_usd"].iloc[0] == 1e8


def test_positions_without_shorts_are_refused(tmp_path: Path) -> None:
    book = tmp_path / "book.csv"
    book.write_text("report_date,contract,short_contracts\n2025-04-01,TU,10\n2025-04-01,TY,0\n")
    with pytest.raises(bs.InputError, match="positions, short_contracts: 0 given for TY on 2025-04-01"):
        bs.backtest(APRIL, contract=["TU", "TY"], book=book)


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    code = "from basis_stress.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env={**os.environ, **environment}
    )


def test_zero_threads_are_refused_in_one_line() -> None:
    refused = command("backtest", "april-2025", NUMBA_NUM_THREADS="0")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        "basis-stress: NUMBA_NUM_THREADS: 0 or less given, allowed is a whole number above 0; correct it\n"
    )


def test_a_strategy_without_docstring_is_shown(tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text("import basis_stress as bs\n\n\nclass Own(bs.Strategy):\n    x: float = 1.0\n")
    shown = command("strategies", "show", f"{own}:Own")
    assert (shown.returncode, shown.stdout.splitlines()[0]) == (0, "Own: no docstring; give the class one")


def test_a_book_too_small_for_its_futures_is_refused_in_every_search() -> None:
    for search in (bs.largest_leverage, bs.breaking_point):
        with pytest.raises(bs.InputError, match="is less than a future of each contract"):
            search("april-2025", contract="TY", equity=2e4 if search is bs.largest_leverage else 2e3)
