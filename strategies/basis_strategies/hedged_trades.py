"""The library's hedged trades: a note against its future (long, short, rolled, delivered, two months) or a swap."""

from pydantic import Field

from basis_engine.base.compile import decision
from basis_engine.simulation.observation import FundView, PairView
from basis_engine.simulation.world import Floats, Rows
from basis_strategies.rules import carry, count_legs, face_of, holds_leg, may_hold, unless_close
from basis_strategies.sized_strategy import BasisStrategy, SizedStrategy, hold_front, size
from basis_strategies.strategy import BasisPoints, Days


class LongBasis(BasisStrategy):
    """Long the cheapest-to-deliver in repo, short its future, rolled every quarter: the basis trade.

    Earns implied repo less the cost of repo, a few basis points a year of the notes, times leverage. Loses when cash
    cheapens against futures, when repo rises above the implied rate, and when margin or repo calls force it to sell
    before delivery.

    Legs: the note of a contract, against face x conversion factor of futures; each contract has an equal share of
    ``leverage``, which is that of the whole book. Margin: initial and daily variation margin on the future. Financing:
    overnight repo at SOFR plus ``repo_spread_bp``, haircut ``haircut``.

    >>> LongBasis(legs=("FV",), leverage=30, enter_bp=10, exit_bp=0).name
    'LongBasis(FV, leverage=30, enter_bp=10, exit_bp=0)'
    """

    @decision
    def decide(terms: "LongBasis", fund: FundView, pairs: Rows[PairView], target: Floats) -> None:
        """Hold the front month at today's size while its carry is high enough."""
        hold_front(terms, fund, pairs, target, 1.0, 0.0)


class ShortBasis(BasisStrategy):
    """Short the note, borrowed in reverse repo, long its future: the reverse basis.

    Earns when cash cheapens against futures, and while futures are cheap to cash. Loses the carry of the long basis,
    plus the cost of borrowing the note when it is special.

    Legs, margin: those of `LongBasis`, reversed. Financing: cash lent against the note at SOFR less ``special_bp``,
    plus a haircut. Enters when expected repo less implied repo is above ``enter_bp``.

    >>> ShortBasis(special_bp=15).special_bp
    15.0
    """

    leverage: float = Field(10.0, gt=0, le=1000, title="notes over equity, 20 is 20x")
    """Market value of notes sold short over equity."""

    @decision
    def decide(terms: "ShortBasis", fund: FundView, pairs: Rows[PairView], target: Floats) -> None:
        """Hold the front month short while its carry is negative enough."""
        hold_front(terms, fund, pairs, target, -1.0, 0.0)


class HoldToDelivery(SizedStrategy):
    """Buy the basis once, hold it through notice and deliver the note; then buy the next month.

    Earns implied repo at entry less realised financing, whatever the prices in between, if it meets every call. Loses
    when repo averages above the implied rate at entry.

    Legs, margin, financing: those of `LongBasis`. It does not trade between entry and delivery, so that its only cost
    is that of entry; ``unwind='hold'`` also forbids forced sales.

    >>> HoldToDelivery(legs=("TU",), leverage=40, unwind="hold").unwind
    'hold'
    """

    enter_bp: BasisPoints = -1000.0
    """Enter when implied repo less expected repo is above this; the default is always."""
    least_days: Days = 10
    """Minimum days to first notice of a month when it is bought."""

    @decision
    def decide(terms: "HoldToDelivery", fund: FundView, pairs: Rows[PairView], target: Floats) -> None:
        """Buy the front month if nothing of the leg is held; sell nothing."""
        legs = count_legs(pairs)
        for p in range(len(pairs)):
            pair = pairs[p]
            early = pair.front and pair.days_to_notice >= terms.least_days
            if early and not holds_leg(pairs, pair.leg) and carry(pair) > terms.enter_bp / 1e4:
                target[p] = face_of(size(terms, pair) / legs * fund.equity, pair)


class CalendarRoll(SizedStrategy):
    """Long the deferred month's basis, short the front's, while both trade: the calendar roll.

    Earns when the deferred basis has more carry than the front basis, and as holders of the front basis roll it. Loses
    when the front basis cheapens against the deferred, and pays two spreads a quarter.

    Legs: the front pair short (its note borrowed), the deferred pair long, equal face. Margin: that of both futures;
    clearing houses offset such spreads, this program does not and so requires too much. Financing: repo on the deferred
    note, reverse repo at ``special_bp`` below SOFR on the front note.

    >>> CalendarRoll(past_notice=5).past_notice
    5
    """

    leverage: float = Field(10.0, gt=0, le=1000, title="notes over equity, 20 is 20x")
    """Market value of both notes over equity."""
    enter_bp: BasisPoints = -1000.0
    """Enter when the deferred month's implied repo less the front's is above this; the default is always."""
    past_notice: Days = 0
    """Days after first notice for which the front is held; a long future may be assigned a note from notice on."""

    @decision
    def decide(terms: "CalendarRoll", fund: FundView, pairs: Rows[PairView], target: Floats) -> None:
        """Hold both from the day on which the deferred month becomes the front to notice of the old month."""
        legs = count_legs(pairs)
        for p in range(len(pairs)):
            if pairs[p].tradable:
                target[p] = 0.0
        for old in range(len(pairs)):
            for new in range(old + 1, len(pairs)):
                ahead = pairs[old].days_to_notice + terms.past_notice > 1 and not pairs[old].front
                if pairs[old].leg == pairs[new].leg and ahead and pairs[old].tradable and pairs[new].tradable:
                    gain = carry(pairs[new]) - carry(pairs[old])
                    if pairs[new].face != 0.0 or gain > terms.enter_bp / 1e4:
                        held = size(terms, pairs[new]) / 2.0 / legs * fund.equity
                        target[new] = unless_close(pairs[new].face, face_of(held, pairs[new]), terms.band)
                        target[old] = unless_close(pairs[old].face, -target[new], terms.band)


class MultiContractBasis(BasisStrategy):
    """The basis of several contracts in one book, sized by carry over volatility.

    Earns and loses as `LongBasis` does, diversified over the curve: 2-year and 10-year notes need not cheapen in the
    same month, but in weeks of stress they do.

    Legs: a pair in each contract, as in `LongBasis`; a leg's size is an even share of ``leverage`` times its carry over
    its volatility, up to ``full_carry_to_risk``. Margin, financing: those of `LongBasis`.

    >>> MultiContractBasis(legs=("TU", "FV"), full_carry_to_risk=2).legs
    ('TU', 'FV')
    """

    legs: tuple[str, ...] = Field(("TU", "FV", "TY"), min_length=2, title="such as 'TU', 'FV'")
    """Contracts, each once."""
    full_carry_to_risk: float = Field(0.0, ge=0, le=100, title="carry over volatility, both a year")
    """Carry over volatility at which a leg has its full size; 0: every leg has its full size."""

    @decision
    def decide(terms: "MultiContractBasis", fund: FundView, pairs: Rows[PairView], target: Floats) -> None:
        """Hold each contract's front month at its share."""
        hold_front(terms, fund, pairs, target, 1.0, terms.full_carry_to_risk)


class SwapSpread(SizedStrategy):
    """Long the note in repo, paying fixed on a swap of equal DV01: the swap-spread trade.

    Earns while the note yields more than the swap costs (a negative swap spread) and as the spread rises towards zero.
    Loses as the spread falls, when dealers' balance sheets are full, as in April 2025.

    Legs: par notes of 2, 5, 10 or 30 years and swaps of the same day. Margin: initial and daily variation margin at the
    swap house. Financing: overnight repo at SOFR plus ``repo_spread_bp``.

    Swap spreads are public in two windows (`data/basis_data/history/swap_spread_windows.csv`); your own file may have
    more. Each quarter's trade is entered at par on its first day, and the old trade is closed; each leg has an equal
    share of ``leverage``.

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
