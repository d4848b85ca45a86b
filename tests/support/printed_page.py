"""Where the words of a page lie that WeasyPrint has laid out."""

from collections.abc import Iterator
from typing import Any

from weasyprint.formatting_structure.boxes import TableCellBox


def beyond_the_margin(page: Any) -> Iterator[str]:
    """Yield the words of a laid-out page that reach into its right margin."""
    box = page._page_box
    edge = box.content_box_x() + box.width + 1

    def walk(each: Any) -> Iterator[str]:
        text = getattr(each, "text", "")
        if text.strip() and each.position_x + each.width > edge:
            yield text
        for child in getattr(each, "children", ()):
            yield from walk(child)

    yield from (text for child in box.children if "Margin" not in type(child).__name__
                for text in walk(child))  # fmt: skip


def out_of_their_cells(page: Any) -> Iterator[str]:
    """Yield the words of a laid-out page that reach beyond their table cell."""

    def walk(each: Any, edge: float | None) -> Iterator[str]:
        if isinstance(each, TableCellBox):
            edge = each.position_x + each.margin_width() + 1
        text = getattr(each, "text", "")
        if edge and text.strip() and each.position_x + each.width > edge:
            yield text
        for child in getattr(each, "children", ()):
            yield from walk(child, edge)

    yield from walk(page._page_box, None)
