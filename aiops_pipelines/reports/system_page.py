"""The page of one system on one day: why it has its verdicts, and how it came there.

Trends over 90 days with intervals, limits and version changes, subgroups, drift ranking, contract
and incidents; the page behind a row of the morning dashboard.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from markupsafe import Markup

from aiops_pipelines.contracts.standing import standings
from aiops_pipelines.evaluation.explanation import latest_explanations
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.label_delay import HORIZONS
from aiops_pipelines.evaluation.status import SystemStatus, system_status
from aiops_pipelines.evaluation.subgroups import furthest_pairs, latest_subgroups
from aiops_pipelines.incidents import Incident, Restriction
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import Area, Portfolio, System
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.bar_charts import Bar, forest_chart, ranking_chart
from aiops_pipelines.reports.contract_view import ClauseView, clause_views
from aiops_pipelines.reports.labels_view import LabelDay, label_days
from aiops_pipelines.reports.links import Links
from aiops_pipelines.reports.pages import render
from aiops_pipelines.reports.reliability import ReliabilityView, reliability_view
from aiops_pipelines.reports.style import LOOKS, Look
from aiops_pipelines.reports.trend_view import TrendView, draw_trends, pick_trends
from aiops_pipelines.reports.view import (
    TIER_WORDS,
    AreaView,
    FigureView,
    IncidentView,
    RestrictionView,
    area_view,
    figure_view,
    incident_views,
    restriction_views,
)
from aiops_pipelines.reports.why_view import WhyView, why_views

TREND_DAYS = 90
TRENDS = 8
RANKED = 12
DRAWN = 20
PAIRS = 6
LABEL_METRICS = frozenset(
    {"labels_of_due_day", *(f"labels_within_{n}_day{'s' * (n > 1)}" for n in HORIZONS)}
)


@dataclass(frozen=True, slots=True)
class SubgroupView:
    """One metric across subgroups: the drawing, and the table with what may be shown."""

    title: str
    svg: Markup
    alt: str
    figures: tuple[FigureView, ...]
    drawn: int
    withheld: int


@dataclass(frozen=True, slots=True)
class SystemPageView:
    """The whole page."""

    name: str
    hospital: str
    day: date
    look: Look
    sentence: str
    facts: tuple[tuple[str, str], ...]
    areas: tuple[AreaView, ...]
    trends: tuple[TrendView, ...]
    subgroups: tuple[SubgroupView, ...]
    drift: Markup
    drift_figures: tuple[FigureView, ...]
    clauses: tuple[ClauseView, ...]
    contract: str
    incidents: tuple[IncidentView, ...]
    restrictions: tuple[RestrictionView, ...]
    reliability: ReliabilityView | None
    why: tuple[WhyView, ...]
    labels: tuple[LabelDay, ...]
    label_figures: tuple[FigureView, ...]
    pairs: tuple[FigureView, ...]
    figures: tuple[tuple[str, tuple[FigureView, ...]], ...]
    dagster: str
    dashboard: str


def render_system_page(
    portfolio: Portfolio,
    lake: Lake,
    incidents: Sequence[Incident],
    system_id: str,
    day: date,
    links: Links,
    restrictions: Sequence[Restriction] = (),
) -> str:
    """Return one system's page of `day` as self-contained HTML."""
    system = portfolio.system(system_id)
    status = system_status(system, lake, day)
    page = _page(portfolio, lake, incidents, status, links, restrictions)
    return render("system.html.j2", page=page)


def _page(
    portfolio: Portfolio,
    lake: Lake,
    incidents: Sequence[Incident],
    status: SystemStatus,
    links: Links,
    restrictions: Sequence[Restriction],
) -> SystemPageView:
    system, day = status.system, status.day
    every = [figure for area in status.areas.values() for figure in area.figures]
    why = latest_explanations(lake, system.id, day)
    pairs = furthest_pairs(latest_subgroups(lake, system.id, day), PAIRS)
    integrity = status.areas[Area.INTEGRITY]
    drift = drift_ranking(status.areas[Area.DRIFT].figures)
    return SystemPageView(
        name=system.name,
        hospital=portfolio.hospital.name,
        day=day,
        look=LOOKS[status.verdict],
        sentence=_sentence(status),
        facts=_facts(system, day),
        areas=tuple(area_view(area, system) for area in status.areas.values()),
        trends=draw_trends(
            lake,
            system,
            pick_trends(every, TRENDS),
            day - timedelta(days=TREND_DAYS - 1),
            day,
            why=why,
        ),
        subgroups=subgroup_views(system, every),
        drift=drift_chart(system, drift),
        drift_figures=tuple(figure_view(figure, system) for figure in drift),
        clauses=clause_views(
            system,
            (*status.areas[Area.SLA].figures, *status.areas[Area.SLA].background),
            list(standings(lake, system, portfolio.hospital.calendar, day, incidents)),
        ),
        contract=_contract(system, day),
        incidents=incident_views(incidents, system.id, day, portfolio.hospital.zone, links),
        restrictions=restriction_views(restrictions, system.id, day, portfolio.hospital.zone),
        reliability=reliability_view(lake, system, day),
        why=why_views(why),
        labels=label_days(lake, system, day),
        label_figures=_views(
            [f for f in (*integrity.background, *integrity.figures) if f.metric in LABEL_METRICS],
            system,
        ),
        pairs=tuple(_without_n(pair, system) for pair in pairs),
        figures=tuple(
            (area_view(area, system).name, _views((*area.figures, *area.background), system))
            for area in status.areas.values()
            if area.figures
        ),
        dagster=links.asset("performance", day, system.id),
        dashboard=links.dashboard(),
    )


def _without_n(figure: Figure, system: System) -> FigureView:
    """Return a pair's figure without its n, so that no small cell can be worked out."""
    return replace(figure_view(figure, system), n="", count="not shown", maturity="")


def _views(figures: Sequence[Figure], system: System) -> tuple[FigureView, ...]:
    return tuple(figure_view(figure, system) for figure in figures)


def _sentence(status: SystemStatus) -> str:
    off = [area.area.value for area in status.areas.values() if area.verdict is status.verdict]
    return f"{wording.listed(off)}" if status.verdict.gravity else "every area within its limits"


def _facts(system: System, day: date) -> tuple[tuple[str, str], ...]:
    return (
        ("Predicts", system.output.predicts),
        ("Vendor", f"{system.vendor.name}, {system.vendor.contact}"),
        ("Version", system.version_on(day) or "none in use yet"),
        ("Stage", f"{system.lifecycle.stage.value} since {_day(system.lifecycle.go_live)}"),
        ("Risk", TIER_WORDS[system.tier]),
        ("Intended use", system.intended_use),
        ("Population", system.population),
        ("Clinical owner", system.owners.clinical),
        ("Technical owner", system.owners.technical),
        ("Truth", f"{system.truth.truth} ({system.truth.scheme} verification)"),
        ("Next review", _day(system.lifecycle.next_review)),
    )


def _day(day: date) -> str:
    return wording.day_text(day)


def _contract(system: System, day: date) -> str:
    contract = system.contract
    if contract is None:
        return "No contract with measurable clauses is on record."
    left = (contract.end - day).days
    ends = f"ends in {wording.plural(left, 'day')}" if left > 0 else "has ended"
    fee = f"{contract.annual_fee:,.0f} {contract.currency} a year"
    return f"Contract {contract.number} with {system.vendor.name}, {fee}, {ends}."


def subgroup_views(
    system: System, figures: Sequence[Figure], most: int = DRAWN
) -> tuple[SubgroupView, ...]:
    """Return one view for each metric with subgroups, withheld cells without numbers.

    At most `most` subgroups are drawn, the gravest and largest; the table has all.
    """
    groups: dict[str, list[Figure]] = {}
    for figure in figures:
        if figure.stratum != "all" and figure.area is not Area.SLA:
            groups.setdefault(wording.figure_title(figure, system), []).append(figure)
    return tuple(_subgroup_view(system, title, members, most) for title, members in groups.items())


def _subgroup_view(
    system: System, title: str, members: Sequence[Figure], most: int
) -> SubgroupView:
    ordered = sorted(
        members,
        key=lambda figure: (
            not figure.may_be_shown,
            -figure.verdict.gravity,
            -abs(figure.estimate or 0.0),
            figure.stratum,
        ),
    )
    shown = [f for f in ordered if f.may_be_shown and f.estimate is not None]
    bars = [
        Bar(wording.stratum_text(f.stratum), f.estimate, f.low, f.high, f.n, f.verdict)
        for f in shown[:most]
        if f.estimate is not None
    ]
    name = title[0].upper() + title[1:]
    unit = wording.figure_unit(members[0], system)
    axis = f"{title}, {unit or 'proportion'}; {members[0].level * 100:g}% interval"
    gap = any(figure.metric.endswith("_gap") for figure in members)
    alt = _subgroup_alt(name, bars)
    svg = forest_chart(name, axis, bars, 0.0 if gap else None, alt)
    return SubgroupView(
        title=name,
        svg=svg if bars else Markup(""),
        alt=alt,
        figures=_views(ordered, system),
        drawn=len(bars),
        withheld=sum(not figure.may_be_shown for figure in members),
    )


def _subgroup_alt(title: str, bars: Sequence[Bar]) -> str:
    told = "; ".join(f"{bar.label} {bar.value:.3f}" for bar in bars)
    return f"{title} by subgroup: {told}."


def drift_ranking(figures: Sequence[Figure]) -> list[Figure]:
    """Return the PSI figures that may be shown, from the most to the least moved."""
    ranked = [
        figure
        for figure in figures
        if figure.metric == "psi" and figure.estimate is not None and figure.may_be_shown
    ]
    return sorted(ranked, key=lambda figure: -(figure.estimate or 0))[:RANKED]


def drift_chart(system: System, ranked: Sequence[Figure]) -> Markup:
    """Return the ranking as a drawing, "" without anything to rank."""
    if not ranked:
        return Markup("")
    bars = [
        Bar(
            _feature(figure, system),
            figure.estimate,
            figure.low,
            figure.high,
            figure.n,
            figure.verdict,
        )
        for figure in ranked
        if figure.estimate is not None
    ]
    limits = [figure.maximum for figure in ranked if figure.maximum is not None]
    return ranking_chart(
        "Drift by feature",
        "PSI against the reference period, null expectation taken off",
        bars,
        min(limits, default=None),
        drift_alt(system, ranked),
    )


def drift_alt(system: System, ranked: Sequence[Figure]) -> str:
    """Return the ranking in one sentence."""
    told = [f"{_feature(figure, system)} {wording.value_text(figure)}" for figure in ranked]
    return f"PSI by feature, largest first: {'; '.join(told)}."


def _feature(figure: Figure, system: System) -> str:
    return wording.feature_title(figure.feature or "score", system)
