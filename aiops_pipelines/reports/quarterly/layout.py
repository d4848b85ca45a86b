"""The parts a report is laid out from: sections with paragraphs, tables and charts."""

import base64
from dataclasses import dataclass

from aiops_pipelines.reports.style import Look

Cell = str | Look
"""Text, or a verdict that is shown as word, shape and colour."""

LINE_LENGTH, LINES_KEPT_WHOLE = 36, 40
"""About how many characters a table's cell takes a line, and the lines not torn over pages."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption; the first column names the row. `numeric` columns align right.

    `widths` are CSS widths by column, "" for what is left over.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = frozenset()
    widths: tuple[str, ...] = ()
    empty: str = "Nothing to report."

    @property
    def whole(self) -> bool:
        """Return whether the table is short enough to stay on one page."""
        lines = (max(len(cell) for cell in row if isinstance(cell, str)) for row in self.rows)
        return sum(length // LINE_LENGTH + 1 for length in lines) <= LINES_KEPT_WHOLE


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as data URI, with its text alternative and its caption."""

    source: str
    alt: str
    caption: str


def picture(svg: str, alt: str, caption: str = "") -> Picture:
    """Return a drawing as a picture for print."""
    uri = f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
    return Picture(uri, alt, caption)


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered part of the report, with an entry in contents and bookmarks."""

    id: str
    title: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    points: tuple[str, ...] = ()
    charts: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Tile:
    """A number on the cover with what it counts."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class SystemSheet:
    """One system's half page: what it is, how it did, in words, charts and a table."""

    id: str
    name: str
    facts: str
    look: Look
    readings: tuple[str, ...]
    charts: tuple[Picture, ...]
    table: Table
