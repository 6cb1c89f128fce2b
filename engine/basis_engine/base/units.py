"""The units of numbers in rows and in kernel signatures: each is defined once, here.

An alias documents a number and changes nothing about it: mypy, NumPy and numba see a plain float or int.
"""

from typing import Annotated, TypeAlias

import numpy as np
from numpy.typing import NDArray

Usd = Annotated[float, "USD"]
Points = Annotated[float, "price per 100 face"]
Rate = Annotated[float, "decimal per year"]
Share = Annotated[float, "fraction"]
Years = Annotated[float, "years"]
BasisPoints = Annotated[float, "1e-4 of price"]
BasisPointsPerYear = Annotated[float, "1e-4 per year"]

Minute = Annotated[int, "minutes UTC since 1970-01-01"]
Day = Annotated[int, "days since 1970-01-01"]
Days = Annotated[int, "calendar days"]
BusinessDays = Annotated[int, "business days"]
Index = Annotated[int, "row number"]
Word = Annotated[int, "member of an enumeration in basis_engine.simulation.names"]

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
