"""Wrong scenario files, each of its own kind: one sentence that names the file, the field, what is allowed."""

import subprocess
import sys
from pathlib import Path

import pytest

import basis_stress as bs
from basis_engine.base.errors import InputError
from support import ROOT

OVER = 'name = "mine"\nbase = "april-2025"\n'
HEAD = 'name = "mine"\nstart = 2025-04-01\nend = 2025-04-30\n'

WRONG = {
    "unknown base": (
        'name = "mine"\nbase = "april-2052"\n',
        "base: 'april-2052': unknown (did you mean 'april-2025'?)",
    ),
    "base that is no file": ('name = "mine"\nbase = "no/where.toml"\n', "base: no/where.toml: no such file; give the"),
    "base that is itself": ('name = "mine"\nbase = "./mine.toml"\n', "base: this file is its own base; name another"),
    "base that is no name": (
        'name = "mine"\nbase = 7\nstart = 2025-04-01\nend = 2025-04-30\n',
        "base: 7 given, allowed",
    ),
    "no name": ('base = "april-2025"\n', "name: is missing; give it"),
    "dates the wrong way round": (
        OVER + "[[repo_rate_shifts]]\ndate = 2025-04-11\nuntil = 2025-04-07\nbp = 300\n",
        "repo_rate_shifts, entry 1, until: 2025-04-07 given, allowed is 2025-04-11 or later",
    ),
    "part outside the window": (
        OVER + "[[not_rolled]]\ndate = 2025-04-28\nuntil = 2025-05-02\nshare = 0.2\n",
        "not_rolled: 2025-05-02 given, allowed is a date inside the window 2025-04-01 to 2025-04-30",
    ),
    "misspelt field of a part": (
        OVER + "[[dislocations]]\ndate = 2025-04-07\nbp = 5\nutnil = 2025-04-09\n",
        "dislocations, entry 1, utnil: unknown key (did you mean 'until'?); allowed are date, until, bp, contract",
    ),
    "two ways to say a move": (
        OVER + "[[yield_moves]]\ndate = 2025-04-07\nbp = 5\nby_tenor = { 2y = 5 }\n",
        "yield_moves, entry 1, bp and by_tenor: both given, allowed is one of them",
    ),
    "no move": (OVER + "[[yield_moves]]\ndate = 2025-04-07\n", "entry 1, bp and by_tenor: neither given, allowed is"),
    "unknown tenor": (
        OVER + "[[yield_moves]]\ndate = 2025-04-07\nby_tenor = { 4y = 5 }\n",
        "yield_moves, entry 1, by_tenor, 4y: '4y' given, allowed is one of 1mo, 3mo, 6mo, 1y, 2y",
    ),
    "unknown shape": (
        OVER + '[[yield_moves]]\ndate = 2025-04-07\nbp = 5\nshape = "butterfly"\n',
        "shape: 'butterfly' given, allowed is 'parallel', 'twist' or 'hump'",
    ),
    "shape beside tenors": (
        OVER + '[[yield_moves]]\ndate = 2025-04-07\nby_tenor = { 2y = 5 }\nshape = "twist"\n',
        "shape: 'twist' given beside by_tenor, allowed is a shape for bp; drop one",
    ),
    "move on the first day": (
        OVER + "[[yield_moves]]\ndate = 2025-04-01\nbp = 5\n",
        "yield_moves, entry 1, date: 2025-04-01 given, which is the first day, from which moves are measured",
    ),
    "two paths": (
        OVER + "flat = true\ntransposed = { start = 1998-08-26, end = 1998-10-16 }\n",
        "flat and transposed: both given, allowed is one path of yields; drop one",
    ),
    "empty transposed window": (
        OVER + "transposed = { start = 1998-08-26, end = 1998-08-26 }\n",
        "transposed, end: 1998-08-26 given, allowed is a date after the start 1998-08-26",
    ),
    "no speed": (
        OVER + "yield_speed = 0\n",
        "yield_speed: 0 given, allowed is greater than 0 (days of the path per day",
    ),
    "a scale too large": (OVER + "yield_scale = 11\n", "yield_scale: 11 given, allowed is less than or equal to 10"),
    "kind of flow": (
        OVER + '[[flows]]\ndate = 2025-04-07\nkind = "buy"\nusd_bn = 5\nwho = "me"\n',
        "flows, entry 1, kind: 'buy' given, allowed is 'sale' or 'purchase'",
    ),
    "negative flow": (
        OVER + '[[flows]]\ndate = 2025-04-07\nkind = "sale"\nusd_bn = -5\nwho = "me"\n',
        "flows, entry 1, usd_bn: -5 given, allowed is greater than or equal to 0 (billions of US dollars a day)",
    ),
    "time after settlement": (
        OVER + '[[intraday]]\ndate = 2025-04-07\ntime = "15:30"\nyields_pct = { 10y = 4 }\n',
        "intraday, entry 1, time: '15:30' given, allowed is a New York time from 08:30 to 14:59, as HH:MM",
    ),
    "two marks at one time": (
        OVER + 2 * '[[intraday]]\ndate = 2025-04-07\ntime = "10:30"\nyields_pct = { 10y = 4 }\n',
        "intraday: two marks at one time given, allowed is one; give one a table of tenors",
    ),
    "marks on another path": (
        OVER + 'flat = true\n[[intraday]]\ndate = 2025-04-07\ntime = "10:30"\nyields_pct = { 10y = 4 }\n',
        "intraday: given beside a path of yields that is not the window's own; drop one",
    ),
    "a table where a list belongs": (
        OVER + "[repo_rate_shifts]\nbp = 5\n",
        "repo_rate_shifts: {'bp': 5} given, allowed",
    ),
    "a floor that is no share": (
        OVER + "[market]\nhaircut_floor = 2\n",
        "market, haircut_floor: 2 given, allowed is less than or equal to 0.5 (decimal share of market value",
    ),
}
"""Kind to a file and to words of the one sentence about it."""

UNRUNNABLE = {
    "yields that no curve holds": (
        HEAD + "yield_scale = -10\n[[yield_moves]]\ndate = 2025-04-07\nbp = 200\n",
        "yield goes",
    ),
    "a curve without discount factors": (
        HEAD + "[[yield_moves]]\ndate = 2025-04-07\nby_tenor = { 2y = -500, 10y = 0, 30y = 1900 }\n",
        "the par yields of 2025-04-07 give a discount factor that is not positive; lower yield_scale",
    ),
    "a curve that cannot be moved": (
        HEAD + 'curve = "svensson"\nflat = true\n',
        "curve: 'svensson' given with a path of yields of its own; only par yields can be scaled or moved",
    ),
    "transposed days before the file": (
        HEAD + "transposed = { start = 1962-01-02, end = 1962-03-01 }\n",
        "dates 1962-01-02 to 1962-03-01: the calendars cover 1990-01-01 to 2036-12-31",
    ),
    "a mark on a holiday": (
        HEAD + '[[intraday]]\ndate = 2025-04-18\ntime = "10:30"\nyields_pct = { 10y = 4 }\n',
        "scenario mine, intraday: 2025-04-18 given, which is closed; date it on a business day",
    ),
    "a mark on the first day": (
        HEAD + '[[intraday]]\ndate = 2025-04-01\ntime = "10:30"\nyields_pct = { 10y = 4 }\n',
        "scenario mine, intraday: 2025-04-01 given, which is the day of entry, which has its close only",
    ),
    "a window that outlives its contract": (
        'name = "mine"\nbase = "april-2025"\nend = 2025-08-29\n',
        "scenario mine, end: 2025-08-29 is after 2025-06-30, the last delivery day of TY 2025-06",
    ),
}


def refused(folder: Path, text: str) -> str:
    """What is said of a file when it is run."""
    (folder / "mine.toml").write_text(text)
    with pytest.raises(InputError) as problem:
        bs.backtest(folder / "mine.toml", contract="TY")
    message = str(problem.value)
    assert "\n" not in message
    assert ". " not in message.replace("vs. ", "")
    return message


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_file_gets_one_sentence(tmp_path: Path, kind: str) -> None:
    text, words = WRONG[kind]
    message = refused(tmp_path, text)
    assert message.startswith(str(tmp_path / "mine.toml")), message
    assert words in message


@pytest.mark.parametrize("kind", UNRUNNABLE)
def test_a_file_that_cannot_be_run_gets_one_sentence(tmp_path: Path, kind: str) -> None:
    text, words = UNRUNNABLE[kind]
    assert words in refused(tmp_path, text)


def test_a_mistake_in_the_base_is_named_by_the_base(tmp_path: Path) -> None:
    (tmp_path / "under.toml").write_text(HEAD + "haircut = 2\n")
    message = refused(tmp_path, 'name = "mine"\nbase = "under.toml"\n')
    assert message.startswith(f"{tmp_path / 'under.toml'}, haircut: 2 given")


def test_a_ring_of_bases(tmp_path: Path) -> None:
    (tmp_path / "under.toml").write_text('name = "under"\nbase = "./mine.toml"\n')
    assert "its own base" in refused(tmp_path, 'name = "mine"\nbase = "./under.toml"\n')


def test_a_flow_on_the_day_of_entry(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OVER + '[[flows]]\ndate = 2025-04-01\nkind = "sale"\nusd_bn = 5\nwho = "me"\n')
    with pytest.raises(InputError, match=r"scenario mine, flows: a flow on 2025-04-01, the day of entry, on which"):
        bs.backtest(path, market=True)


def test_swap_spread_funds_have_no_quotes_within_the_day() -> None:
    april = bs.scenario("april-2025-intraday")
    era = {**april.model_dump()["market"], "swap_spread_book_usd_bn": 290}
    with pytest.raises(
        InputError, match=r"intraday: swap spreads are known at closes only; leave swap-spread funds out"
    ):
        bs.backtest(april.but(market=era), market=True)


def test_the_command_line_leaves_with_two_and_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(WRONG["unknown tenor"][0])
    for command in (["backtest", str(path)], ["scenarios", "show", str(path)]):
        run = subprocess.run(
            [sys.executable, "-m", "basis_stress", *command], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert run.returncode == 2
        assert "mine.toml, yield_moves, entry 1, by_tenor, 4y" in run.stderr
        assert run.stderr.count("\n") == 1
