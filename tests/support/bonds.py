"""Notes and bonds of every age, drawn from a seed."""

import numpy as np

from basis_engine.bonds import dates


def day_number(iso: str) -> int:
    """Days since 1970-01-01."""
    return int(np.datetime64(iso, "D").astype(np.int64))


def random_terms(rows: int, seed: int) -> dict[str, np.ndarray]:
    """Notes and bonds of every age; a third pay at month ends, a tenth are in their last coupon period."""
    rng = np.random.default_rng(seed)
    settle = rng.integers(day_number("1990-01-01"), day_number("2045-01-01"), rows)
    leap_days = [day_number(f"{year}-02-29") for year in (1992, 2000, 2016, 2020, 2024)]
    settle[: rows // 20] = rng.choice(leap_days, rows // 20)
    maturity = settle + rng.integers(1, 30 * 365, rows)
    last_period = slice(rows // 20, rows // 20 + rows // 10)
    maturity[last_period] = settle[last_period] + rng.integers(1, 180, rows // 10)
    for i in range(0, rows, 3):
        maturity[i] = dates.add_months(maturity[i], 0, True)
    on_coupon_date = range(1, rows, 7)
    for i in on_coupon_date:
        settle[i] = dates.previous_coupon(maturity[i], settle[i])
    coupon = np.round(rng.uniform(0.0, 0.12, rows) * 800) / 800
    return {
        "coupon": coupon,
        "maturity": maturity,
        "settle": settle,
        "yield_": rng.uniform(-0.02, 0.18, rows),
    }
