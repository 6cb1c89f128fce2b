"""Print the published basis of an episode as a table of dislocations, in the layout of a user's `basis` file.

    python -m basis_data.multi_year.published_basis march-2020 > data/basis_data/scenarios/march-2020-basis.csv

It is computed by `basis_data.markets.observed_basis` for the contracts and the delivery month of a scenario.
"""

import sys

import numpy as np
import pandas as pd

from basis_data.markets.observed_basis import TENORS
from basis_data.multi_year.market import multi_year_market
from basis_data.scenarios.scenario import scenario


def published_basis(name: str) -> pd.DataFrame:
    """Tabulate `date`, `contract`, `basis_bp` over the days of a scenario that states its delivery month.

    Parameters
    ----------
    name
        A scenario between April 2018 and August 2024.

    Raises
    ------
    InputError
        If its days are outside the research data.
    """
    chosen = scenario(name)
    codes = [code for code in chosen.contracts if code in TENORS]
    market = multi_year_market(chosen.start, chosen.end, codes, terms=(), swap_tenors=())
    columns = [market.hedges.index(f"{code} {chosen.delivery_month}") for code in codes]
    bp = np.round(market.priced.data.dislocation_bp[:, columns], 2) + 0.0
    table = pd.DataFrame(bp, np.datetime_as_string(market.dates), codes).rename_axis("date").reset_index()
    return table.melt("date", var_name="contract", value_name="basis_bp").sort_values(["date", "contract"])


if __name__ == "__main__":
    published_basis(sys.argv[1]).to_csv(sys.stdout, index=False)
