"""Reading sweeps: indices of a function with known ones, maps and break-even against plain loops, effects by hand."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import basis_stress as bs
from basis_engine.base.errors import InputError
from basis_strategies.cells import SWEPT
from basis_stress.reporting.outcomes import OUTCOMES, check_until
from basis_stress.sweeps import effects as effects_of
from basis_stress.sweeps import maps
from basis_stress.sweeps.axes import axis
from basis_stress.sweeps.dataset import SweepDataset
from basis_stress.sweeps.designs import design
from basis_stress.sweeps.effects import from_samples
from basis_stress.sweeps.fields import BOOK_FIELDS

AXES = {"leverage": "20:95:5", "haircut": "0,0.01,0.02", "margin_multiple": "1,1.5"}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return bs.sweep(["april-2025", "march-2020"], out=tmp_path_factory.mktemp("read") / "sweep", chunk=37, **AXES)


def test_outcomes_are_those_of_the_engine():
    assert OUTCOMES == ("survived", "called", "forced_sale", "illiquid", "insolvent", "not_entered")


def test_a_sweep_of_the_last_release_tells_illiquid_from_insolvent(found, tmp_path):
    """Its files say ``defaulted``; the column `failure` says which of the two."""
    old = {"outcome": ["defaulted", "defaulted"], "failure": ["insolvency", "repo margin"]}
    for chunk in found.manifest["chunks"]:
        table = pq.read_table(found.folder / chunk["file"])
        for name, first in old.items():
            names = pa.array([*first, *table[name].to_pylist()[len(first) :]]).dictionary_encode()
            table = table.set_column(table.column_names.index(name), name, names)
        pq.write_table(table, tmp_path / chunk["file"])
    again = SweepDataset(tmp_path, found.manifest)
    now, then = again.table(["outcome"])["outcome"], found.table(["outcome"])["outcome"]
    assert now.tolist()[:2] == ["insolvent", "illiquid"]
    assert now.tolist()[2:37] == then.tolist()[2:37]
    assert now.cat.categories.tolist() == list(OUTCOMES)


@pytest.mark.parametrize(("given", "searched"), [("defaulted", "defaulted"), ("illiquid", "defaulted")])
def test_a_search_for_a_default_takes_either_kind(given, searched):
    assert check_until(given) == searched
    assert check_until(given, OUTCOMES[1:]) == "illiquid"


def test_fields_that_can_vary_are_those_of_cells():
    assert {*BOOK_FIELDS, "margin_multiple"} == set(SWEPT)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_indices_of_ishigami_lie_inside_their_intervals(seed):
    """Ishigami and Homma (1990): sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1 on [-pi, pi]^3."""
    span = f"{-np.pi}:{np.pi}"
    made = design("saltelli:4096", tuple(axis(name, span) for name in ("x1", "x2", "x3")), seed=seed)
    x1, x2, x3 = made.cells(0, made.size).values()
    got = from_samples(np.sin(x1) + 7 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1), ["x1", "x2", "x3"], 0.99, seed)
    variance = 7**2 / 8 + 0.1 * np.pi**4 / 5 + 0.1**2 * np.pi**8 / 18 + 0.5
    one, two = 0.5 * (1 + 0.1 * np.pi**4 / 5) ** 2, 7**2 / 8
    both = 0.1**2 * np.pi**8 * (1 / 18 - 1 / 50)
    for label, known in (("first", [one, two, 0.0]), ("total", [one + both, two, both])):
        share = np.array(known) / variance
        assert (got[f"{label}_low"] - 1e-12 <= share).all(), got
        assert (share <= got[f"{label}_high"] + 1e-12).all(), got
        assert (got[f"{label}_high"] - got[f"{label}_low"] < 0.12).all()
        np.testing.assert_allclose(got[label], share, atol=0.03)


def test_indices_are_the_same_each_time():
    values = np.random.default_rng(0).normal(size=4 * 64)
    pd.testing.assert_frame_equal(from_samples(values, ["a", "b"], 0.95, 1), from_samples(values, ["a", "b"], 0.95, 1))


def test_indices_need_their_design_and_a_variance(found, tmp_path):
    with pytest.raises(InputError, match="need a design of saltelli:N, and this is grid"):
        found.indices()
    nobody = {"design": "saltelli:8", "leverage": "200:300", "haircut": "0:0.02"}
    with pytest.raises(InputError, match="every cell has the same value"):
        bs.sweep("april-2025", out=tmp_path / "nobody", **nobody).indices()


def test_books_that_cannot_enter_count_as_nothing_and_are_counted(found, tmp_path):
    """By hand: the same values with 0 where a book never entered, and how many those are beside every share."""
    wide = {"design": "saltelli:64", "leverage": "20:200", "haircut": "0:0.02"}
    some = bs.sweep(["april-2025", "march-2020"], out=tmp_path / "wide", **wide)
    for scenario in some.scenarios:
        cells = some.table(scenario=scenario)
        out = cells["outcome"] == "not_entered"
        values = (cells["equity_end"] / cells["entry_equity"] - 1).where(~out, 0.0)
        got = some.indices(scenario=scenario)
        assert 0 < out.sum() < len(cells)
        assert set(got["not_entered"]) == {out.sum()}
        by_hand = from_samples(values.to_numpy(), some.axes, 0.95, 0)
        pd.testing.assert_frame_equal(got.drop(columns="not_entered"), by_hand)
    grid = found.table(scenario="april-2025")
    out = grid["outcome"] == "not_entered"
    grid["value"] = (grid["worst_profit"] / grid["entry_equity"]).where(~out, 0.0)
    shares = {(row["axis"], row["with"]): row["share"] for row in effects_of._shares_of("x", grid, found.axes)}
    mine = found.effects("worst_day")
    mine = mine[mine["scenario"] == "april-2025"]
    assert set(mine["not_entered"]) == {out.sum()}
    assert out.sum() > 0
    assert {(row["axis"], row["with"]): row["share"] for _, row in mine.iterrows()} == shares


def test_the_map_is_the_worst_over_what_is_not_shown(found):
    table = found.table()
    for scenario in found.scenarios:
        drawn = found.outcome_map("leverage", "haircut", scenario=scenario)
        assert drawn.others == ("margin_multiple",)
        for row, haircut in enumerate(drawn.y_levels):
            for column, leverage in enumerate(drawn.x_levels):
                mine = table[
                    (table["scenario"] == scenario) & (table["haircut"] == haircut) & (table["leverage"] == leverage)
                ]
                worst = max(mine["outcome"], key=OUTCOMES.index)
                assert OUTCOMES[drawn.outcome[row, column]] == worst
                assert drawn.constraint[row, column] in set(mine.loc[mine["outcome"] == worst, "constraint"])
    assert set(np.unique(found.outcome_map().outcome)) >= {0, OUTCOMES.index("not_entered")}


def test_a_map_at_a_level_is_that_of_those_cells_alone(found, tmp_path):
    alone = bs.sweep("april-2025", out=tmp_path / "one", **{**AXES, "margin_multiple": 1.5})
    held = found.outcome_map("leverage", "haircut", at={"margin_multiple": 1.5})
    np.testing.assert_array_equal(held.outcome, alone.outcome_map("leverage", "haircut").outcome)
    assert held.table.loc[0.02, 95.0] == "not_entered"


def test_break_even_is_what_a_loop_finds(found):
    table, got = found.table(), found.break_even()
    assert len(got) == 2 * 3 * 2
    for _, row in got.iterrows():
        highest, bound = np.nan, "none"
        same = (
            table[["scenario", "haircut", "margin_multiple"]] == row[["scenario", "haircut", "margin_multiple"]]
        ).all(axis=1)
        for _, cell in table[same].sort_values("leverage").iterrows():
            if OUTCOMES.index(cell["outcome"]) >= OUTCOMES.index("forced_sale"):
                bound = "no capital left to enter" if cell["outcome"] == "not_entered" else cell["constraint"]
                break
            highest = cell["leverage"]
        np.testing.assert_equal(row["break_even"], highest)
        assert row["bound_by"] == bound
    assert got["break_even"].nunique() > 3


def test_yields_of_a_svensson_curve_are_not_scaled_in_silence(tmp_path):
    with pytest.raises(InputError, match="only par yields can be scaled"):
        bs.sweep("april-2025", out=tmp_path / "s", curve="svensson", yield_scale="1,1.5", leverage="20")
    assert not (tmp_path / "s").exists()


def test_books_too_small_for_one_future_are_not_called_short_of_capital(tmp_path):
    small = bs.sweep("april-2025", out=tmp_path / "small", equity="2000,1e8", leverage="10,1000")
    table = small.table(["equity", "leverage", "outcome", "constraint"]).set_index(["equity", "leverage"])
    assert (table.loc[(2000, 10)] == ["not_entered", "none"]).all()
    bound = small.break_even("leverage", "not_entered").set_index("equity")["bound_by"]
    assert bound.to_dict() == {2000.0: "rounding of futures to none", 1e8: "no capital left to enter"}


def test_break_even_says_when_nothing_fails(tmp_path):
    calm = bs.sweep("april-2025", out=tmp_path / "calm", leverage="2,3", haircut="0,0.01").break_even()
    assert calm["beyond"].all()
    assert (calm["break_even"] == 3).all()
    wild = bs.sweep("april-2025", out=tmp_path / "wild", leverage="200,300", haircut="0,0.01").break_even()
    assert wild["break_even"].isna().all()
    assert not wild["beyond"].any()


def test_shares_of_variance_of_a_known_function():
    """y = a + 2b + ab on two even levels each, by hand: variances 1.5^2/4... of a, b and their product."""
    cells = pd.DataFrame([(a, b) for a in (-1.0, 1.0) for b in (-1.0, 1.0)], columns=["a", "b"])
    cells["value"] = cells["a"] + 2 * cells["b"] + 0.5 * cells["a"] * cells["b"]
    rows = {(row["axis"], row["with"]): row["share"] for row in effects_of._shares_of("x", cells, ["a", "b"])}
    total = 1 + 4 + 0.25
    assert rows[("a", "")] == pytest.approx(1 / total)
    assert rows[("b", "")] == pytest.approx(4 / total)
    assert rows[("a", "b")] == pytest.approx(0.25 / total)


def test_marginals_are_means_over_cells(found):
    table, got = found.table(), found.marginals("outcome")
    one = got[(got["scenario"] == "march-2020") & (got["axis"] == "haircut") & (got["level"] == 0.01)].iloc[0]
    mine = table[(table["scenario"] == "march-2020") & (table["haircut"] == 0.01)]
    assert one["mean"] == pytest.approx(mine["outcome"].map(OUTCOMES.index).astype(float).mean())
    assert one["lost"] == pytest.approx(mine["outcome"].isin(OUTCOMES[2:]).mean())
    assert len(got) == 2 * (16 + 3 + 2)


def test_effects_rank_what_matters(found):
    got = found.effects("outcome")
    april = got[got["scenario"] == "april-2025"]
    assert april.iloc[0]["axis"] == "leverage"
    assert 0.8 < april["share"].sum() <= 1.0 + 1e-9  # the rest is all three at once


def test_comparing_finds_what_became_worse(tmp_path):
    calm = bs.sweep("april-2025", out=tmp_path / "calm", leverage="20:90:10", haircut="0,0.01")
    harder = bs.sweep("april-2025", out=tmp_path / "hard", leverage="20:90:10", haircut="0,0.01", margin_multiple=2)
    both = calm.compare(harder)
    assert len(both) == 16
    assert both["worse"].sum() > 2
    assert not calm.compare(calm)["worse"].any()
    with pytest.raises(InputError, match="over the same axes"):
        calm.compare(bs.sweep("april-2025", out=tmp_path / "other", leverage="20,30"))
    with pytest.raises(InputError, match="no cell is in both"):
        calm.compare(bs.sweep("april-2025", out=tmp_path / "far", leverage="1,2", haircut="0.3,0.4"))


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda sweep: sweep.outcome_map("leverag"), "'leverag': did not vary (did you mean 'leverage'?)"),
        (lambda sweep: sweep.outcome_map("leverage", "leverage"), "needs two axes"),
        (lambda sweep: sweep.outcome_map(at={"haircut": 0.015}), "haircut: 0.015 was not swept; levels are 0, 0.01"),
        (lambda sweep: sweep.outcome_map(at={"haircut": 0, "margin_multiple": 1}), "has leverage"),
        (lambda sweep: sweep.outcome_map(scenario="april"), "not in this sweep (did you mean 'april-2025'?)"),
        (lambda sweep: sweep.break_even(until="dead"), "until: 'dead' given"),
        (lambda sweep: sweep.break_even("buffer"), "'buffer': did not vary"),
        (lambda sweep: sweep.marginals("profit"), "measure 'profit': unknown"),
    ],
)
def test_a_question_without_an_answer_is_one_sentence(found, ask, sentence):
    with pytest.raises(InputError) as caught:
        ask(found)
    assert sentence in str(caught.value)


def test_a_sampled_axis_is_cut_into_steps(tmp_path):
    sampled = {"design": "sobol:256", "leverage": "10:100", "haircut": "0:0.03"}
    drawn = bs.sweep("april-2025", out=tmp_path / "sobol", **sampled).outcome_map()
    assert drawn.outcome.shape == (maps._BINS, maps._BINS)
    assert (drawn.outcome >= 0).sum() > 200


def test_a_market_sweep_has_no_fates_but_marginals(tmp_path):
    market = bs.sweep("april-2025", market=True, out=tmp_path / "market", era_leverage="15,30", capacity_usd_bn="60,90")
    with pytest.raises(InputError, match="whole markets without one outcome"):
        market.outcome_map()
    assert set(market.marginals("shorts_change")["axis"]) == {"era_leverage", "capacity_usd_bn"}
    assert len(market.effects("shorts_change")) == 3


def test_a_table_has_columns_and_measures_and_refuses_others(found):
    table = found.table(["leverage", "return", "worst_day"], scenario="april-2025")
    assert list(table) == ["leverage", "return", "worst_day"]
    whole = found.table(scenario="april-2025")
    entered = whole["outcome"] != "not_entered"
    np.testing.assert_array_equal(table["return"][entered], (whole["equity_end"] / whole["entry_equity"] - 1)[entered])
    assert table["return"][~entered].isna().all()
    with pytest.raises(InputError, match=r"'leverge': unknown \(did you mean 'leverage'\?\); allowed are .*, return"):
        found.table(["leverge"])
