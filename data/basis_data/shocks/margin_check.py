"""Compare margins that follow volatility with CME's margins, 2009 to 2022."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.shocks.funding import FundingTerms, notices
from basis_data.shocks.history import History, history, turbulence
from basis_data.shocks.statistics import TENOR_NAMES
from basis_data.tables.reader import read

Array = NDArray[np.float64]

TENOR_OF = {"TU": "2y", "FV": "5y", "TY": "7y", "TN": "10y", "US": "20y", "UB": "30y"}
"""Tenor nearest to the usual cheapest-to-deliver note of each contract."""
SINCE = np.datetime64("2009-01-01")
HORIZON = 60
"""Business days over which changes are compared: generated margins start from the margin of the first day."""


@dataclass(frozen=True)
class MarginCheck:
    """CME's margin and the model's, each over its own mean, by contract."""

    asked: dict[str, pd.Series]
    model: dict[str, pd.Series]

    def table(self) -> pd.DataFrame:
        """Tabulate by contract and for all: `days`, `correlation`, `elasticity`, `error`, `unexplained`, `notices`.

        For 60-day changes of logarithms: correlation of the two, CME's change per unit of the model's, root mean square
        of their difference, and of CME's change alone; then CME's and the model's notices a year.
        """
        changes = {code: (_change(self.asked[code]), _change(self.model[code])) for code in self.asked}
        rows = {code: _row(*changes[code], self.asked[code], self.model[code]) for code in changes}
        both = [np.concatenate(side) for side in zip(*changes.values(), strict=True)]
        rows["all"] = _row(both[0], both[1], pd.concat(self.asked.values()), pd.concat(self.model.values()))
        return pd.DataFrame(rows).T


def margin_check(terms: FundingTerms | None = None) -> MarginCheck:
    """Compute each contract's margin from the volatility of its tenor, beside CME's."""
    terms, past, rows = terms or FundingTerms(), history(), read("margins")
    asked, model = {}, {}
    for code, tenor in TENOR_OF.items():
        asked[code], model[code] = _contract(rows[rows["contract"] == code], past, TENOR_NAMES.index(tenor), terms)
    return MarginCheck(asked, model)


def _contract(rows: pd.DataFrame, past: History, tenor: int, terms: FundingTerms) -> tuple[pd.Series, pd.Series]:
    """CME's margin and the model's on days on which CME's is known."""
    dates = rows["date"].to_numpy().astype("datetime64[D]")
    days = (past.dates >= max(SINCE, dates[0])) & (past.dates <= dates[-1])
    usd = rows["maintenance_usd"].fillna(rows["initial_usd"]).to_numpy(np.float64)
    asked = usd[np.searchsorted(dates, past.dates[days], side="right") - 1]
    column = past.changes[:, [tenor]]
    volatility = np.sqrt(turbulence(column, column.std(axis=0), terms.margin_decay)[days])
    required = np.clip(volatility, terms.margin_floor, terms.margin_cap)
    model = notices(np.append(required[0], required)[None, :], terms.margin_step)[0]
    index = pd.DatetimeIndex(past.dates[days])
    return pd.Series(asked / asked.mean(), index), pd.Series(model / model.mean(), index)


def _change(level: pd.Series) -> Array:
    """Change of the logarithm over the horizon."""
    logs = np.log(level.to_numpy(np.float64))
    return np.asarray(logs[HORIZON:] - logs[:-HORIZON])


def _row(asked: Array, model: Array, asked_level: pd.Series, model_level: pd.Series) -> dict[str, float]:
    """Compute the row of a contract, or of all."""
    years = len(asked_level) / 250
    return {
        "days": float(len(asked_level)),
        "correlation": float(np.corrcoef(asked, model)[0, 1]),
        "elasticity": float((asked @ model) / (model @ model)),
        "error": float(np.sqrt(np.mean((asked - model) ** 2))),
        "unexplained": float(np.sqrt(np.mean(asked**2))),
        "notices": float((asked_level.diff().fillna(0.0) != 0.0).sum() / years),
        "model_notices": float((model_level.diff().fillna(0.0) != 0.0).sum() / years),
    }
