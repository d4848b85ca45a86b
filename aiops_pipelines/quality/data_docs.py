"""Great Expectations' own page on a suite's result: counts and bounds, never a value of a row.

The page is closed to the outside: Great Expectations' template loads styles and scripts from public
servers, which a hospital's browser must not ask for, so that a policy in the page forbids it.
"""

import os
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "style-src 'unsafe-inline'; img-src data:\">"
    "<style>body{font-family:system-ui,sans-serif;max-width:70rem;margin:2rem auto}"
    "nav,.modal,footer,.ge-walkthrough-modal,button{display:none}"
    "table{border-collapse:collapse}td,th{padding:.3rem .6rem;border-bottom:1px solid #ccc}</style>"
)


def page_path(folder: Path, system: str, feed: str, day: date) -> Path:
    """Return where the page of one system's feed and day lies below the reports' folder."""
    return folder / "data-docs" / system / f"{day.isoformat()}-{feed}.html"


def render_page(result: Any) -> str:
    """Return the page of a suite's validation result as HTML that loads nothing."""
    from great_expectations.render.renderer import ValidationResultsPageRenderer

    document = ValidationResultsPageRenderer().render(result)
    page: str = _view().render(document)
    return page.replace("<head>", f"<head>{_POLICY}", 1)


@cache
def _view() -> Any:
    """Return the view that serves every page: its templates take longer to compile than to fill."""
    from great_expectations.render.view import DefaultJinjaPageView

    return DefaultJinjaPageView()


def write_page(path: Path, page: str) -> None:
    """Write the page, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    unfinished.write_text(page, encoding="utf-8")
    unfinished.replace(path)
