"""Civil calendar and Treasury coupon dates, in whole days since 1970-01-01 (proleptic Gregorian).

A security that matures on the last day of a month pays every coupon on the last day of a month (31 CFR 356,
appendix B); any other keeps its day, or the last of the month where the month is too short.
"""

from basis_engine.base.compile import kernel
from basis_engine.base.units import Day

DAYS_BEFORE_1970 = 719_468  # from 0000-03-01
DAYS_IN_400_YEARS = 146_097


@kernel
def days_from_civil(year: int, month: int, day: int) -> Day:
    """Day number of a civil date; years start in March so that the leap day comes last."""
    march_year = year - 1 if month < 3 else year
    march_month = (month + 9) % 12
    leap_days = march_year // 4 - march_year // 100 + march_year // 400
    return 365 * march_year + leap_days + (153 * march_month + 2) // 5 + day - 1 - DAYS_BEFORE_1970


@kernel
def civil_from_days(day: Day) -> tuple[int, int, int]:
    """(year, month, day of month) of a day number."""
    era, in_era = divmod(day + DAYS_BEFORE_1970, DAYS_IN_400_YEARS)
    year_of_era = (in_era - in_era // 1460 + in_era // 36_524 - in_era // 146_096) // 365
    day_of_year = in_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    march_month = (5 * day_of_year + 2) // 153
    month = march_month + 3 if march_month < 10 else march_month - 9
    year = 400 * era + year_of_era + (1 if month < 3 else 0)
    return year, month, day_of_year - (153 * march_month + 2) // 5 + 1


@kernel
def days_in_month(year: int, month: int) -> int:
    """Length of a month, 28 to 31."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 + (month + month // 8) % 2


@kernel
def is_month_end(day: Day) -> bool:
    """Whether a day is the last of its month."""
    year, month, day_of_month = civil_from_days(day)
    return day_of_month == days_in_month(year, month)


@kernel
def date_in_month(months: int, day_of_month: int) -> Day:
    """A day of the month that is so many months after January of year 0; its last day if it is too short."""
    year, month = divmod(months, 12)
    return days_from_civil(year, month + 1, min(day_of_month, days_in_month(year, month + 1)))


@kernel
def add_months(day: Day, months: int, end_of_month: bool) -> Day:
    """The same day of the month, months later (earlier if negative); the last day if too short or asked."""
    year, month, day_of_month = civil_from_days(day)
    return date_in_month(12 * year + month - 1 + months, 31 if end_of_month else day_of_month)


@kernel
def coupon_date(maturity: Day, k: int) -> Day:
    """The k-th coupon date before maturity; k = 0 is maturity itself."""
    return add_months(maturity, -6 * k, is_month_end(maturity))


@kernel
def coupon_schedule(maturity: Day, settle: Day) -> tuple[int, int, int]:
    """(coupons paid after settlement, last coupon date up to and on it, first coupon date after it)."""
    year, month, day_of_month = civil_from_days(maturity)
    settle_year, settle_month, _ = civil_from_days(settle)
    last_month = 12 * year + month - 1
    pay_day = 31 if day_of_month == days_in_month(year, month) else day_of_month
    k = (last_month - (12 * settle_year + settle_month - 1)) // 6
    candidate = date_in_month(last_month - 6 * k, pay_day)
    if candidate > settle:
        return k + 1, date_in_month(last_month - 6 * k - 6, pay_day), candidate
    return k, candidate, date_in_month(last_month - 6 * k + 6, pay_day)


@kernel
def coupons_left(maturity: Day, settle: Day) -> int:
    """Number of coupons paid strictly after settlement; 0 from maturity on."""
    return max(coupon_schedule(maturity, settle)[0], 0)


@kernel
def previous_coupon(maturity: Day, settle: Day) -> Day:
    """Last coupon date (or dated date) on or before settlement."""
    return coupon_schedule(maturity, settle)[1]


@kernel
def next_coupon(maturity: Day, settle: Day) -> Day:
    """First coupon date after settlement."""
    return coupon_schedule(maturity, settle)[2]


@kernel
def coupon_period(maturity: Day, settle: Day) -> tuple[int, float]:
    """Coupons left, and the fraction of the running coupon period still to come (0 < fraction <= 1)."""
    count, previous, following = coupon_schedule(maturity, settle)
    return count, (following - settle) / (following - previous)
