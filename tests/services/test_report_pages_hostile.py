"""Names that try to break out, to turn the reading direction, to run over every edge."""

import io
from datetime import date

import pytest
from printed_page import beyond_the_margin, out_of_their_cells
from pypdf import PdfReader
from report_hospital import DAY, incident, nights, paper_lake, paper_portfolio
from weasyprint import HTML

from aiops_pipelines.reports import dashboard_pages, render_quarterly
from aiops_pipelines.reports.quarterly.gather import Quarter
from aiops_pipelines.reports.quarterly.report import quarterly_html

WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3
HOSTILE = f"<script>alert(1)</script>\u202e=HYPERLINK(0) {WORD}"
PERIOD = (date(2026, 1, 1), date(2026, 3, 31), date(2026, 3, 31))
BAD = [
    incident("INC-2026-0001", "no-show", "drift", DAY, summary=HOSTILE),
    incident("INC-2026-0002", "falls-risk", "bias", DAY, summary=f"@SUM(1)|{WORD}"),
]


@pytest.fixture(scope="module")
def portfolio():
    return paper_portfolio(
        ["no-show", "falls-risk"],
        name=HOSTILE,
        vendor={"name": HOSTILE, "contact": WORD},
        intended_use=WORD,
        population=HOSTILE,
    )


@pytest.fixture(scope="module")
def lake(portfolio, tmp_path_factory):
    return paper_lake(tmp_path_factory.mktemp("hostile"), portfolio, nights(2), "red")


@pytest.fixture(scope="module")
def printed(portfolio, lake):
    return HTML(string=quarterly_html(portfolio, lake, BAD, Quarter(*PERIOD))).render()


@pytest.mark.parametrize("width", [360, 1440])
def test_hostile_names_neither_run_nor_overflow_in_a_browser(
    browser, opened, portfolio, lake, tmp_path, width
):
    for name, page in dashboard_pages(portfolio, lake, BAD, DAY).items():
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page, encoding="utf-8")
    for file in sorted(tmp_path.glob("dashboard/*/*.html")):
        page = opened(browser, file, width)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        assert page.locator("script, img").count() == 0
        assert "\u202e" not in page.content()
        page.close()


def test_no_word_leaves_its_table_cell_with_no_data_or_all_red(printed, tmp_path):
    quiet = paper_portfolio(["no-show", "falls-risk"])
    empty = paper_lake(tmp_path, quiet, [])
    page = quarterly_html(quiet, empty, BAD, Quarter(*PERIOD))
    for document in (printed, HTML(string=page).render()):
        assert [text for page in document.pages for text in out_of_their_cells(page)] == []


def test_hostile_names_stay_within_the_margins_of_the_printed_report(printed):
    assert [text for page in printed.pages for text in beyond_the_margin(page)] == []


def test_hostile_names_are_plain_text_in_the_pdf(portfolio, lake):
    document = PdfReader(io.BytesIO(render_quarterly(portfolio, lake, BAD, *PERIOD)))
    text = " ".join(page.extract_text() for page in document.pages)
    assert "<script>alert(1)</script>" in text.replace("\n", "")
    assert "\u202e" not in text
    catalog = document.trailer["/Root"]
    assert "/OpenAction" not in catalog
    assert "/JavaScript" not in str(catalog.get("/Names", ""))
    actions = [
        note.get_object().get("/A", {}).get("/S")
        for page in document.pages
        for note in page.get("/Annots", [])
    ]
    assert set(actions) <= {None, "/GoTo"}
