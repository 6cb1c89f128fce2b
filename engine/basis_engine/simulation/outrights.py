"""Notes held without a hedge, quoted on the curve plus a spread of their own, each over a stretch of the path."""

from basis_engine.base.compile import kernel
from basis_engine.bonds.curves import clean_price_on_curve
from basis_engine.bonds.prices import accrued_interest, coupons_between
from basis_engine.simulation.market import Path
from basis_engine.simulation.rows import NoteQuote
from basis_engine.simulation.signals import Pair
from basis_engine.simulation.world import Floats, Rows, Table


@kernel
def quote_outrights(path: Path, pairs: Rows[Pair], spread: Floats, notes: Table[NoteQuote]) -> None:
    """Quotes [marks, pairs] at spreads [marks, pairs]; before and after its stretch a note stands still."""
    for m in range(len(path.time)):
        for p in range(len(pairs)):
            pair, quote = pairs[p], notes[m, p]
            mark = min(max(m, pair.first_mark), pair.last_mark)
            settle, coupon, maturity = path.value_date[mark], pair.coupon, pair.maturity
            quote.accrued = accrued_interest(coupon, maturity, settle)
            if m == mark:
                curve = path.curves[m]
                quote.clean = clean_price_on_curve(path.curve_kind, curve, coupon, maturity, settle, spread[m, p])
                if m > pair.first_mark:
                    quote.coupon_due = coupons_between(coupon, maturity, path.value_date[m - 1], settle)
    for p in range(len(pairs)):
        for m in range(len(path.time)):
            notes[m, p].clean = notes[min(max(m, pairs[p].first_mark), pairs[p].last_mark), p].clean
