"""The quarterly report on the AI portfolio: from the lake to a PDF for executives.

Reads the lake as known on a given day; hands on bytes that repeat for the same inputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from aiops_pipelines.delivery import Reissue
from aiops_pipelines.incidents import Incident
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area, Portfolio
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.morning import as_read
from aiops_pipelines.reports.pages import render
from aiops_pipelines.reports.pdf import font_face, to_pdf
from aiops_pipelines.reports.quarterly.appendix import lineage_section, methods_section
from aiops_pipelines.reports.quarterly.decisions import Decision, decisions
from aiops_pipelines.reports.quarterly.findings import (
    area_sections,
    status_section,
    verdict_picture,
)
from aiops_pipelines.reports.quarterly.gather import Quarter, SystemQuarter, gather, lineage
from aiops_pipelines.reports.quarterly.incidents import incidents_section
from aiops_pipelines.reports.quarterly.inventory import (
    changes_section,
    coverage_section,
    has_mature_labels,
    portfolio_section,
    reviews_section,
)
from aiops_pipelines.reports.quarterly.layout import Picture, Section, SystemSheet, Tile
from aiops_pipelines.reports.quarterly.obligations import (
    alarms_section,
    contracts_section,
    limits_section,
)
from aiops_pipelines.reports.quarterly.sheets import sheet
from aiops_pipelines.reports.quarterly.why import why_section
from aiops_pipelines.verdict import Verdict

ON_COVER = 6
ON_COVER_OF_A_REISSUE = 3
NAMED = 4


@dataclass(frozen=True, slots=True)
class QuarterlyView:
    """The whole report."""

    hospital: str
    quarter: Quarter
    reissue: Reissue | None
    period: str
    known: str
    headline: str
    details: tuple[str, ...]
    tiles: tuple[Tile, ...]
    verdicts: Picture
    decisions: tuple[Decision, ...]
    more_decisions: tuple[Decision, ...]
    sections: tuple[Section, ...]
    sheets: tuple[SystemSheet, ...]
    appendix: tuple[Section, ...]


def render_quarterly(
    portfolio: Portfolio,
    lake: Lake,
    incidents: Sequence[Incident],
    quarter_start: date,
    quarter_end: date,
    as_known_on: date,
    reissue: Reissue | None = None,
) -> bytes:
    """Return the report on the quarter as a tagged PDF (PDF/UA-1).

    Only what the lake knew at the end of `as_known_on` is used; the same inputs give the same
    bytes. `reissue` is told on the first page.

    Raises:
        ConfigurationError: the system library Pango is missing.
    """
    quarter = Quarter(quarter_start, quarter_end, as_known_on)
    return to_pdf(quarterly_html(portfolio, lake, incidents, quarter, reissue))


def quarterly_html(
    portfolio: Portfolio,
    lake: Lake,
    incidents: Sequence[Incident],
    quarter: Quarter,
    reissue: Reissue | None = None,
) -> str:
    """Return the report as the HTML that is printed."""
    view = quarterly_view(portfolio, lake, incidents, quarter, reissue)
    fonts = {"regular": font_face("inter-regular.otf"), "bold": font_face("inter-semibold.otf")}
    return render("quarterly.html.j2", page=view, fonts=fonts)


def quarterly_view(
    portfolio: Portfolio,
    lake: Lake,
    incidents: Sequence[Incident],
    quarter: Quarter,
    reissue: Reissue | None = None,
) -> QuarterlyView:
    """Return everything the report says, before it is laid out."""
    systems = gather(portfolio, lake, quarter)
    incidents = as_read(incidents, quarter.known_by, portfolio.hospital.zone)
    asked = tuple(decisions(quarter, systems))
    on_cover = ON_COVER if reissue is None else ON_COVER_OF_A_REISSUE
    names = {system.id: system.name for system in portfolio.systems}
    return QuarterlyView(
        hospital=portfolio.hospital.name,
        quarter=quarter,
        reissue=reissue,
        period=f"{wording.day_text(quarter.start)} to {wording.day_text(quarter.end)}",
        known=wording.day_text(quarter.known_by),
        headline=_headline(systems, quarter),
        details=_details(systems, quarter, len(asked)),
        tiles=_tiles(systems, incidents, quarter),
        verdicts=verdict_picture(systems),
        decisions=asked[:on_cover],
        more_decisions=asked[on_cover:],
        sections=(
            status_section(quarter, systems),
            why_section(lake, quarter, systems),
            portfolio_section(portfolio, quarter),
            coverage_section(quarter, systems),
            *area_sections(systems),
            contracts_section(quarter, systems, lake, portfolio.hospital.calendar, incidents),
            incidents_section(quarter, incidents, names),
            alarms_section(quarter, systems),
            changes_section(portfolio, quarter, systems),
            reviews_section(portfolio, quarter),
            limits_section(quarter, systems),
        ),
        sheets=tuple(sheet(lake, quarter, each) for each in systems),
        appendix=(
            methods_section(systems),
            lineage_section(quarter, lineage(lake, systems)),
        ),
    )


def _headline(systems: Sequence[SystemQuarter], quarter: Quarter) -> str:
    total = len(systems)
    if total == 0:
        return "No AI system is monitored."
    whole = f"{wording.number_word(total)} monitored AI systems"
    if total == 1:
        return _headline_of_one(systems[0], quarter)
    if all(each.nights == 0 for each in systems):
        return f"None of {whole} was evaluated in {quarter.name}: nothing can be said of them."
    grave = sorted(systems, key=lambda each: each.system.tier)
    breach = [each.system.name for each in grave if each.verdict is Verdict.BREACH]
    if not breach:
        return f"None of {whole} is in breach of a limit at the end of {quarter.name}."
    verb = "is" if len(breach) == 1 else "are"
    start = f"{wording.number_word(len(breach))} of {whole} {verb} in breach of a limit: "
    more = wording.number_word(len(breach) - NAMED)
    named = breach if len(breach) <= NAMED else [*breach[:NAMED], f"{more} more"]
    return start[0].upper() + start[1:] + wording.listed(named) + "."


def _headline_of_one(each: SystemQuarter, quarter: Quarter) -> str:
    start = f"The one monitored AI system, {each.system.name},"
    if each.nights == 0:
        return f"{start} was not evaluated in {quarter.name}: nothing can be said of it."
    verb = "is" if each.verdict is Verdict.BREACH else "is not"
    return f"{start} {verb} in breach of a limit at the end of {quarter.name}."


def _details(systems: Sequence[SystemQuarter], quarter: Quarter, asked: int) -> tuple[str, ...]:
    mature = sum(has_mature_labels(each) for each in systems)
    measured = f"Performance could be measured on mature labels for {mature} of {len(systems)}"
    blind = "; of the others this report cannot say whether they work."
    earlier = [
        each.system.name
        for each in systems
        if each.verdict is not Verdict.BREACH
        and any(area.count(Verdict.BREACH) for area in each.areas.values())
    ]
    past = f"In breach earlier in the quarter, not at its end: {wording.listed(earlier)}."
    early = f"The quarter is not over: this report ends with {wording.day_text(quarter.last)}."
    fewest = min((each.nights for each in systems), default=quarter.nights)
    thin = (
        f"Not every night was evaluated: of {quarter.nights}, only {fewest} for the least watched "
        "system. Calm means calm on those nights."
    )
    return (
        *((early,) if quarter.last < quarter.end else ()),
        *((past,) if earlier else ()),
        measured + (blind if mature < len(systems) else "."),
        *((thin,) if fewest < quarter.nights else ()),
        f"{wording.plural(asked, 'decision')} requested." if asked else "No decision is requested.",
    )


def _tiles(
    systems: Sequence[SystemQuarter], incidents: Sequence[Incident], quarter: Quarter
) -> tuple[Tile, ...]:
    clauses = [
        figure for each in systems for figure in each.areas[Area.SLA].figures if figure.clause
    ]
    broken = sum(figure.verdict is Verdict.BREACH for figure in clauses)
    opened = sum(quarter.start <= incident.opened <= quarter.last for incident in incidents)
    mature = sum(has_mature_labels(each) for each in systems)
    return (
        Tile(str(len(systems)), "systems monitored"),
        Tile(f"{mature} of {len(systems)}", "measured on mature labels"),
        Tile(str(sum(each.verdict is Verdict.BREACH for each in systems)), "systems in breach"),
        Tile(f"{broken} of {len(clauses)}", "contract terms in breach"),
        Tile(str(opened), "incidents opened"),
    )
