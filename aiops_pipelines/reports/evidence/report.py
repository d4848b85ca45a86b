"""The evidence pack: one clause on one night, for the conversation with the vendor.

Reads the evidence ledger and the night's figures; hands on bytes that repeat for the same inputs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from aiops_pipelines.incidents import Incident
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Clause, Portfolio
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.evidence.alternatives import alternatives_section
from aiops_pipelines.reports.evidence.appendix import lineage_section, methods_section
from aiops_pipelines.reports.evidence.effect import effect_section
from aiops_pipelines.reports.evidence.finding import certainty, finding, headline
from aiops_pipelines.reports.evidence.gather import ClauseEvidence, gather
from aiops_pipelines.reports.evidence.measured import measured_section
from aiops_pipelines.reports.evidence.obligations import claims_section, remedy_section, requests
from aiops_pipelines.reports.evidence.terms import (
    clause_text,
    measured_title,
    terms_section,
    unit,
)
from aiops_pipelines.reports.pages import render
from aiops_pipelines.reports.pdf import font_face, to_pdf
from aiops_pipelines.reports.quarterly.layout import Section, Tile
from aiops_pipelines.reports.style import LOOKS, Look


@dataclass(frozen=True, slots=True)
class PackView:
    """The whole pack."""

    hospital: str
    vendor: str
    system: str
    contract: str
    clause: str
    night: date
    headline: str
    look: Look
    text: str
    details: tuple[str, ...]
    tiles: tuple[Tile, ...]
    requests: tuple[str, ...]
    sections: tuple[Section, ...]
    appendix: tuple[Section, ...]


def render_pack(
    portfolio: Portfolio,
    lake: Lake,
    system: str,
    clause: str,
    night: date,
    incidents: Sequence[Incident] = (),
) -> bytes:
    """Return the pack as a tagged PDF (PDF/UA-1); the same inputs give the same bytes.

    Raises:
        ConfigurationError: the system library Pango is missing.
        PortfolioError: no such system or clause.
        LakeError: the clause has not been evaluated up to that night.
    """
    return to_pdf(pack_html(gather(portfolio, lake, system, clause, night, incidents)))


def pack_html(pack: ClauseEvidence) -> str:
    """Return the pack as the HTML that is printed."""
    fonts = {"regular": font_face("inter-regular.otf"), "bold": font_face("inter-semibold.otf")}
    return render("evidence.html.j2", page=pack_view(pack), fonts=fonts)


def pack_view(pack: ClauseEvidence) -> PackView:
    """Return everything the pack says, before it is laid out."""
    return PackView(
        hospital=pack.hospital,
        vendor=pack.system.vendor.name,
        system=pack.system.name,
        contract=pack.contract.number,
        clause=pack.row.clause,
        night=pack.night,
        headline=headline(pack),
        look=LOOKS[pack.row.verdict],
        text=clause_text(pack),
        details=(finding(pack), " ".join(certainty(pack))),
        tiles=tuple(_tiles(pack)),
        requests=requests(pack),
        sections=(
            terms_section(pack),
            measured_section(pack),
            *_about_cases(pack),
            claims_section(pack),
            remedy_section(pack),
        ),
        appendix=(methods_section(pack), lineage_section(pack)),
    )


def _about_cases(pack: ClauseEvidence) -> Iterator[Section]:
    """Yield what only a clause on cases has: other explanations, and sites and subgroups."""
    if isinstance(pack.clause, Clause):
        yield alternatives_section(pack)
        yield effect_section(pack)


def _tiles(pack: ClauseEvidence) -> Iterator[Tile]:
    estimate = pack.row.estimate
    if pack.may_be_shown and estimate is not None:
        yield Tile(wording.number(estimate, unit(pack)), measured_title(pack))
    side = "most" if pack.row.maximum is not None else "least"
    bound = pack.row.maximum if pack.row.maximum is not None else pack.row.minimum
    if bound is not None:
        yield Tile(f"{bound:,.10g} {unit(pack)}".strip(), f"agreed, at {side}")
    if pack.row.breached_since is not None:
        yield Tile(_short(pack.row.breached_since), "in breach since the night of")
    owed = pack.entitlement
    if owed is not None and owed.credit.amount:
        yield Tile(f"{owed.credit.amount:,.0f} {owed.credit.currency}", "service credit")
    if owed is not None and owed.cure_by is not None:
        yield Tile(_short(pack.calendar.local_day(owed.cure_by)), "cure period ends")


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"
