"""April 2025 as it was, as its headlines told it, and with one thing changed that might have broken the basis book."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from basis_data.markets.parameters import Fit
from basis_data.scenarios.scenario import Scenario, changed, market_era
from basis_data.scenarios.scenario import scenario as load_scenario
from basis_data.tables.calendars import mark_days
from basis_stress.funds_market.episodes import Episode, Stage, play, stage

EPISODE = "april-2025"
SHOCK = "2025-04-07"
"""First business day after the fall in yields of 3 and 4 April: every variant's change begins here."""
FLOW_END = "2025-04-11"
THIN_BUFFER_SD = 0.5
"""Standard deviations of a day's variation margin kept in cash, where the record has five."""


@dataclass(frozen=True)
class Intensity:
    """One run of a variant: what is changed, and by how much."""

    label: str
    scenario: Scenario
    sales_usd: float = 0.0
    """Sold to dealers by outsiders, in equal parts from the shock to `FLOW_END`."""

    def stage(self) -> Stage:
        """Market and flows of the run."""
        return stage(self.scenario)

    def play(self, on: Stage, fit: Fit) -> Episode:
        """Run it with one fit."""
        week = (on.days >= pd.Timestamp(SHOCK)) & (on.days <= pd.Timestamp(FLOW_END))
        return play(on, fit, extra_sales=np.where(week, self.sales_usd / max(week.sum(), 1), 0.0))


@dataclass(frozen=True)
class Variant:
    """One telling of April 2025, in one or several doses."""

    name: str
    title: str
    story: str
    doses: tuple[Intensity, ...]
    unrolled: tuple[int, ...]
    """Which doses are told day by day."""


def as_told(base: Scenario, leverage: float, margin_multiple: float = 1.0, thin: bool = True) -> Scenario:
    """Funds at a leverage with thin buffers, and futures margins raised on the day of the shock."""
    era = market_era(base).model_dump() | {"era_leverage": leverage}
    if thin:
        era["buffer_sd"] = THIN_BUFFER_SD
    told = changed(base, "as told", market=era)
    return told if margin_multiple == 1.0 else dearer_margin(told, margin_multiple)


def dearer_margin(base: Scenario, multiple: float) -> Scenario:
    """Futures margins at a multiple from the day of the shock."""
    return changed(base, "margin", margin_notices=[{"date": SHOCK, "multiple": multiple}])


def other_losses(base: Scenario, share: float) -> Scenario:
    """Every fund loses this share of its equity in other markets on the day of the shock."""
    return changed(base, "losses elsewhere", other_losses=[{"date": SHOCK, "share": share}])


def higher_haircut(base: Scenario, rise: float) -> Scenario:
    """Every repo lender asks this much more from the day of the shock."""
    return changed(base, "haircut", haircut_changes=[{"date": SHOCK, "haircut": base.haircut + rise}])


def repo_freeze(base: Scenario, share: float) -> Scenario:
    """From the day of the shock to the end lenders finance this share less of every note."""
    days = mark_days(np.datetime64(SHOCK), np.datetime64(base.end))
    rolls: list[dict[str, Any]] = [{"date": str(day), "share": share} for day in days]
    return changed(base, "repo freeze", not_rolled=rolls)


def variants() -> list[Variant]:
    """Every variant, the record first."""
    base = load_scenario(EPISODE)
    return [
        Variant(
            EPISODE,
            "What happened",
            "The record: yields, repo rates and positions of April 2025, funds as the era has them.",
            (Intensity("as it was", base),),
            (0,),
        ),
        Variant(
            "april-2025-as-told",
            "What the headlines told",
            "Basis funds at 50 to 100 times leverage with almost no cash, forced to liquidate as prices swing.",
            (
                Intensity("60x, thin buffers", as_told(base, 60)),
                Intensity("100x, thin buffers", as_told(base, 100)),
                Intensity("60x, thin buffers, margins +50%", as_told(base, 60, 1.5)),
            ),
            (0, 2),
        ),
        Variant(
            "april-2025-repo-freeze",
            "Had lenders pulled back",
            "From 7 April repo lenders finance a share less of every note, whatever its quality.",
            tuple(Intensity(f"{share:.0%} not rolled", repo_freeze(base, share)) for share in (0.01, 0.05, 0.2)),
            (2,),
        ),
        Variant(
            "april-2025-haircut",
            "Had lenders asked for more collateral",
            "From 7 April repo lenders advance fewer cents per dollar of notes.",
            tuple(Intensity(f"haircuts +{100 * rise:.0f} points", higher_haircut(base, rise)) for rise in (0.02, 0.05)),
            (0,),
        ),
        Variant(
            "april-2025-margin",
            "Had the clearing house raised margins",
            "On 7 April initial margins of futures rise, announced a day ahead.",
            tuple(Intensity(f"margins +{m - 1:.0%}", dearer_margin(base, m)) for m in (1.5, 2.0, 3.0)),
            (2,),
        ),
        Variant(
            "april-2025-outside-sales",
            "Had others sold as in March 2020",
            "From 7 to 11 April foreign holders and bond funds sell Treasuries to dealers, beside swap-spread funds.",
            tuple(Intensity(f"${bn}bn sold", base, bn * 1e9) for bn in (100, 200, 300, 500)),
            (1,),
        ),
        Variant(
            "april-2025-losses-elsewhere",
            "Had funds lost money in other markets",
            "On 7 April every fund loses a share of its equity elsewhere, in cash due the next morning.",
            tuple(Intensity(f"{share:.0%} of equity", other_losses(base, share)) for share in (0.05, 0.1, 0.3)),
            (1,),
        ),
    ]
