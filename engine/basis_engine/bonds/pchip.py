"""Monotone cubic interpolation through the points that are present.

Fritsch and Butland (1984), SIAM J. Sci. Stat. Comput. 5: between two points a cubic whose end slopes are
harmonic means of the neighbouring secants, nil where the secants differ in sign, so that no extremum is
invented. A nan value is an absent point. To the right nothing is extrapolated (nan); to the left the first
value holds.
"""

import math

from basis_engine.base.compile import kernel
from basis_engine.base.units import Floats


@kernel
def neighbour(values: Floats, point: int, step: int) -> int:
    """Index of the next present point in the direction of step; -1 where there is none."""
    point += step
    while 0 <= point < len(values):
        if not math.isnan(values[point]):
            return point
        point += step
    return -1


@kernel
def secant(points: Floats, values: Floats, left: int, right: int) -> float:
    """Slope of the line between two points."""
    slope: float = (values[right] - values[left]) / (points[right] - points[left])
    return slope


@kernel
def inner_slope(points: Floats, values: Floats, left: int, point: int, right: int) -> float:
    """Weighted harmonic mean of the two secants, nil at a local extremum."""
    before = secant(points, values, left, point)
    after = secant(points, values, point, right)
    if before * after <= 0.0:
        return 0.0
    width_before: float = points[point] - points[left]
    width_after: float = points[right] - points[point]
    weight_before = width_before + 2.0 * width_after
    weight_after = 2.0 * width_before + width_after
    return (weight_before + weight_after) / (weight_before / before + weight_after / after)


@kernel
def end_slope(points: Floats, values: Floats, end: int, inner: int, second: int) -> float:
    """Slope at an end: of the parabola through three points, held to a shape-preserving range."""
    near = secant(points, values, end, inner)
    if second < 0:
        return near
    far = secant(points, values, inner, second)
    slope: float = near + (near - far) * (points[inner] - points[end]) / (points[second] - points[end])
    if slope * near <= 0.0:
        return 0.0
    if near * far <= 0.0 and abs(slope) > 3.0 * abs(near):
        return 3.0 * near
    return slope


@kernel
def slope_at(points: Floats, values: Floats, point: int) -> float:
    """Slope of the interpolant at a present point."""
    left = neighbour(values, point, -1)
    right = neighbour(values, point, 1)
    if left < 0:
        return end_slope(points, values, point, right, neighbour(values, right, 1))
    if right < 0:
        return end_slope(points, values, point, left, neighbour(values, left, -1))
    return inner_slope(points, values, left, point, right)


@kernel
def pchip(points: Floats, values: Floats, x: float) -> float:
    """Interpolate at x."""
    right = neighbour(values, -1, 1)
    if right < 0:
        return math.nan
    if x <= points[right]:
        return float(values[right])
    while right >= 0 and points[right] < x:
        left = right
        right = neighbour(values, right, 1)
    if right < 0:
        return math.nan
    width: float = points[right] - points[left]
    s: float = (x - points[left]) / width
    r = 1.0 - s
    ends: float = r * r * (1.0 + 2.0 * s) * values[left] + s * s * (1.0 + 2.0 * r) * values[right]
    tilt: float = r * slope_at(points, values, left) - s * slope_at(points, values, right)
    return ends + width * s * r * tilt
