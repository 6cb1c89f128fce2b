"""The books of many clients: each equals its own backtest, losses add up, and failing together costs more."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import basis_stress as bs
from basis_engine.base.errors import InputError

SCENARIOS = ("april-2025", "march-2020-basis")
DEAR = bs.Execution(seizure_cost=60.0)


def books(count: int = 24) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Books of one to three positions, some thin enough to fail."""
    draw = np.random.default_rng(11)
    fund = np.repeat([f"client {number:03d}" for number in range(count)], draw.integers(1, 4, count))
    rows = len(fund)
    positions = pd.DataFrame(
        {
            "fund": fund,
            "contract": draw.choice(["TU", "FV", "TY"], rows),
            "contracts": -draw.integers(500, 5_000, rows).astype(float),
            "haircut": draw.choice([0.0, 0.005], rows),
            "term_share": 0.7,
            "lender": draw.choice(["Bank A", "Bank B"], rows),
        }
    )
    size = positions.groupby("fund")["contracts"].sum().abs() * 1.2e5
    funds = pd.DataFrame(
        {
            "fund": size.index,
            "cash_usd": (size * draw.uniform(0.0, 0.01, count)).round(2).array,
            "unwind": draw.choice(["hold", "cure"], count, p=[0.7, 0.3]),
            "clearing_member": draw.choice(["FCM 1", "FCM 2"], count),
            "region": "EU",
        }
    )
    return positions, funds


@pytest.fixture(scope="module")
def alone() -> bs.ClientsResult:
    positions, funds = books()
    return bs.clients(positions, SCENARIOS, funds=funds, execution=DEAR)


def test_ids_and_labels_are_kept(alone: bs.ClientsResult) -> None:
    funds = books()[1]
    assert alone.table["fund"].tolist() == 2 * funds["fund"].tolist()
    assert (alone.table["region"] == "EU").all()
    assert alone.summary[list(alone.summary.columns[:6])].to_numpy().sum() == 2 * len(funds)


def test_every_client_is_its_backtest(alone: bs.ClientsResult) -> None:
    positions, funds = books()
    entered = alone.table[alone.table["outcome"] != "not_entered"]
    assert {"survived", "illiquid"} <= set(entered["outcome"])
    for row in entered.groupby("outcome", observed=True).head(2).to_dict("records"):
        name = row["fund"]
        lone = bs.backtest(
            row["scenario"],
            book=positions[positions["fund"] == name],
            funds=funds[funds["fund"] == name],
            execution=DEAR,
        )
        own = lone.summary.iloc[0]
        assert (own["outcome"], own["equity_end_usd"]) == (row["outcome"], row["equity_end_usd"])
        losses = row["lender_loss_usd"] + row["clearing_loss_usd"] + row["credit_loss_usd"]
        assert losses == pytest.approx(own["loss_beyond_equity_usd"], abs=0.01)


def test_losses_add_up(alone: bs.ClientsResult) -> None:
    lost = alone.table["lender_loss_usd"].sum()
    assert lost > 0
    assert alone.by_lender["loss_usd"].sum() == pytest.approx(lost, rel=1e-12)
    assert alone.by_day["lender_loss_usd"].sum() == pytest.approx(lost, rel=1e-12)
    assert alone.by_clearing_member["loss_usd"].sum() == pytest.approx(
        alone.table["clearing_loss_usd"].sum(), rel=1e-12
    )
    assert alone.by_day["defaults"].sum() == alone.table["outcome"].isin(["illiquid", "insolvent"]).sum()


def test_neither_threads_nor_chunks_nor_dask_change_a_byte(
    alone: bs.ClientsResult, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    positions, funds = books()
    monkeypatch.setattr("basis_stress.client_books.run.CHUNK", 5)
    given = {"funds": funds, "execution": DEAR}
    for number, run in enumerate(
        (alone, bs.clients(positions, SCENARIOS, **given), bs.clients(positions, SCENARIOS, cluster="local", **given))
    ):
        run.save(tmp_path / str(number))
    for name in alone.tables():
        first, *others = ((tmp_path / str(number) / f"{name}.parquet").read_bytes() for number in range(3))
        assert all(other == first for other in others), name


def test_clients_that_fail_together_sell_into_the_same_dealers() -> None:
    positions, funds = books()

    def run(slope: float, rows: pd.DataFrame = positions, of: pd.DataFrame = funds) -> bs.ClientsResult:
        dealers = bs.DealerPlan(slope=slope)
        return bs.clients(rows, "march-2020-basis", funds=of, execution=DEAR, together=True, dealers=dealers)

    free, dear = run(0.0), run(30.0)
    assert dear.table["outcome"].eq("illiquid").sum() > free.table["outcome"].eq("illiquid").sum() > 0
    assert dear.table["lender_loss_usd"].sum() > 2 * free.table["lender_loss_usd"].sum() > 0
    # A client that is the only seller to the same dealers does better than among the others.
    broken = dear.table["fund"][dear.table["outcome"].eq("illiquid") & ~free.table["outcome"].eq("illiquid")].iloc[0]
    lone = run(30.0, positions[positions["fund"] == broken], funds[funds["fund"] == broken])
    assert lone.table["outcome"].iloc[0] != "illiquid"


def test_mistakes() -> None:
    positions, funds = books(3)
    with pytest.raises(InputError, match="each once"):
        bs.clients(positions, ["april-2025", "april-2025"], funds=funds)
    with pytest.raises(InputError, match="dealers: given without together"):
        bs.clients(positions, ["april-2025"], funds=funds, dealers=bs.DealerPlan())
    with pytest.raises(InputError, match="has no equity"):
        bs.clients(positions, ["april-2025"])
    assert len(bs.clients(positions, "april-2025", equity=1e9).table) == 3
