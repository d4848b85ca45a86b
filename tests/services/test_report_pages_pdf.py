"""The quarterly report as a real PDF: tags, bookmarks, repeatable bytes, numbers read back."""

import io
import re
from datetime import date

import pytest
from pdfua import validate
from pypdf import PdfReader
from report_hospital import DAY, nights, paper_incidents, paper_lake, paper_portfolio

from aiops_pipelines.contracts.standing import standing_of
from aiops_pipelines.evaluation.status import TABLES, latest_figures
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area
from aiops_pipelines.reports import render_quarterly

PERIOD = (date(2026, 1, 1), date(2026, 3, 31), date(2026, 3, 31))


@pytest.fixture(scope="module")
def portfolio():
    return paper_portfolio()


@pytest.fixture(scope="module")
def lake(portfolio, tmp_path_factory):
    return paper_lake(tmp_path_factory.mktemp("pdf"), portfolio, nights(3))


@pytest.fixture(scope="module")
def pdf(portfolio, lake):
    return render_quarterly(portfolio, lake, paper_incidents(), *PERIOD)


@pytest.fixture(scope="module")
def document(pdf):
    return PdfReader(io.BytesIO(pdf))


@pytest.fixture(scope="module")
def text(document):
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in document.pages))


def tags(node, kind):
    """Yield the structure elements of a kind below `node`."""
    node = node.get_object()
    if isinstance(node, list):
        for child in node:
            yield from tags(child, kind)
    elif isinstance(node, dict):
        if node.get("/S") == kind:
            yield node
        if "/K" in node:
            yield from tags(node["/K"], kind)


def test_the_pdf_declares_what_pdf_ua_asks_for(document):
    catalog = document.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "en"
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"<pdfuaid:part>1" in document.xmp_metadata.stream.get_data() or (
        b'pdfuaid:part="1"' in document.xmp_metadata.stream.get_data()
    )
    assert document.metadata.title == "AI portfolio report Q1 2026, Lakeside University Hospital"
    assert all("/StructParents" in page and page["/Tabs"] == "/S" for page in document.pages)


def test_every_picture_has_its_text_and_every_table_its_headers(document):
    root = document.trailer["/Root"]["/StructTreeRoot"]
    pictures = list(tags(root["/K"], "/Figure"))
    assert len(pictures) == 25
    assert all(picture["/Alt"] for picture in pictures)
    assert all(list(tags(table, "/TH")) for table in tags(root["/K"], "/Table"))


def test_a_checker_of_pdf_ua_finds_nothing(pdf, tmp_path):
    """One rule of `pdfua` crashes on its own (order of headings); it is tested on the HTML."""
    file = tmp_path / "report.pdf"
    file.write_bytes(pdf)
    report = validate(str(file))
    assert {outcome.rule_id for outcome in report.skipped} <= {"UA-14-001"}
    assert [finding for finding in report.findings if finding.rule_id not in {"UA-14-001"}] == []


def test_header_cells_head_columns_or_rows(document):
    root = document.trailer["/Root"]["/StructTreeRoot"]
    scopes = [cell["/A"]["/Scope"] for cell in tags(root["/K"], "/TH")]
    assert set(scopes) == {"/Column", "/Row"}


def test_every_font_is_embedded(document):
    for page in document.pages:
        for font in page["/Resources"]["/Font"].values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(inner.get_object())


def bookmarks(outline):
    for item in outline:
        yield from bookmarks(item) if isinstance(item, list) else [item.title]


def test_contents_and_bookmarks_lead_to_every_part(document, text):
    marks = set(bookmarks(document.outline))
    for title in ("Where every system stands", "What we cannot tell", "System by system"):
        assert title in text
        assert title in marks


def test_the_same_inputs_give_the_same_bytes(lake):
    some = paper_portfolio(["lung-nodule-ct", "length-of-stay"])
    first = render_quarterly(some, lake, paper_incidents(), *PERIOD)
    assert render_quarterly(some, Lake(lake.root), paper_incidents(), *PERIOD) == first


NUMBER = r"(\N{MINUS SIGN}?[\d,]+(?:\.\d+)?)"
UNIT = r"(?: days)?"
ROW = re.compile(rf"{NUMBER}{UNIT} {NUMBER} to {NUMBER}{UNIT} ([\d,]+) ")
IN_100 = re.compile(r"(\d+) (?:times in 100 )?\(95% interval (\d+) to (\d+)\)")


def same(printed, value):
    """Return whether a printed number is the value to the decimals that are printed."""
    decimals = len(printed.partition(".")[2])
    plain = printed.replace("\N{MINUS SIGN}", "-").replace(",", "")
    return value is not None and abs(float(plain) - value) <= 0.5001 * 10**-decimals


@pytest.fixture(scope="module")
def rows(portfolio, lake):
    """Give the last night's rows as they lie in the lake, without what may not be shown."""
    return [
        row
        for system in portfolio.monitored
        for table in TABLES.values()
        if lake.find(table, system.id, DAY) is not None
        for row in lake.read(table, system.id, DAY).to_pylist()
        if not row["suppressed"] and not 0 < row["n"] < 11
    ]


def test_every_value_interval_and_n_in_the_pdf_is_a_row_of_the_lake(text, rows):
    found = ROW.findall(text)
    assert len(found) > 100
    for value, low, high, n in found:
        assert any(
            row["n"] == int(n.replace(",", ""))
            and same(value, row["estimate"])
            and same(low, row["low"])
            and same(high, row["high"])
            for row in rows
        ), (value, low, high, n)


def test_every_share_in_words_is_a_row_of_the_lake(text, rows):
    found = IN_100.findall(text)
    assert len(found) >= 8
    for share, low, high in found:
        assert any(
            row["low"] is not None
            and all(
                same(printed, 100 * row[name])
                for name, printed in (("estimate", share), ("low", low), ("high", high))
            )
            for row in rows
        ), (share, low, high)


def test_no_figure_that_a_limit_or_a_clause_judges_is_missing(rows, text):
    every = ROW.findall(text)
    for row in rows:
        judged = row["minimum"] is not None or row["maximum"] is not None
        if row["area"] in ("performance", "SLA") and judged and row["estimate"] is not None:
            assert any(
                same(value, row["estimate"]) and same(low, row["low"]) and same(high, row["high"])
                for value, low, high, _ in every
            ), (row["system"], row["metric"])


def test_the_report_has_no_page_without_its_number_and_its_head(document):
    total = len(document.pages)
    for place, page in enumerate(document.pages, start=1):
        words = page.extract_text()
        assert f"{place} of {total}" in words
        assert "Lakeside University Hospital" in words


def test_terms_credits_and_incidents_read_back_equal_their_records(portfolio, lake, text):
    calendar = portfolio.hospital.calendar
    owed = 0
    for system in portfolio.monitored:
        for figure in latest_figures(lake, Area.SLA, system.id, DAY):
            digits, unit = (2, " days") if figure.metric == "mae" else (3, "")
            interval = f"{figure.low:.{digits}f} to {figure.high:.{digits}f}{unit}"
            value = f"{figure.estimate:.{digits}f}{unit}"
            assert f"{figure.clause} {value} {interval} {figure.n:,}" in text, system.id
        standing = standing_of(lake, system, "clause-1", calendar, DAY)
        assert standing is not None
        if standing.entitlement is not None:
            owed += 1
            credit = standing.entitlement.credit
            assert f"{credit.amount:,.2f} {credit.currency} ■" in text
            assert standing.entitlement.working[:60] in text
    assert owed
    for each in paper_incidents():
        if each.status != "closed":
            assert each.id in text
            assert f"{each.opened:%d %b}" in text
