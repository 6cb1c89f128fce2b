"""Texts and ticks that are laid out once give the bytes that matplotlib gives alone, with far fewer layouts."""

import threading

import numpy as np
import pytest
from matplotlib.text import Text

from basis_stress.reporting import figure_style as look


def draw():
    """Every kind of text: twins, rotation, several lines, equal labels in two fonts, ticks that move with the panel."""
    with look.style():
        figure, (top, bottom) = look.new_figure(4.0, 2, shared=False)
        top.plot(np.arange(30), 1e7 * np.sin(np.arange(30)), label="a\nb")
        top.set_title("0")
        look.money_axis(top)
        look.legend_above(top, 1)
        twin = top.twinx()
        twin.plot([0, 30], [0, 1e-7])
        twin.set_ylabel("0", rotation=0, fontsize=20)
        bottom.bar(["0", "a longer\nlabel", "c"], [1, 2, 3])
        bottom.tick_params(axis="x", rotation=30)
        bottom.set_xlabel("0", fontsize=15, ha="right")
        bottom.text(0.5, 1.0, "words that are wrapped " * 9, wrap=True)
        for size in (8, 16):
            bottom.annotate("0\n00", (1, 1), xytext=(3, 3), textcoords="offset points", fontsize=size, va="top")
        return look.svg(figure)


def layouts(monkeypatch, name="_get_layout"):
    """The list to which each layout of a text is appended."""
    counted, method = [], getattr(Text, name)
    monkeypatch.setattr(Text, name, lambda text, renderer: counted.append(text) or method(text, renderer))
    return counted


def test_figures_keep_their_bytes(monkeypatch):
    counted = layouts(monkeypatch)
    fast, few = draw(), len(counted)
    monkeypatch.setattr(look, "place_ticks_once", lambda figure: None)
    monkeypatch.setattr(look, "texts_laid_out_once", look.io.StringIO)  # a context that does nothing
    assert draw() == fast
    assert len(counted) - few > 3 * few


def test_matplotlib_is_left_as_it_was():
    before = Text._get_layout
    with look.style(), look.style():
        assert Text._get_layout is not before
    assert Text._get_layout is before

    def fails():
        with look.style():
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert Text._get_layout is before


def test_one_thread_draws_at_a_time():
    drawn = []

    def draw_elsewhere():
        with look.style():
            drawn.append("elsewhere")

    with look.style():
        thread = threading.Thread(target=draw_elsewhere)
        thread.start()
        thread.join(0.2)
        drawn.append("here")
    thread.join()
    assert drawn == ["here", "elsewhere"]
