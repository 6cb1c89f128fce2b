"""Results of every shape that a report must show: one fund, several contracts that end in a default, tens of funds."""

from functools import cache

import numpy as np
import pandas as pd

import basis_stress as bs
from basis_stress.single_book.result import Result


def one_fund() -> Result:
    """A fund that survives."""
    return bs.backtest("april-2025", leverage=50)


def a_default() -> Result:
    """A fund in four contracts that cannot meet a call."""
    return bs.backtest("april-2025-perfect-storm", contract=["TU", "FV", "TY", "US"], leverage=52)


@cache
def many_funds() -> Result:
    """Forty funds in two contracts, some of which are called."""
    names = [f"fund-{number:02d}" for number in range(1, 41)]
    size = 1000 / np.arange(1, 41) ** 0.9
    sides = {"TU": 1.0, "TY": 2.0}
    positions = pd.concat(
        pd.DataFrame({"fund": names, "contract": code, "contracts": -np.ceil(share * size), "haircut": 0.01})
        for code, share in sides.items()
    )
    funds = pd.DataFrame({"fund": names, "equity_usd": np.round(size * np.linspace(0.030, 0.0101, 40), 3) * 1e6})
    return bs.backtest("april-2025", book=positions, funds=funds)
