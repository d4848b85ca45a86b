"""Sections on what is owed and unknown: clauses and credits, alarms, blind spots."""

from collections.abc import Sequence
from datetime import date

import pyarrow.compute as pc

from aiops_pipelines.clocks import BusinessCalendar
from aiops_pipelines.contracts.notice import CLAUSE as NOTICE
from aiops_pipelines.contracts.standing import Standing, standing_of
from aiops_pipelines.evaluation.portfolio_evidence import portfolio_evidence
from aiops_pipelines.evaluation.status import AreaStatus, SystemStatus
from aiops_pipelines.incidents import Incident
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.contract_view import ClauseView, clause_views, standing_text
from aiops_pipelines.reports.quarterly.gather import Quarter, SystemQuarter, attainment
from aiops_pipelines.reports.quarterly.inventory import has_mature_labels
from aiops_pipelines.reports.quarterly.layout import Cell, Section, Table
from aiops_pipelines.verdict import Verdict

AVERAGE_RUN_DAYS = 3652.5
"""Mean days to a false alarm of one stream exactly at its limit (methods.md, section 4)."""


def contracts_section(
    quarter: Quarter,
    systems: Sequence[SystemQuarter],
    lake: Lake,
    calendar: BusinessCalendar,
    incidents: Sequence[Incident] = (),
) -> Section:
    """Return every term with its attainment over the quarter and what its last breach brought."""
    rows: list[tuple[Cell, ...]] = []
    figures: list[tuple[Cell, ...]] = []
    points = []
    for each in systems:
        for view in clause_views(each.system, each.areas[Area.SLA].figures):
            breach = last_breach(each, view.id)
            owed = (
                None
                if breach is None
                else standing_of(lake, each.system, view.id, calendar, breach, incidents)
            )
            rows.append(_clause_row(each, view, _credit_text(view, breach, owed)))
            if view.figure is not None and not _without_change(view):
                shown = view.figure
                numbers = (shown.value, shown.bounds, shown.count, shown.limit)
                figures.append((each.system.name, view.id, *numbers))
            if breach is not None:
                points.append(_breach_text(each, view, breach, owed))
    return Section(
        id="contracts",
        title="Contracts: service levels and credits",
        paragraphs=(
            "Attainment counts the nights on which the term was judged and not in breach. Too "
            "little data is not attainment: such nights are left out of both numbers. A credit is "
            "that of one fee period, as the evidence ledger stood on the last night in breach. "
            "The second table leaves out the duty of notice where no new version came.",
        ),
        tables=(
            Table(
                f"Every clause, service level, claim and duty of notice, {quarter.name}",
                ("System", "Term", "Nights kept", "Credit", "Verdict"),
                tuple(rows),
                frozenset({2, 3}),
                ("32%", "26%", "13%", "15%", "14%"),
                empty="No contract has a measurable term.",
            ),
            Table(
                "Their figures on the last evaluated night",
                ("System", "Term", "Value", "95% interval", "n", "Limit"),
                tuple(figures),
                frozenset({2, 4}),
                ("26%", "23%", "12%", "16%", "10%", "13%"),
                empty="No term was evaluated.",
            ),
        ),
        points=tuple(points),
    )


def _without_change(view: ClauseView) -> bool:
    """Return whether it is the duty of notice, and no version came that it could be judged by."""
    return view.id == NOTICE and view.figure is not None and view.figure.count == "0"


def _clause_row(each: SystemQuarter, view: ClauseView, credit: str) -> tuple[Cell, ...]:
    kept, judged = attainment(each.tables[Area.SLA], view.id)
    return (
        each.system.name,
        view.id,
        f"{kept} of {judged}" if judged else "none judged",
        credit,
        view.look,
    )


def _credit_text(view: ClauseView, breach: date | None, standing: Standing | None) -> str:
    if not view.remediable:
        return "no remedy"
    if breach is None:
        return "none"
    if standing is None:
        return "not in the ledger"
    owed = standing.entitlement
    if owed is None or not owed.credit.amount:
        return "none"
    return f"{owed.credit.amount:,.2f} {owed.credit.currency}"


def _breach_text(
    each: SystemQuarter, view: ClauseView, breach: date, standing: Standing | None
) -> str:
    said = standing_text(standing) if standing else "the evidence ledger has no row of that night"
    if not view.remediable:
        said = view.remedy
    return (
        f"{each.system.name}, {view.id}: “{view.text}” At the quarter's end: {view.reason}. "
        f"On {wording.day_text(breach)}, the last night in breach: {said or view.remedy}."
    )


def last_breach(each: SystemQuarter, term: str) -> date | None:
    """Return the last night of the quarter on which the term was in breach."""
    table = each.tables[Area.SLA]
    rows = table.filter(
        pc.and_(pc.equal(table["clause"], term), pc.equal(table["verdict"], Verdict.BREACH.value))
    )
    return max(rows["day"].to_pylist(), default=None)


def evidence_sentence(systems: Sequence[SystemQuarter]) -> str:
    """Return which streams stand portfolio-wide on the last evaluated night of each area."""
    statuses = [
        SystemStatus(
            each.system,
            each.last,
            {
                name: AreaStatus(name, area.verdict, "", area.figures)
                for name, area in each.areas.items()
            },
        )
        for each in systems
        if each.last is not None
    ]
    return f"At the end of the quarter: {portfolio_evidence(statuses).sentence}."


def alarms_section(quarter: Quarter, systems: Sequence[SystemQuarter]) -> Section:
    """Return alarms raised beside the false alarms to expect if every system were at its limit."""
    rows: list[tuple[Cell, ...]] = []
    streams = alarms = 0
    expected = 0.0
    for each in systems:
        own_streams, own_alarms = sequential_alarms(each)
        streams, alarms = streams + own_streams, alarms + own_alarms
        bound = own_streams * quarter.nights / AVERAGE_RUN_DAYS
        expected += bound
        rows.append((each.system.name, str(own_streams), str(own_alarms), f"{bound:.2f}"))
    rows.append(("All systems", str(streams), str(alarms), f"{expected:.2f}"))
    return Section(
        id="alarms",
        title="Alarms against expected false alarms",
        paragraphs=(
            "A stream is one figure under sequential watch. If every stream stood exactly at its "
            f"limit, about {expected:.1f} false alarms would be expected in the quarter's "
            f"{quarter.nights} days; streams better than their limit raise fewer. Alarms well "
            "above that number are not chance. An alarm that stood already on the first evaluated "
            "night counts here.",
            evidence_sentence(systems),
        ),
        tables=(
            Table(
                f"Streams under sequential watch, {quarter.name}",
                ("System", "Streams", "Alarms", "False alarms to expect, at most"),
                tuple(rows),
                frozenset({1, 2, 3}),
                ("40%", "15%", "15%", "30%"),
            ),
        ),
    )


def sequential_alarms(each: SystemQuarter) -> tuple[int, int]:
    """Return the number of streams with sequential evidence, and of their alarms.

    An alarm is a night in breach after one that was not, or the first night of all.
    """
    names = ["metric", "operating_point", "feature", "clause", "stratum", "estimand"]
    streams: dict[tuple[str | None, ...], bool] = {}
    alarms = 0
    for table in each.tables.values():
        sequential = table.filter(table["log_e_value"].is_valid()).sort_by("day")
        for row in sequential.select([*names, "day", "verdict"]).to_pylist():
            key = tuple(row[name] for name in names)
            breach = row["verdict"] == Verdict.BREACH
            alarms += breach and not streams.get(key, False)
            streams[key] = breach
    return len(streams), alarms


def limits_section(quarter: Quarter, systems: Sequence[SystemQuarter]) -> Section:
    """Return what this report cannot tell, system by system where it matters."""
    points = []
    unseen = [each.system.name for each in systems if each.nights == 0]
    if unseen:
        points.append(f"Nothing at all about {wording.listed(unseen)}: no night was evaluated.")
    partly = [each for each in systems if 0 < each.nights < quarter.nights]
    if partly:
        fewest = min(each.nights for each in partly)
        most = max(each.nights for each in partly)
        span = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        points.append(
            f"What happened on nights that were not evaluated: of {quarter.nights} nights, {span} "
            f"were evaluated for {wording.plural(len(partly), 'system')} (see Coverage)."
        )
    blind = [each.system.name for each in systems if each.nights and not has_mature_labels(each)]
    if blind:
        points.append(
            f"How well {wording.listed(blind)} performed: too few mature labels, or none measured."
        )
    partial = [each.system.name for each in systems if each.system.truth.scheme == "partial"]
    if partial:
        points.append(
            f"How many cases {wording.listed(partial)} missed, except through the audited sample "
            "of unflagged cases; its intervals are wide for that reason."
        )
    points += [
        "Whether outcomes for patients improved or worsened: outputs are compared with labels, "
        "not with what clinicians did because of them.",
        "Estimated figures cannot see a change in how the output relates to the truth.",
        "Labels that are wrong at their source look like errors of the system.",
        "Subgroups that the feeds do not name, and subgroups of fewer than 11 cases.",
        "How a figure compares with another hospital's: populations differ.",
    ]
    return Section(
        id="limits",
        title="What we cannot tell",
        paragraphs=("An honest report says what it does not know.",),
        points=tuple(points),
    )
