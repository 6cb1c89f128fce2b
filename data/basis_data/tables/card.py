"""The card of an object (title, sentences, small table), as one line of text and as HTML for a notebook."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

MOST_ROWS, MOST_COLUMNS, MOST_TEXT = 12, 8, 600
"""Rows, columns and characters of a sentence: a card fits one screen, whatever it shows."""

_BOX = (
    "max-width:60em;overflow-x:auto;border:1px solid #8886;border-radius:6px;padding:.6em 1em;"
    "font-family:system-ui,sans-serif"
)
_CELL = "padding:.1em .8em .1em 0;text-align:{};border:0"


@dataclass(frozen=True)
class Card:
    """What a notebook shows of an object."""

    title: str
    sentences: Sequence[str]
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    """Cells of a small table; the first column is its labels."""
    more: str = ""
    """Names of attributes and methods that lead further."""


def as_text(card: Card) -> str:
    """The card on one line: the title and the first sentence."""
    return f"<{card.title}: {_short(card.sentences[0])}>" if card.sentences else f"<{card.title}>"


def as_html(card: Card) -> str:
    """The card as one self-contained piece of HTML; every text is escaped, and long tables end in "…"."""
    parts = [f'<div style="font-weight:600">{escape(card.title)}</div>']
    parts += [f'<p style="margin:.4em 0">{escape(_short(sentence))}</p>' for sentence in card.sentences]
    if card.rows:
        parts.append(_table(card))
    if card.more:
        parts.append(f'<div style="opacity:.7;font-size:90%;margin-top:.4em">{escape(card.more)}</div>')
    return f'<div style="{_BOX}">{"".join(parts)}</div>'


def _table(card: Card) -> str:
    """The small table: labels to the left, figures to the right."""
    wide = max(len(row) for row in [card.head, *card.rows]) > MOST_COLUMNS
    lines = [[*row[:MOST_COLUMNS], *(["…"] if wide else [])] for row in [card.head, *card.rows[:MOST_ROWS]]]
    if len(card.rows) > MOST_ROWS:
        lines.append([f"… and {len(card.rows) - MOST_ROWS:,} more"])
    tags = ["th" if card.head else "td", *["td"] * (len(lines) - 1)]
    body = "".join(
        "<tr>"
        + "".join(
            f'<{tag} style="{_CELL.format("right" if column and card.head else "left")}">{escape(str(cell))}</{tag}>'
            for column, cell in enumerate(line)
        )
        + "</tr>"
        for tag, line in zip(tags, lines, strict=True)
        if line
    )
    return f'<table style="border-collapse:collapse;font-size:90%;background:none"><tbody>{body}</tbody></table>'


def _short(text: str) -> str:
    """A sentence of at most `MOST_TEXT` characters."""
    return text if len(text) <= MOST_TEXT else f"{text[: MOST_TEXT - 2].rstrip()} …"
