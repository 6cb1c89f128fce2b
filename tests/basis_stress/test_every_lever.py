"""All levers at once: each is its own breaking point, the pair breaks together, and the joint shock is nearest."""

import numpy as np
import pandas as pd
import pytest

import basis_stress as bs
from basis_engine.base.errors import InputError
from basis_stress.breaking.every_lever import _both
from basis_stress.breaking.joint import _broken, _ten_day_moves, joint_shock
from basis_stress.breaking.levers import levered_book

BOOK = pd.DataFrame({"fund": "Macro One", "contract": ["TY", "FV"], "contracts": [-2_000, -3_000], "term_share": 0.4})
GIVEN = {"book": BOOK, "equity": 16e6, "haircut": 0.005, "unwind": "hold"}


@pytest.fixture(scope="module")
def found() -> bs.LeverTable:
    return bs.every_lever("april-2025", "defaulted", **GIVEN)


def test_each_lever_is_its_breaking_point(found: bs.LeverTable) -> None:
    rows = found.table.set_index("name")
    assert set(rows.index) == {"scale", "repo_bp", "haircut", "margin_multiple", "not_rolled"}
    alone = bs.breaking_point(bs.scenario("april-2025").but(curve="par"), "haircut", "defaulted", steps=100, **GIVEN)
    assert rows.loc["haircut", "breaks_at"] == alone.value
    assert rows.loc["haircut", "constraint"] == alone.constraint
    assert "Macro One" in str(found)


def test_the_worst_pair_breaks_and_a_step_less_does_not(found: bs.LeverTable) -> None:
    worst = found.pairs.iloc[0]
    assert 0 < worst["share"] <= 1
    names = [worst["first"], worst["second"]]
    rows, books = found.table.set_index("name"), {}
    for name in names:
        books[name] = levered_book(bs.scenario("april-2025").but(curve="par"), name, **GIVEN)
    ends = rows["breaks_at"].fillna(rows["to"])
    starts = {name: 1.0 if name == "scale" else rows.loc[name, "from"] for name in names}
    shares = np.array([worst["share"] - 0.005, worst["share"]])
    values = {name: starts[name] + shares * (ends[name] - starts[name]) for name in names}
    outcomes = books[names[0]].book.outcomes(_both(books, values), {"margin_multiple": np.ones(1)})["outcome"][:, 0]
    assert outcomes[0] < 3 <= outcomes[1]  # illiquid or insolvent


def test_the_joint_shock_is_as_far_as_it_says() -> None:
    of = levered_book(bs.scenario("april-2025").but(curve="par"), "repo_bp", **GIVEN | {"equity": 24e6})
    shock = joint_shock(of, "called")
    sample, loadings, covariance = _ten_day_moves()
    assert np.isfinite(shock.distance)
    assert 0 < shock.historic_share < 1
    # No direction of a fresh sample breaks the book at nine tenths of the distance.
    root = np.linalg.cholesky(covariance)
    fresh = np.random.default_rng(5).standard_normal((64, 4))
    inside = 0.9 * shock.distance * fresh / np.linalg.norm(fresh, axis=1, keepdims=True)
    assert not _broken(of, "called", inside @ root.T, loadings).any()
    # The distance is in units of history: its mean square over the sample is the number of dimensions.
    inverse = np.linalg.inv(covariance)
    assert np.einsum("ni,ij,nj->n", sample, inverse, sample).mean() == pytest.approx(4, rel=1e-6)


def test_an_equity_that_the_book_already_states_is_refused() -> None:
    with pytest.raises(InputError, match="equity_usd: given beside the table given, in which every row has its own"):
        bs.every_lever("april-2025", book=BOOK.assign(equity_usd=15e6), equity=1e9)
