"""What is measured on a run of the market: the hedged book, and how cheap notes are against futures."""

import numpy as np
import pandas as pd

from basis_stress.episodes import Episode
from engine.names import DealerColumn, PositionColumn
from strategies.plan import RENT_SHARES, DealerPlan


def dealers_of(episode: Episode) -> DealerPlan:
    """What was assumed of dealers in a run."""
    whom = episode.book.plan.dealers
    assert whom is not None  # a market of funds is played with dealers
    return whom


def hedged(episode: Episode) -> "pd.Series[float]":
    """Face of the population's shorts by day, USD."""
    notional = np.array([one.notional_usd for one in episode.stage.market.data.futures])
    contracts = episode.run.position_days[:, :, PositionColumn.CONTRACTS]
    return pd.Series(-(contracts * notional[episode.run.positions["contract"]]).sum(axis=1), episode.stage.days)


def dislocations(episode: Episode) -> pd.DataFrame:
    """Basis points of price by which notes are cheap against futures: days by contracts (engine.dealers)."""
    data = episode.stage.market.data
    jump = np.zeros(len(data.dates))
    jump[2:] = 1e4 * np.diff(data.repo_rate)[1:] / 360  # the first roll has none before it
    cheap = episode.run.dealer_days[:, DealerColumn.RENT] * dealers_of(episode).rent_years + jump
    cheap[0] = 0.0
    columns = {
        one.code: data.dislocation_bp[:, c] + RENT_SHARES.get(one.code, 0.0) * cheap
        for c, one in enumerate(data.futures)
    }
    return pd.DataFrame(columns, episode.stage.days)
