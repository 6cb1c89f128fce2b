"""How fast: every wait of a user, timed in fresh processes, cold start included; twins and other programs beside it.

The suite runs from a checkout. Its plain-Python twin is the naive fund of the tests, `tests/support/naive_fund.py`.
"""

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.append(str(CHECKOUT / "tests"))
