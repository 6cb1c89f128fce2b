"""April 2025 in every telling: as it was, as the press told it, and with one thing changed, each with every kink."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from basis_data.markets.parameters import Parameters, parameters
from basis_stress.funds_market.day_by_day import Day, unroll
from basis_stress.funds_market.measures import dislocations
from basis_stress.funds_market.result import KINKS
from basis_stress.funds_market.variants import Intensity, Variant, variants


@dataclass(frozen=True)
class VariantRun:
    """One dose of a variant, played with every kink."""

    variant: Variant
    dose: Intensity
    held: pd.DataFrame
    """Hedged book, face USD: days by kinks."""
    shorts: list[float]
    """Change of gross shorts, by kink."""
    defaults: list[int]
    cheapest: list[float]
    days: list[Day]
    """Day by day at the middle kink."""

    @property
    def changes(self) -> list[float]:
        """Change of the hedged book over the window, by kink."""
        return [float(change) for change in self.held.iloc[-1] / self.held.iloc[0] - 1]


def tell(
    kinks: Sequence[float] = KINKS,
    frozen: Parameters | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> list[VariantRun]:
    """Play every dose of every variant with every kink."""
    frozen, variant_runs = frozen or parameters(), []
    for variant in variants():
        for dose in variant.doses:
            progress(f"{variant.name}: {dose.label}")
            on = dose.stage()
            runs = [dose.play(on, frozen.fit(kink)) for kink in kinks]
            variant_runs.append(
                VariantRun(
                    variant,
                    dose,
                    pd.DataFrame({kink: run.hedged for kink, run in zip(kinks, runs, strict=True)}),
                    [float(run.shorts.iloc[-1] / run.shorts.iloc[0] - 1) for run in runs],
                    [run.defaults for run in runs],
                    [float(dislocations(run).to_numpy().max()) for run in runs],
                    unroll(runs[len(runs) // 2]),
                )
            )
    return variant_runs
