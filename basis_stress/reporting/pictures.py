"""Figures that are drawn, as pages embed them; matplotlib is not needed to read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


class Drawing(str):
    """An SVG, and what a reader who points at it is told: a panel each, places as shares of width and height."""

    hover: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True)
class Picture:
    """One figure of the report: its name, its title, its one-sentence caption and its SVG."""

    name: str
    title: str
    caption: str
    svg: str
