"""Composition: identities, doubling, parts that add up and commute, and a sentence that can be read back."""

import datetime
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import basis_stress as bs
from basis_data.markets.expected_spread import expected_spikes
from basis_data.markets.flows import outside_flows
from basis_data.markets.market_data import MarketData, market_data
from basis_data.markets.yield_paths import yield_path
from basis_data.scenarios.scenario import Scenario, names, scenario
from basis_data.tables.calendars import mark_days
from basis_data.tables.fields import TENORS
from basis_data.tables.reader import HISTORY
from basis_stress.single_book.result import TABLES

APRIL = scenario("april-2025")
DAYS = mark_days(APRIL.start, APRIL.end)
ARRAYS = ("sofr", "repo_rate", "carry_rate", "cash_rate", "haircut", "not_rolled", "margin_multiple", "dislocation_bp")


def moves(of: Scenario) -> np.ndarray:
    """Moves of par yields from the first day [days, 11]."""
    yields = yield_path(of, mark_days(of.start, of.end))
    return np.asarray(yields - yields[0])


def digest(market: MarketData) -> list[bytes]:
    """Everything that a run takes from a market."""
    paths = [market.curves.par_yields, market.curves.svensson, *(getattr(market, name) for name in ARRAYS)]
    return [np.ascontiguousarray(path).tobytes() for path in paths]


def at(tenor: str) -> int:
    return list(TENORS).index(tenor)


# Identities ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["april-2025", "march-2020", "ltcm-1998", "ldi-2022"])
def test_scale_and_speed_of_one_change_no_byte(name: str) -> None:
    plain = scenario(name)
    for same in (plain.scaled(1), plain.at_speed(1), plain.scaled(2).scaled(0.5), plain.at_speed(4).at_speed(0.25)):
        assert same == plain
        assert digest(market_data(same)) == digest(market_data(plain))


ZEROS = {
    "yields": APRIL.with_yields("2025-04-07", 0.0),
    "twist": APRIL.with_yields("2025-04-07", 0.0, until="2025-04-11", shape="twist"),
    "repo": APRIL.with_repo("2025-04-07", 0.0),
    "spike": APRIL.with_repo("2025-04-07", 0.0, until="2025-04-11"),
    "haircut": APRIL.with_haircut("2025-04-07", 0.0),
    "margin": APRIL.with_margin("2025-04-07", 1.0),
    "basis": APRIL.with_dislocation("2025-04-07", 0.0),
    "roll": APRIL.with_pull_back("2025-04-07", 0.0, until="2025-04-11"),
    "sales": APRIL.with_sales("2025-04-07", 0.0),
    "purchases": APRIL.with_purchases("2025-04-07", 0.0),
}


@pytest.mark.parametrize("zero", ZEROS)
def test_a_shock_of_nothing_changes_nothing(zero: str) -> None:
    assert digest(market_data(ZEROS[zero])) == digest(market_data(APRIL))
    for flows, plain in zip(outside_flows(ZEROS[zero], DAYS), outside_flows(APRIL, DAYS), strict=True):
        assert flows.tobytes() == plain.tobytes()


def test_a_run_with_shocks_of_nothing_gives_the_same_tables() -> None:
    nothing = APRIL.scaled(1).with_yields("2025-04-07", 0.0).with_repo("2025-04-07", 0.0).with_margin("2025-04-08", 1.0)
    plain, same = (bs.backtest(one, contract="TY", leverage=50) for one in (APRIL, nothing))
    assert same.summary["base_return"].tolist() == plain.summary["return"].tolist()
    base = ["base_outcome", "base_return"]
    for table in TABLES:
        pair = (getattr(of, table).drop(columns=base if table == "summary" else []) for of in (same, plain))
        pd.testing.assert_frame_equal(*pair, check_exact=True)


def test_a_window_transposed_on_itself_is_itself() -> None:
    plain = scenario("march-2020")
    itself = plain.but(transposed={"start": plain.start, "end": plain.end})
    assert moves(itself).tobytes() == moves(plain).tobytes()


# Yields ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", names())
def test_twice_the_scale_is_twice_every_move(name: str) -> None:
    plain = scenario(name)
    np.testing.assert_allclose(moves(plain.scaled(2)), 2 * moves(plain), atol=1e-14)
    np.testing.assert_allclose(moves(plain.scaled(-1)), -moves(plain), atol=1e-14)


def test_twice_the_speed_shows_every_other_day_and_then_stands_still() -> None:
    plain, fast = moves(APRIL), moves(APRIL.at_speed(2))
    np.testing.assert_allclose(fast[:11], plain[::2], atol=1e-15)
    np.testing.assert_allclose(fast[11:], np.broadcast_to(plain[-1], fast[11:].shape), atol=1e-15)


def test_half_the_speed_passes_halfway_between_days() -> None:
    plain, slow = moves(APRIL), moves(APRIL.at_speed(0.5))
    np.testing.assert_allclose(slow[::2], plain[:11], atol=1e-15)
    np.testing.assert_allclose(slow[1::2], (plain[:10] + plain[1:11]) / 2, atol=1e-15)


def test_transposed_yields_move_as_they_did() -> None:
    """The moves of 1998, read straight from the file."""
    rows = pd.read_csv(HISTORY / "treasury_par_yields.csv", index_col="date")["1998-08-26":"1998-10-16"]
    ltcm = scenario("ltcm-1998")
    for tenor in ("2y", "10y", "30y"):
        then = rows[f"y_{tenor}_pct"].to_numpy() / 100
        now = moves(ltcm)[:, at(tenor)]
        assert len(now) == len(then) == 36
        np.testing.assert_allclose(now, then - then[0], atol=1e-15)
    first = pd.read_csv(HISTORY / "treasury_par_yields.csv", index_col="date").loc["2026-01-06", "y_10y_pct"]
    assert yield_path(ltcm, mark_days(ltcm.start, ltcm.end))[0, at("10y")] == pytest.approx(first / 100, abs=1e-15)


def test_a_short_transposed_path_holds_its_last_move_and_a_long_one_can_be_squeezed_in() -> None:
    two_days = APRIL.but(transposed={"start": "1998-10-07", "end": "1998-10-09"})
    rise = moves(two_days)[:, at("10y")]
    assert rise[2] == pytest.approx(0.0043, abs=1e-12)
    assert set(rise[2:]) == {rise[2]}
    year = APRIL.but(transposed={"start": "2025-01-02", "end": "2025-12-31"}, yield_speed=20)
    assert moves(year)[-1, at("10y")] == pytest.approx(0.0418 - 0.0457, abs=1e-12)


@pytest.mark.parametrize(
    ("shape", "two", "seven", "ten", "thirty"),
    [("parallel", 40, 40, 40, 40), ("twist", -20, -7.5, 0, 20), ("hump", 0, 40, 40 * 20 / 23, 0)],
)
def test_shapes(shape: str, two: float, seven: float, ten: float, thirty: float) -> None:
    flat = APRIL.but(flat=True).with_yields("2025-04-07", 40, shape=shape)
    last = moves(flat)[-1] * 1e4
    np.testing.assert_allclose(last[[at(tenor) for tenor in ("2y", "7y", "10y", "30y")]], [two, seven, ten, thirty])
    assert last[at("3mo")] == pytest.approx(last[at("2y")])


def test_a_move_is_spread_evenly_over_business_days_and_stays() -> None:
    spread = moves(APRIL.but(flat=True).with_yields("2025-04-16", 40, until="2025-04-22"))[:, at("5y")] * 1e4
    on = {str(day): value for day, value in zip(DAYS, spread, strict=True)}
    assert on["2025-04-15"] == 0
    np.testing.assert_allclose([on[f"2025-04-{day}"] for day in (16, 17, 21, 22, 23, 30)], [10, 20, 30, 40, 40, 40])
    holiday = moves(APRIL.but(flat=True).with_yields("2025-04-18", 40))[:, at("5y")]
    assert np.flatnonzero(np.diff(holiday)).tolist() == [list(map(str, DAYS)).index("2025-04-21") - 1]


def test_tenors_of_their_own() -> None:
    own = moves(APRIL.but(flat=True).with_yields("2025-04-07", by_tenor={"2y": 10, "10y": 50}))[-1] * 1e4
    for tenor, bp in {"1mo": 10, "2y": 10, "5y": 25, "7y": 35, "10y": 50, "30y": 50}.items():
        assert own[at(tenor)] == pytest.approx(bp)


# Funding ---------------------------------------------------------------------------------------------------------


def test_a_spike_costs_the_night_and_a_level_moves_futures_too() -> None:
    plain, spike, level = (
        market_data(one)
        for one in (APRIL, APRIL.with_repo("2025-04-07", 300, "2025-04-11"), APRIL.with_repo("2025-04-07", 300))
    )
    week = (np.datetime64("2025-04-07") <= DAYS) & (np.datetime64("2025-04-11") >= DAYS)
    np.testing.assert_allclose(spike.repo_rate - plain.repo_rate, 0.03 * week, atol=1e-15)
    passing = 0.03 * expected_spikes(DAYS, week.astype(float))  # a passing spike is averaged as an observed one
    np.testing.assert_allclose(spike.carry_rate - plain.carry_rate, passing, atol=1e-15)
    assert spike.policy_rate.tobytes() == plain.policy_rate.tobytes()
    later = np.where(np.datetime64("2025-04-07") <= DAYS, 0.03, 0.0)
    np.testing.assert_allclose(level.carry_rate - plain.carry_rate, later, atol=1e-15)


def test_after_a_spell_what_stood_before_stands_again() -> None:
    shifts = APRIL.with_repo("2025-04-03", 20).with_repo("2025-04-08", 300, "2025-04-09").with_repo("2025-04-22", 10)
    bp = (market_data(shifts).repo_rate - market_data(APRIL).repo_rate) * 1e4
    on = dict(zip(map(str, DAYS), np.round(bp, 9), strict=True))
    for day, expected in {"02": 0, "03": 20, "08": 300, "09": 300, "10": 20, "21": 20, "22": 10}.items():
        assert on[f"2025-04-{day}"] == expected


def test_a_dislocation_adds_to_that_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "basis.csv").write_text("date,contract,basis_bp\n2025-04-07,TY,5\n")
    both = APRIL.but(files={"basis": tmp_path / "basis.csv"}, contracts=("TU", "TY"))
    both = both.with_dislocation("2025-04-09", 10, until="2025-04-10", contract="TY").with_dislocation("2025-04-14", 1)
    bp = market_data(both).dislocation_bp
    on = {str(day): row for day, row in zip(DAYS, bp.tolist(), strict=True)}
    assert on["2025-04-08"] == [0, 5]
    assert on["2025-04-09"] == on["2025-04-10"] == [0, 15]
    assert on["2025-04-11"] == [0, 5]
    assert on["2025-04-14"] == [1, 6]


def test_lenders_pull_back_day_by_day() -> None:
    share = market_data(APRIL.with_pull_back("2025-04-16", 0.2, until="2025-04-22")).not_rolled
    days = [str(DAYS[i]) for i in np.flatnonzero(share)]
    assert days == ["2025-04-16", "2025-04-17", "2025-04-21", "2025-04-22"]
    assert set(share) == {0.0, 0.2}


def test_flows_add_to_those_of_history() -> None:
    march = scenario("march-2020")
    days = mark_days(march.start, march.end)
    sales, purchases = outside_flows(march, days)
    more, bought = outside_flows(march.with_sales("2020-03-09", 10, "2020-03-13").with_purchases("2020-03-16", 5), days)
    week = (days >= np.datetime64("2020-03-09")) & (days <= np.datetime64("2020-03-13"))
    np.testing.assert_allclose(more - sales, 10e9 * week)
    assert (bought - purchases).sum() == pytest.approx(5e9)


# Composition -----------------------------------------------------------------------------------------------------


def test_parts_of_different_kinds_commute() -> None:
    steps: list[Any] = [
        lambda one: one.scaled(2),
        lambda one: one.at_speed(1.5),
        lambda one: one.with_yields("2025-04-07", 30, until="2025-04-11", shape="twist"),
        lambda one: one.with_repo("2025-04-07", 300, until="2025-04-11"),
        lambda one: one.with_haircut("2025-04-08", 0.02),
        lambda one: one.with_margin("2025-04-09", 1.5),
        lambda one: one.with_dislocation("2025-04-08", 12),
        lambda one: one.with_pull_back("2025-04-10", 0.2),
    ]
    forward, backward = APRIL, APRIL
    for step, other in zip(steps, reversed(steps), strict=True):
        forward, backward = step(forward), other(backward)
    assert forward == backward
    assert digest(market_data(forward)) == digest(market_data(backward))


def test_yield_moves_add_up_in_any_order() -> None:
    parts: list[dict[str, Any]] = [
        {"date": "2025-04-07", "bp": 30, "until": "2025-04-11"},
        {"date": "2025-04-03", "bp": -12, "shape": "twist"},
        {"date": "2025-04-14", "by_tenor": {"2y": 5, "30y": 25}},
    ]
    one, other = APRIL, APRIL
    for part, reverse in zip(parts, reversed(parts), strict=True):
        one, other = one.with_yields(**part), other.with_yields(**reverse)
    np.testing.assert_allclose(moves(one), moves(other), atol=1e-15)
    alone = sum(moves(APRIL.but(flat=True).with_yields(**part)) for part in parts)
    np.testing.assert_allclose(moves(one), moves(APRIL) + alone, atol=1e-15)


def test_a_file_and_a_chain_of_calls_make_the_same_scenario(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\nbase = "april-2025"\nyield_scale = 2\n'
        "[[repo_rate_shifts]]\ndate = 2025-04-07\nuntil = 2025-04-11\nbp = 300\n"
        "[[margin_notices]]\ndate = 2025-04-08\nmultiple = 1.5\n"
    )
    filed = scenario(path)
    chained = APRIL.scaled(2).with_repo("2025-04-07", 300, "2025-04-11").with_margin("2025-04-08", 1.5)
    assert str(filed) == str(chained)
    assert str(filed) == "April 2025, yields x2, repo spike +300 bp from 7 to 11 April, margins x1.5 from 8 April"
    assert digest(market_data(filed)) == digest(market_data(chained))
    assert (filed.base, filed.story) == ("april-2025", "")


def test_a_base_of_a_base_adds_its_parts_and_lends_its_market(tmp_path: Path) -> None:
    (tmp_path / "under.toml").write_text(
        'name = "under"\nbase = "april-2025"\n[[margin_notices]]\ndate = 2025-04-08\nmultiple = 1.5\n'
    )
    (tmp_path / "over.toml").write_text(
        'name = "over"\nbase = "under.toml"\nhaircut = 0.01\n[market]\nera_leverage = 30\n'
        "[[margin_notices]]\ndate = 2025-04-10\nmultiple = 2\n"
    )
    over = scenario(tmp_path / "over.toml")
    assert [notice.multiple for notice in over.margin_notices] == [1.5, 2]
    assert over.market is not None
    assert (over.market.era_leverage, over.market.swap_spread_book_usd_bn) == (30, 290)
    assert over.market.episode == "april-2025"
    assert (over.haircut, over.contracts) == (0.01, APRIL.contracts)
    assert over.base == str(tmp_path / "under.toml")


# The sentence ----------------------------------------------------------------------------------------------------

MONTHS = {f"{datetime.date(2000, month, 1):%B}": month for month in range(1, 13)}
WHEN = r"(from|on) (\d+)(?: (\w+))?(?: to (\d+) (\w+))?"


def dates(match: re.Match[str], first: int, lasting: bool) -> dict[str, Any]:
    """Read 'from 7 to 11 April', 'on 9 April' and 'from 8 April' back into `date` and `until`."""
    word, day, month, last_day, last_month = match.groups()[first : first + 5]
    date = datetime.date(2025, MONTHS[month or last_month], int(day))
    if last_day:
        return {"date": date, "until": datetime.date(2025, MONTHS[last_month], int(last_day))}
    return {"date": date, "until": date if word == "on" and lasting else None}


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def read_back(text: str) -> dict[str, Any]:
    """What a sentence says, clause by clause, by a reader who knows nothing of the program."""
    said: dict[str, Any] = {"yield_scale": 1.0, "yield_speed": 1.0}
    lists: dict[str, list[dict[str, Any]]] = {}
    for clause in text.split(", ")[1:]:
        if found := re.fullmatch(r"yields x(\S+)", clause):
            said["yield_scale"] = number(found[1])
        elif found := re.fullmatch(r"yields at speed x(\S+)", clause):
            said["yield_speed"] = number(found[1])
        elif found := re.fullmatch(rf"(yields|twist|hump) (\S+) bp {WHEN}", clause):
            shape = {"yields": "parallel"}.get(found[1], found[1])
            lists.setdefault("yield_moves", []).append(
                {"shape": shape, "bp": number(found[2]), **dates(found, 2, False)}
            )
        elif found := re.fullmatch(rf"(?:expected repo|repo spike) (\S+) bp {WHEN}", clause):
            lists.setdefault("repo_rate_shifts", []).append({"bp": number(found[1]), **dates(found, 1, True)})
        elif found := re.fullmatch(rf"margins x(\S+) {WHEN}", clause):
            lists.setdefault("margin_notices", []).append(
                {"multiple": number(found[1]), "date": dates(found, 1, False)["date"]}
            )
        elif found := re.fullmatch(rf"(?:(\w+) )?basis (\S+) bp {WHEN}", clause):
            part = {"contract": found[1], "bp": number(found[2]), **dates(found, 2, True)}
            lists.setdefault("dislocations", []).append(part)
        elif found := re.fullmatch(rf"(\S+)% of repo not rolled {WHEN}", clause):
            lists.setdefault("not_rolled", []).append({"share": number(found[1]) / 100, **dates(found, 1, False)})
        elif found := re.fullmatch(rf"(sale|purchase)s of \$(\S+)bn a day by (.+?) {WHEN}", clause):
            part = {"kind": found[1], "usd_bn": number(found[2]), "who": found[3], **dates(found, 3, False)}
            lists.setdefault("flows", []).append(part)
        else:
            assert clause == "as it was", clause
    return said | lists


APRIL_DAYS = st.integers(2, 30).map(lambda day: datetime.date(2025, 4, day))
SPELLS = st.tuples(APRIL_DAYS, st.integers(0, 28)).map(
    lambda pair: {"date": pair[0], "until": min(pair[0] + datetime.timedelta(pair[1]), APRIL.end)}
)
WHOLE = st.integers(1, 300).map(float)
COMPOSED = st.fixed_dictionaries(
    {
        "yield_scale": st.sampled_from([1.0, 2.0, -1.0, 0.25]),
        "yield_speed": st.sampled_from([1.0, 2.0, 0.5]),
        "yield_moves": st.lists(
            st.tuples(SPELLS, WHOLE, st.sampled_from(["parallel", "twist", "hump"])).map(
                lambda one: {**one[0], "bp": -one[1], "shape": one[2]}
            ),
            max_size=2,
        ),
        "repo_rate_shifts": st.lists(
            st.tuples(SPELLS, WHOLE, st.booleans()).map(
                lambda one: {**one[0], "bp": one[1], **({"until": None} if one[2] else {})}
            ),
            max_size=2,
        ),
        "margin_notices": st.lists(
            st.tuples(APRIL_DAYS, WHOLE).map(lambda one: {"date": one[0], "multiple": one[1] / 100}), max_size=2
        ),
        "dislocations": st.lists(
            st.tuples(SPELLS, WHOLE, st.sampled_from([None, "TY", "TU"])).map(
                lambda one: {**one[0], "bp": one[1], "contract": one[2]}
            ),
            max_size=2,
        ),
        "not_rolled": st.lists(
            st.tuples(SPELLS, st.integers(1, 100)).map(lambda one: {**one[0], "share": one[1] / 100}), max_size=2
        ),
        "flows": st.lists(
            st.tuples(SPELLS, WHOLE, st.sampled_from(["sale", "purchase"])).map(
                lambda one: {**one[0], "usd_bn": one[1], "kind": one[2], "who": "the Treasury"}
            ),
            max_size=2,
        ),
    }
)


@settings(max_examples=200, deadline=None)
@given(COMPOSED)
def test_a_sentence_can_be_read_back(composed: dict[str, Any]) -> None:
    plain = Scenario(name="april", start=APRIL.start, end=APRIL.end)
    made = plain.but(**composed)
    again = plain.but(**read_back(str(made)))
    for field in composed:
        one, other = getattr(made, field), getattr(again, field)
        if not isinstance(one, tuple):
            assert one == other
            continue
        assert len(one) == len(other)
        for part, same in zip(one, other, strict=True):
            assert part.last_day(APRIL.end) == same.last_day(APRIL.end)
            assert part.model_dump(exclude={"until"}) == same.model_dump(exclude={"until"})


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("april-2025", "April 2025, as it was"),
        ("january-2026", "13 to 27 January 2026, par curve"),
        ("march-2020-haircuts", "18 February to 31 March 2020, haircut −0.5%, haircut 1.5% from 9 March"),
        ("year-end-2018", "18 December 2018 to 8 January 2019, as it was"),
        ("ltcm-1998", "6 January to 26 February 2026, yields transposed from 26 August to 16 October 1998"),
        ("standstill", "6 January to 26 February 2026, yields held"),
        ("april-2025-repo-freeze", "April 2025, 20% of repo not rolled from 7 to 30 April"),
    ],
)
def test_sentences(name: str, sentence: str) -> None:
    assert str(scenario(name)) == sentence
