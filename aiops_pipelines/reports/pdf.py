"""From HTML to a tagged PDF (PDF/UA-1) that repeats to the byte and fetches nothing.

Knows WeasyPrint, and is the only module that does: it needs the system library Pango, which may
be missing, so it is loaded when a PDF is made.
"""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from aiops_pipelines.errors import ConfigurationError


def to_pdf(html: str) -> bytes:
    """Return the page as PDF/UA-1. The same HTML gives the same bytes.

    Raises:
        ConfigurationError: Pango is not installed.
    """
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except OSError as error:
        raise ConfigurationError(
            f"a PDF report needs the system library Pango ({error}); "
            "on Debian or Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 "
            "libharfbuzz-subset0; see also: aiops doctor"
        ) from error
    fetcher = URLFetcher(allowed_protocols={"data"}, fail_on_errors=True)
    document = HTML(string=html, url_fetcher=fetcher)
    pdf: bytes = document.write_pdf(
        finisher=_tell_scopes,
        pdf_variant="pdf/ua-1",
        pdf_identifier=hashlib.sha256(html.encode()).digest()[:16],
    )
    return pdf


def _tell_scopes(_: Any, pdf: Any) -> None:
    """Say of every header cell whether it heads a column or a row (ISO 14289-1, 7.5).

    WeasyPrint tags header cells without their scope. `pdf` is its pydyf document.
    """
    elements: dict[bytes, Any] = {each.reference: each for each in pdf.objects if _is_element(each)}
    for element in elements.values():
        if element["S"] == "/TH":
            group = elements[elements[element["P"]]["P"]]
            element["A"]["Scope"] = "/Column" if group["S"] == "/THead" else "/Row"


def _is_element(each: Any) -> bool:
    return isinstance(each, Mapping) and each.get("Type") == "/StructElem"


@cache
def font_face(file: str) -> str:
    """Return a font of the templates as data URI, so that a page's looks travel with it."""
    content = (files("aiops_pipelines") / "report_templates" / "fonts" / file).read_bytes()
    return f"data:font/otf;base64,{base64.b64encode(content).decode()}"
