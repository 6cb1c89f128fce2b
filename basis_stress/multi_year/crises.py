"""Weeks that every basis desk remembers: shaded in the figures of long runs."""

from functools import cache

import pandas as pd

from basis_data.scenarios.scenario import scenario

EPISODES = ("september-2019", "march-2020", "svb-2023", "april-2025", "january-2026")
"""Scenarios whose windows are shaded."""


@cache
def crises() -> pd.DataFrame:
    """`title`, `start`, `end` of each episode."""
    chosen = [scenario(name) for name in EPISODES]
    return pd.DataFrame(
        {
            "title": [one.title for one in chosen],
            "start": pd.to_datetime([one.start for one in chosen]),
            "end": pd.to_datetime([one.end for one in chosen]),
        }
    )
