"""The evidence pack as a real PDF: tags, repeatable bytes, numbers read back, hostile names."""

import io
import re

import pytest
from contract_hospital import CLAUSE, contract
from evidence_packs import NIGHT, evaluated, filled
from pdfua import validate
from printed_page import beyond_the_margin, out_of_their_cells
from pypdf import PdfReader
from weasyprint import HTML

from aiops_pipelines.contracts.ledger import Ledger
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio.entry import Vendor
from aiops_pipelines.reports import render_pack
from aiops_pipelines.reports.evidence.gather import gather
from aiops_pipelines.reports.evidence.report import pack_html

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
HOSTILE = f"<script>alert(1)</script>\u202e=HYPERLINK(0) {LONG}"


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    terms = contract(number=HOSTILE, clauses=[CLAUSE | {"text": HOSTILE}])
    vendor = Vendor(name=HOSTILE, contact="desk")
    return filled(tmp_path_factory.mktemp("pdf"), contract=terms, vendor=vendor, name=HOSTILE)


@pytest.fixture(scope="module")
def portfolio(cases):
    return evaluated(cases)


@pytest.fixture(scope="module")
def pdf(cases, portfolio):
    return render_pack(portfolio, cases.lake, cases.system.id, "misses", NIGHT)


@pytest.fixture(scope="module")
def text(pdf):
    pages = PdfReader(io.BytesIO(pdf)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def test_the_same_inputs_give_the_same_bytes(cases, portfolio, pdf):
    fresh = Lake(cases.lake.root)
    assert render_pack(portfolio, fresh, cases.system.id, "misses", NIGHT) == pdf


def test_a_checker_of_pdf_ua_finds_nothing(pdf, tmp_path):
    """One rule of `pdfua` crashes on its own (order of headings)."""
    file = tmp_path / "pack.pdf"
    file.write_bytes(pdf)
    report = validate(str(file))
    assert [each for each in report.findings if each.rule_id != "UA-14-001"] == []


def test_numbers_read_back_equal_the_ledgers_row_and_its_blocks(cases, portfolio, text):
    row = Ledger(cases.lake, cases.system.id, "misses").find(NIGHT)
    assert row is not None
    assert f"Wilson {row.estimate:.3f} {row.low:.3f} to {row.high:.3f} {row.n:,}" in text
    period = f"{row.period_estimate:.3f} {row.sequence_low:.3f} to {row.sequence_high:.3f}"
    assert f"valid at every look {period} {row.trials_total:,}" in text
    pack = gather(portfolio, cases.lake, cases.system.id, "misses", NIGHT)
    assert pack.counted is not None and pack.counted.earlier
    for block in (*pack.counted.earlier, *pack.counted.blocks):
        cells = block.cells
        assert f"{block.last:%Y} {cells.events:,} {cells.others:,} {cells.trials:,}" in text
    assert pack.entitlement is not None and pack.entitlement.credit.working in text


def test_hostile_names_are_text_and_turn_nothing(text):
    assert "<script>alert(1)</script>" in text
    assert "\u202e" not in text


def test_hostile_words_stay_within_cells_and_margins(cases, portfolio):
    pack = gather(portfolio, cases.lake, cases.system.id, "misses", NIGHT)
    document = HTML(string=pack_html(pack)).render()
    for page in document.pages:
        assert list(out_of_their_cells(page)) == []
        assert list(beyond_the_margin(page)) == []
