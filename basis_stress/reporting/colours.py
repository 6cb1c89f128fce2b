"""Colours by meaning, declared once for figures, pages and the explorer: a light and a dark value each.

Hues are those of Okabe and Ito (2008), told apart under the common kinds of colour blindness. Tenors run from light to
dark by maturity and share no hue with gain and loss; every text colour has a contrast of at least 4.5 with its ground.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Colour(NamedTuple):
    """One meaning in both schemes."""

    light: str
    dark: str


PAGE = {
    "ink": Colour("#222222", "#e8eaed"),
    "soft": Colour("#595f66", "#b0b6bd"),
    "line": Colour("#d5d8dc", "#3d434a"),
    "ground": Colour("#ffffff", "#14171a"),
    "tint": Colour("#f4f5f7", "#1f2429"),
    "accent": Colour("#00619a", "#6cb8ec"),
    "gain": Colour("#00694d", "#3ecf9f"),
    "loss": Colour("#a33c00", "#ff9a66"),
}
"""Text, lines and grounds of a page; gain and loss of a number."""

TENOR = {
    "2y": Colour("#56B4E9", "#8fd0f5"),
    "5y": Colour("#0072B2", "#4aa3e0"),
    "10y": Colour("#5B3F9E", "#a58be8"),
    "30y": Colour("#CC79A7", "#e59cc4"),
}
"""Par yields by tenor."""
CONTRACT = {
    "TU": TENOR["2y"],
    "FV": TENOR["5y"],
    "TY": TENOR["10y"],
    "TN": Colour("#9A5FB8", "#c79be0"),
    "US": TENOR["30y"],
    "UB": Colour("#8C2D5E", "#d0709f"),
}
"""Futures, in the colour of their tenor."""

LEG = {
    "variation_margin": Colour("#0072B2", "#4aa3e0"),
    "initial_margin": Colour("#56B4E9", "#8fd0f5"),
    "repo_remargin": Colour("#009E73", "#3ecf9f"),
    "haircut": Colour("#E69F00", "#f2b938"),
    "repo_not_rolled": Colour("#8C6D1F", "#c9a654"),
    "carry": Colour("#CC79A7", "#e59cc4"),
    "other": Colour("#8a8a8a", "#9aa0a6"),
}
"""Cash by leg."""

OUTCOME = {
    "survived": Colour("#E8F1F8", "#16384d"),
    "called": Colour("#9CC8E6", "#2b6f99"),
    "forced_sale": Colour("#E69F00", "#c98a00"),
    "illiquid": Colour("#C4501B", "#c9480f"),
    "insolvent": Colour("#5E1A12", "#ff9a66"),
    "not_entered": Colour("#E3E3E3", "#2c3035"),
}
"""Outcomes of a book: darker on light, and brighter on dark, for a worse one; grey for not entered."""

SERIES = {
    "equity": Colour("#0072B2", "#4aa3e0"),
    "cash": Colour("#009E73", "#3ecf9f"),
    "free": Colour("#E69F00", "#f2b938"),
    "leverage": Colour("#5B3F9E", "#a58be8"),
    "other_book": Colour("#8a8a8a", "#9aa0a6"),
}
"""Lines of a balance sheet."""

GROUPS: Mapping[str, Mapping[str, Colour]] = {
    "": PAGE,
    "tenor-": TENOR,
    "contract-": CONTRACT,
    "leg-": LEG,
    "outcome-": OUTCOME,
    "series-": SERIES,
}
"""Prefix of the custom properties of each group."""


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2): 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def ink_on(ground: str) -> str:
    """Text colour that reads best on a ground."""
    return max((PAGE["ink"].light, "#ffffff"), key=lambda ink: contrast(ink, ground))


def css() -> str:
    """Every colour as a custom property, such as ``--outcome-called``, light and dark."""
    names = {
        f"--{prefix}{name.replace('_', '-')}": colour
        for prefix, group in GROUPS.items()
        for name, colour in group.items()
    }
    inks = {
        f"--outcome-{name.replace('_', '-')}-ink": Colour(ink_on(colour.light), ink_on(colour.dark))
        for name, colour in OUTCOME.items()
    }
    every = names | inks
    light = "".join(f"{name}:{colour.light};" for name, colour in every.items())
    dark = "".join(f"{name}:{colour.dark};" for name, colour in every.items())
    return (
        f":root{{color-scheme:light dark;{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    )
