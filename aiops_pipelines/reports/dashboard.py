"""The morning dashboard: what a manager reads at 7 a.m. about the night's verdicts.

Takes the status of every monitored system on a day; hands on one self-contained HTML page: the
answer in a sentence, then a row a system, those that need somebody first.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum

from markupsafe import Markup

from aiops_pipelines.evaluation.figure import ESTIMATED, MEASURED, Figure
from aiops_pipelines.evaluation.portfolio_evidence import portfolio_evidence
from aiops_pipelines.evaluation.status import SystemStatus, portfolio_status, system_status
from aiops_pipelines.incidents import Incident, Restriction
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area, Portfolio, System
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.charts import sparkline
from aiops_pipelines.reports.history import FigureKey, figures_of_nights, trends
from aiops_pipelines.reports.index_page import tally_of
from aiops_pipelines.reports.links import Links
from aiops_pipelines.reports.pages import render
from aiops_pipelines.reports.prose import prose
from aiops_pipelines.reports.style import LOOKS, Look
from aiops_pipelines.reports.view import (
    TIER_WORDS,
    AreaView,
    FigureView,
    IncidentView,
    RestrictionView,
    area_view,
    figure_view,
    incident_views,
    main_figure,
    restriction_views,
)
from aiops_pipelines.verdict import Verdict

SPARKLINE_DAYS = 28
AREAS_NAMED = 2
NAMED = 3


class Group(Enum):
    """The order of the page: who needs somebody, who may soon, who can't be judged, who is well."""

    NEED = "Need you today"
    WATCH = "Worth watching"
    UNKNOWN = "Cannot be judged in every area"
    FINE = "Running within limits"


@dataclass(frozen=True, slots=True)
class SystemRow:
    """One system's row."""

    id: str
    name: str
    href: str
    facts: tuple[str, ...]
    group: Group
    look: Look
    why: tuple[str, ...]
    areas: tuple[AreaView, ...]
    evaluated: bool
    main: FigureView | None
    estimated: FigureView | None
    spark: Markup
    changes: tuple[str, ...]
    incidents: tuple[IncidentView, ...]
    restrictions: tuple[RestrictionView, ...]
    silent: tuple[str, ...]
    dagster: str


@dataclass(frozen=True, slots=True)
class DashboardView:
    """The whole page."""

    hospital: str
    day: date
    morning: date
    headline: str
    details: tuple[str, ...]
    groups: tuple[tuple[str, tuple[SystemRow, ...]], ...]
    silent: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]
    tally: tuple[tuple[Look, int], ...]
    index: str


def render_dashboard(
    portfolio: Portfolio,
    lake: Lake,
    incidents: Sequence[Incident],
    day: date,
    links: Links,
    restrictions: Sequence[Restriction] = (),
) -> str:
    """Return the dashboard of `day` as one self-contained HTML page.

    `incidents` and `restrictions` are those of when the page is made. The page is read on the
    morning after `day`; clocks are told for 7 a.m. then, in the hospital's time zone.
    """
    view = dashboard_view(portfolio, lake, incidents, day, links, restrictions)
    return render("dashboard.html.j2", page=view)


def dashboard_view(
    portfolio: Portfolio,
    lake: Lake,
    incidents: Sequence[Incident],
    day: date,
    links: Links,
    restrictions: Sequence[Restriction] = (),
) -> DashboardView:
    """Return everything the page says, before it is laid out."""
    statuses = portfolio_status(portfolio, lake, day)
    statuses = sorted(statuses, key=lambda status: (status.system.tier, status.system.name))
    rows = [_row(portfolio, lake, status, incidents, links, restrictions) for status in statuses]
    groups = tuple(
        (group.value, members)
        for group in Group
        if (members := tuple(row for row in rows if row.group is group))
    )
    evaluated = sum(_evaluated(status) for status in statuses)
    return DashboardView(
        hospital=portfolio.hospital.name,
        day=day,
        morning=day + timedelta(days=1),
        headline=_headline(rows, evaluated),
        details=(*_details(rows, evaluated), *_evidence(statuses)),
        groups=groups,
        silent=tuple((row.name, reason) for row in rows for reason in row.silent),
        problems=portfolio.problems,
        tally=tuple((LOOKS[verdict], count) for verdict, count in tally_of(statuses).items()),
        index=links.index,
    )


def _row(
    portfolio: Portfolio,
    lake: Lake,
    status: SystemStatus,
    incidents: Sequence[Incident],
    links: Links,
    restrictions: Sequence[Restriction],
) -> SystemRow:
    system, day = status.system, status.day
    areas = tuple(area_view(area, system) for area in status.areas.values())
    main = main_figure(status.areas[Area.PERFORMANCE].figures)
    own = incident_views(incidents, system.id, day, portfolio.hospital.zone, links)
    why = _why(status, areas)
    silent = tuple(
        prose(figure.reason, system)
        for figure in status.areas[Area.INTEGRITY].figures
        if figure.n == 0 and figure.verdict.gravity >= Verdict.WARN.gravity
    )
    return SystemRow(
        id=system.id,
        name=system.name,
        href=links.system_page(system.id),
        facts=_facts(system, day),
        group=_group(status, own),
        look=LOOKS[status.verdict],
        why=why,
        areas=areas,
        evaluated=_evaluated(status),
        main=figure_view(main, system) if main else None,
        estimated=_estimated(status, main),
        spark=_spark(lake, system, main, day),
        changes=_changes(lake, status),
        incidents=_short(own, areas),
        restrictions=restriction_views(restrictions, system.id, day, portfolio.hospital.zone),
        silent=silent,
        dagster=links.asset("performance", day, system.id),
    )


def _estimated(status: SystemStatus, main: Figure | None) -> FigureView | None:
    """Return what scores alone lead to expect of the main figure where labels have not come."""
    if main is None or main.estimand != MEASURED:
        return None
    name = (main.metric, main.operating_point, main.stratum)
    for figure in status.areas[Area.PERFORMANCE].figures:
        same = (figure.metric, figure.operating_point, figure.stratum) == name
        if same and figure.estimand == ESTIMATED and figure.estimate is not None:
            return figure_view(figure, status.system)
    return None


def _facts(system: System, day: date) -> tuple[str, ...]:
    version = system.version_on(day)
    return (
        system.lifecycle.stage.value,
        TIER_WORDS[system.tier],
        f"version {version}" if version else "no version in use yet",
    )


def _evaluated(status: SystemStatus) -> bool:
    return any(area.figures for area in status.areas.values())


def _group(status: SystemStatus, incidents: Sequence[IncidentView]) -> Group:
    overdue = any(incident.overdue for incident in incidents)
    if status.verdict is Verdict.BREACH or overdue or not _evaluated(status):
        return Group.NEED
    if status.verdict is Verdict.WARN:
        return Group.WATCH
    return Group.FINE if status.verdict is Verdict.OK else Group.UNKNOWN


def _why(status: SystemStatus, areas: Sequence[AreaView]) -> tuple[str, ...]:
    """Return the reasons of the areas that are not well, the gravest first; all that say it."""
    if not _evaluated(status):
        return ("The night's evaluation is missing: nothing is known about this system.",)
    verdicts = {area.area: status.areas[area.area].verdict for area in areas}
    off = [area for area in areas if verdicts[area.area] is not Verdict.OK]
    off.sort(key=lambda area: -verdicts[area.area].gravity)
    return tuple(f"{area.name}: {area.reason}" for area in off)


def _short(
    incidents: Sequence[IncidentView], areas: Sequence[AreaView]
) -> tuple[IncidentView, ...]:
    """Return the incidents by their area alone where tonight's words on it stand just above.

    What was found when the incident was opened is on the system's page. Two of the same area keep
    their words, by which they are told apart.
    """
    off = {
        area.area.value
        for area in areas
        if area.look in (LOOKS[Verdict.WARN], LOOKS[Verdict.BREACH])
    }
    counts = Counter(incident.area for incident in incidents)
    return tuple(
        replace(each, summary=each.area) if each.area in off and counts[each.area] == 1 else each
        for each in incidents
    )


def _spark(lake: Lake, system: System, main: Figure | None, day: date) -> Markup:
    if main is None:
        return Markup("")
    key = FigureKey.of(main)
    start = day - timedelta(days=SPARKLINE_DAYS - 1)
    nights = figures_of_nights(lake, Area.PERFORMANCE, system.id, start, day)
    points = [point for point in trends(nights, [key])[key].points if not point.suppressed]
    values = [point.estimate for point in points if point.estimate is not None]
    if len(values) < 2:
        return Markup("")
    name = wording.metric_title(key.metric)
    alt = (
        f"{name} over {len(values)} nights: from {wording.number(values[0])} to "
        f"{wording.number(values[-1])}, lowest {wording.number(min(values))}, highest "
        f"{wording.number(max(values))}."
    )
    return sparkline(points, alt)


def _changes(lake: Lake, status: SystemStatus) -> tuple[str, ...]:
    """Return what is different from the night before: verdicts by area, and the version."""
    system, day = status.system, status.day
    before = system_status(system, lake, day - timedelta(days=1))
    changes = []
    version, old = system.version_on(day), system.version_on(day - timedelta(days=1))
    if version != old:
        changes.append(f"version {old or 'none'} → {version or 'none'}")
    if not _evaluated(before):
        return (*changes, "no evaluation the night before to compare with")
    for area, now in status.areas.items():
        was = before.areas[area].verdict
        if was is not now.verdict:
            changes.append(f"{area.value}: {was.value} → {now.verdict.value}")
    return tuple(changes) or ("no verdict changed",)


def _headline(rows: Sequence[SystemRow], evaluated: int) -> str:
    total = len(rows)
    if total == 0:
        return "No system is monitored: the portfolio holds none in pilot, live or restricted use."
    whole = f"{wording.number_word(total)} system{'s' if total > 1 else ''}"
    if evaluated == 0:
        return f"No answer today: none of {whole} was evaluated for this night."
    need = [row for row in rows if row.group is Group.NEED]
    if need:
        verb = "needs" if len(need) == 1 else "need"
        share = f"{wording.number_word(len(need))} of {whole}"
        start = f"{share if len(need) < total or total == 1 else f'all {whole}'} {verb} you today: "
        named = [_blame(row, len(need) > NAMED) for row in need[:NAMED]]
        if len(need) > NAMED:
            named.append(f"{wording.number_word(len(need) - NAMED)} more")
        return start[0].upper() + start[1:] + wording.listed(named) + "."
    if all(row.group is Group.FINE for row in rows):
        return f"All {whole} ran within their limits last night."
    return f"None of {whole} needs you today."


def _blame(row: SystemRow, short: bool) -> str:
    """Return the system's name with what is wrong: "Sepsis early warning (drift, SLA)"."""
    areas = [area.area.value for area in row.areas if area.look is LOOKS[Verdict.BREACH]]
    if short and len(areas) > AREAS_NAMED:
        return f"{row.name} ({wording.number_word(len(areas))} areas)"
    if areas:
        return f"{row.name} ({wording.listed(areas)})"
    overdue = any(incident.overdue for incident in row.incidents)
    return f"{row.name} ({'incident overdue' if overdue else 'not evaluated'})"


def _evidence(statuses: Sequence[SystemStatus]) -> tuple[str, ...]:
    found = portfolio_evidence(statuses)
    return (f"{found.sentence[0].upper()}{found.sentence[1:]}.",) if found.streams else ()


def _details(rows: Sequence[SystemRow], evaluated: int) -> tuple[str, ...]:
    details = []
    if rows and not evaluated:
        details.append(
            "Nothing is known, and that is no pass. Where nights have run before, Dagster shows "
            "which step failed; on the first morning start with: aiops run --day YYYY-MM-DD."
        )
    groups: Mapping[Group, int] = {g: sum(row.group is g for row in rows) for g in Group}
    if groups[Group.WATCH]:
        details.append(f"{wording.plural(groups[Group.WATCH], 'system')} worth watching.")
    if groups[Group.UNKNOWN]:
        details.append(
            f"{wording.plural(groups[Group.UNKNOWN], 'system')} cannot be judged in every area "
            "for want of data: that is not a pass."
        )
    if 0 < evaluated < len(rows):
        missing = len(rows) - evaluated
        details.append(f"{wording.plural(missing, 'system')} not evaluated for this night.")
    overdue = sum(incident.overdue for row in rows for incident in row.incidents)
    total = sum(len(row.incidents) for row in rows)
    if total:
        late = f", {overdue} overdue" if overdue else ""
        details.append(f"{wording.plural(total, 'open incident')}{late}.")
    return tuple(details)
