"""What is measured on a run of the market: how cheap notes are against futures, and what was assumed of dealers."""

import numpy as np
import pandas as pd

from basis_engine.simulation.names import DealerColumn
from basis_strategies.plan import RENT_SHARES, DealerPlan
from basis_stress.funds_market.episodes import Episode


def dealers_of(episode: Episode) -> DealerPlan:
    """What was assumed of dealers in a run."""
    whom = episode.book.plan.dealers
    assert whom is not None  # a market of funds is played with dealers
    return whom


def dislocations(episode: Episode) -> pd.DataFrame:
    """Basis points of price by which notes are cheap against futures: days by contracts (basis_engine.simulation.dealers)."""
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
