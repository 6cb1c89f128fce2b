"""April 2025 as it was, as the press reported it, and with one thing changed that might have broken the basis book."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from basis_data.markets.parameters import Fit, Parameters, parameters
from basis_data.scenarios.scenario import Scenario, changed, market_era
from basis_data.scenarios.scenario import scenario as load_scenario
from basis_data.tables.calendars import mark_days
from basis_engine.base.processes import workers
from basis_stress.funds_market.day_by_day import DayTotals, daily_totals
from basis_stress.funds_market.episodes import Episode, EpisodeMarket, episode_market, relative_change, run_episode
from basis_stress.funds_market.result import CAPACITY_MULTIPLES

EPISODE = "april-2025"
SHOCK = "2025-04-07"
"""First business day after the fall in yields of 3 and 4 April: every variant's change begins here."""
FLOW_END = "2025-04-11"
THIN_BUFFER_SD = 0.5
"""Standard deviations of a day's variation margin kept in cash, where the record has five."""


@dataclass(frozen=True)
class Intensity:
    """One strength of a variant: what is changed, and by how much."""

    label: str
    scenario: Scenario
    sales_usd: float = 0.0
    """USD sold to dealers by outside investors, in equal parts from the shock to `FLOW_END`."""

    def market(self) -> EpisodeMarket:
        """Priced market and flows of the variant."""
        return episode_market(self.scenario)

    def run(self, market: EpisodeMarket, fit: Fit) -> Episode:
        """Run the variant with one fit."""
        week = (market.days >= pd.Timestamp(SHOCK)) & (market.days <= pd.Timestamp(FLOW_END))
        return run_episode(market, fit, extra_sales=np.where(week, self.sales_usd / max(week.sum(), 1), 0.0))


@dataclass(frozen=True)
class Variant:
    """One variant of April 2025, at one or several intensities."""

    name: str
    title: str
    story: str
    intensities: tuple[Intensity, ...]
    day_by_day: tuple[int, ...]
    """Indices of the intensities that the page shows day by day."""


@dataclass(frozen=True)
class VariantRun:
    """One intensity of a variant, run with every capacity multiple."""

    variant: Variant
    intensity: Intensity
    held: pd.DataFrame
    """Hedged book, face USD: days by capacity multiples."""
    shorts: list[float]
    """Change of gross shorts over the window, as a fraction, by capacity multiple."""
    defaults: list[int]
    """Basis funds that failed, by capacity multiple."""
    cheapest: list[float]
    """Largest dislocation, basis points of price, by capacity multiple."""
    days: list[DayTotals]
    """Day by day at the middle capacity multiple."""

    @property
    def changes(self) -> list[float]:
        """Change of the hedged book over the window, as a fraction, by capacity multiple."""
        return [relative_change(self.held[multiple]) for multiple in self.held]


def as_reported(base: Scenario, leverage: float, margin_multiple: float = 1.0) -> Scenario:
    """Funds at a leverage with thin buffers, and futures margins raised on the day of the shock."""
    era = market_era(base).model_dump() | {"era_leverage": leverage, "buffer_sd": THIN_BUFFER_SD}
    reported = changed(base, "as reported", market=era)
    return reported if margin_multiple == 1.0 else higher_margin(reported, margin_multiple)


def higher_margin(base: Scenario, multiple: float) -> Scenario:
    """Futures margins at a multiple from the day of the shock."""
    return changed(base, "margin", margin_notices=[{"date": SHOCK, "multiple": multiple}])


def other_losses(base: Scenario, share: float) -> Scenario:
    """Every fund loses this share of its equity in other markets on the day of the shock."""
    return changed(base, "other losses", other_losses=[{"date": SHOCK, "share": share}])


def higher_haircut(base: Scenario, rise: float) -> Scenario:
    """Every repo lender raises its haircut by this share of value from the day of the shock."""
    return changed(base, "haircut", haircut_changes=[{"date": SHOCK, "haircut": base.haircut + rise}])


def repo_freeze(base: Scenario, share: float) -> Scenario:
    """Lenders do not roll this share of every loan from the day of the shock to the end."""
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
            "The record: yields, repo rates and positions of April 2025, and funds with the parameters of the era.",
            (Intensity("as it was", base),),
            (0,),
        ),
        Variant(
            "april-2025-as-told",
            "What the press reported",
            "Basis funds at 50 to 100 times leverage with almost no cash, forced to liquidate as prices swing.",
            (
                Intensity("60x, thin buffers", as_reported(base, 60)),
                Intensity("100x, thin buffers", as_reported(base, 100)),
                Intensity("60x, thin buffers, margins +50%", as_reported(base, 60, 1.5)),
            ),
            (0, 2),
        ),
        Variant(
            "april-2025-repo-freeze",
            "If lenders had not rolled repo",
            "From 7 April repo lenders do not roll a share of every loan, whatever the note.",
            tuple(Intensity(f"{share:.0%} not rolled", repo_freeze(base, share)) for share in (0.01, 0.05, 0.2)),
            (2,),
        ),
        Variant(
            "april-2025-haircut",
            "If lenders had raised haircuts",
            "From 7 April repo lenders lend fewer cents per dollar of notes.",
            tuple(Intensity(f"haircuts +{100 * rise:.0f} points", higher_haircut(base, rise)) for rise in (0.02, 0.05)),
            (0,),
        ),
        Variant(
            "april-2025-margin",
            "If the clearing house had raised margins",
            "On 7 April initial margins of futures rise, announced a day ahead.",
            tuple(Intensity(f"margins +{m - 1:.0%}", higher_margin(base, m)) for m in (1.5, 2.0, 3.0)),
            (2,),
        ),
        Variant(
            "april-2025-outside-sales",
            "If others had sold as in March 2020",
            "From 7 to 11 April foreign holders and bond funds sell Treasuries to dealers, beside swap-spread funds.",
            tuple(Intensity(f"${bn}bn sold", base, bn * 1e9) for bn in (100, 200, 300, 500)),
            (1,),
        ),
        Variant(
            "april-2025-losses-elsewhere",
            "If funds had lost money in other markets",
            "On 7 April every fund loses a share of its equity in other markets, in cash due the next morning.",
            tuple(Intensity(f"{share:.0%} of equity", other_losses(base, share)) for share in (0.05, 0.1, 0.3)),
            (1,),
        ),
    ]


def run_variants(
    capacity_multiples: Sequence[float] = CAPACITY_MULTIPLES,
    frozen: Parameters | None = None,
    progress: Callable[[str], None] = lambda text: None,
    processes: int = 1,
) -> list[VariantRun]:
    """Run every intensity of every variant with every capacity multiple; ``processes`` do not change the result."""
    fits, variant_runs = [(frozen or parameters()).fit(x) for x in capacity_multiples], []
    chosen = [(variant, intensity) for variant in variants() for intensity in variant.intensities]
    with workers(min(processes, len(chosen))) as each:
        for (variant, intensity), run in zip(chosen, each(partial(_run_chosen, fits), chosen), strict=True):
            progress(f"{variant.name}: {intensity.label}")
            variant_runs.append(replace(run, variant=variant, intensity=intensity))  # another process has its own
    return variant_runs


def _run_chosen(fits: Sequence[Fit], chosen: tuple[Variant, Intensity]) -> VariantRun:
    """Run one intensity of a variant."""
    return run_intensity(*chosen, fits)


def run_intensity(variant: Variant, intensity: Intensity, fits: Sequence[Fit]) -> VariantRun:
    """Run one intensity with each fit."""
    market = intensity.market()
    runs = {fit.capacity_multiple: intensity.run(market, fit) for fit in fits}
    episodes = list(runs.values())
    return VariantRun(
        variant,
        intensity,
        pd.DataFrame({multiple: episode.hedged for multiple, episode in runs.items()}),
        [episode.shorts_change for episode in episodes],
        [episode.defaults for episode in episodes],
        [float(episode.dislocations.to_numpy().max()) for episode in episodes],
        daily_totals(episodes[len(episodes) // 2]),
    )


def by_variant(variant_runs: Sequence[VariantRun]) -> list[list[VariantRun]]:
    """Group runs by variant, in order."""
    groups: dict[int, list[VariantRun]] = {}
    for run in variant_runs:
        groups.setdefault(id(run.variant), []).append(run)
    return list(groups.values())
