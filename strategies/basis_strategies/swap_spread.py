"""The library's swap-spread trade: a note in repo against a cleared swap."""

from pydantic import Field

from basis_engine.base.compile import decision
from basis_engine.simulation.observation import FundView, PairView
from basis_engine.simulation.world import Floats, Rows
from basis_strategies.rules import count_legs, face_of, may_hold, unless_close
from basis_strategies.sized import SizedStrategy, size


class SwapSpread(SizedStrategy):
    """Long the note in repo, paying fixed on a swap of equal DV01: the swap-spread trade.

    Earns while the note yields more than the swap costs (a negative swap spread) and as the spread rises towards zero.
    Loses as the spread falls, which is when dealers' balance sheets are full, as in April 2025.

    Legs: par notes of 2, 5, 10 or 30 years and swaps of the same day. Margin: initial and daily variation margin at the
    swap house. Financing: overnight repo at SOFR plus ``repo_spread_bp``.

    Runs where swap spreads are public (`data/basis_data/history/swap_spread_windows.csv`), or where a file of your own has them.
    Each quarter's trade is struck at par on its first day, the old one let go; each leg has an even share of
    ``leverage``.

    >>> SwapSpread(legs=("30Y swap spread",), leverage=8).leverage
    8.0
    """

    legs: tuple[str, ...] = Field(("10Y swap spread",), min_length=1, max_length=4, title="such as '10Y swap spread'")
    """Tenors, each once."""
    leverage: float = Field(10.0, gt=0, le=1000, title="notes over equity, 20 is 20x")
    """Market value of notes over equity that it aims at."""

    @decision
    def decide(terms: "SwapSpread", fund: FundView, pairs: Rows[PairView], target: Floats) -> None:
        """Hold this quarter's trade in each tenor at its share of today's size."""
        legs = count_legs(pairs)
        for p in range(len(pairs)):
            pair, held = pairs[p], 0.0
            if pair.front and may_hold(fund, terms.stop, terms.wait_days):
                held = size(terms, pair) / legs * fund.equity
            if pair.tradable:
                target[p] = unless_close(pair.face, face_of(held, pair), terms.band)
