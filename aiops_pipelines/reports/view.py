"""View models that dashboard, system page and quarterly report share: figures and incidents.

Everything here is text and looks, ready to print; templates calculate nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.status import AreaStatus
from aiops_pipelines.incidents import Incident, Restriction
from aiops_pipelines.incidents.status import ENDED
from aiops_pipelines.portfolio import METRICS, Area, RiskTier, System
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.links import Links
from aiops_pipelines.reports.morning import as_read, read_at
from aiops_pipelines.reports.outlook import outlook
from aiops_pipelines.reports.prose import prose
from aiops_pipelines.reports.style import LOOKS, Look
from aiops_pipelines.verdict import Verdict

NO_LIMIT = "none"
"""The metric of the row that says that nobody set a limit on an area."""

TIER_WORDS = {
    RiskTier.CRITICAL: "tier 1, critical",
    RiskTier.HIGH: "tier 2, high",
    RiskTier.MODERATE: "tier 3, moderate",
    RiskTier.LOW: "tier 4, low",
}


@dataclass(frozen=True, slots=True)
class FigureView:
    """One figure as text. Where `shown` is False the numbers are withheld, not missing."""

    title: str
    stratum: str
    shown: bool
    value: str
    interval: str
    bounds: str
    n: str
    count: str
    maturity: str
    outlook: str
    window: str
    limit: str
    baseline: str
    evidence: str
    method: str
    estimand: str
    look: Look
    reason: str

    @property
    def enough(self) -> bool:
        """Return whether there are cases enough to judge the figure."""
        return self.look is not LOOKS[Verdict.INSUFFICIENT_DATA]


def figure_view(figure: Figure, system: System) -> FigureView:
    """Return the figure as text, its numbers withheld where they must not be shown."""
    unit = wording.figure_unit(figure, system)
    shown = figure.may_be_shown
    return FigureView(
        title=wording.figure_title(figure, system),
        stratum=wording.stratum_text(figure.stratum),
        shown=shown,
        value=wording.value_text(figure, unit) if shown else wording.SUPPRESSED,
        interval=wording.interval_text(figure, unit) if shown else "",
        bounds=wording.bounds_text(figure, unit) if shown else "",
        n=wording.n_text(figure.n) if shown else "n not shown",
        count=f"{figure.n:,}" if shown else "not shown",
        maturity=maturity_text(figure) if shown else "",
        outlook=outlook(figure, system) if shown else "",
        window=wording.window_text(figure),
        limit=wording.limit_text(figure.minimum, figure.maximum, unit),
        baseline=_baseline(figure, unit) if shown else "",
        evidence=wording.evidence_text(figure.log_e_value) if shown else "",
        method=figure.method,
        estimand=figure.estimand,
        look=LOOKS[figure.verdict],
        reason=reason_text(figure, system),
    )


def _baseline(figure: Figure, unit: str) -> str:
    return "" if figure.baseline is None else wording.number(figure.baseline, unit)


def reason_text(figure: Figure, system: System) -> str:
    """Return why the figure has its verdict, without numbers that may not be shown."""
    return prose(figure.reason, system) if figure.may_be_shown else wording.SUPPRESSED_REASON


def maturity_text(figure: Figure) -> str:
    """Return how many cases have mature labels and how many still wait."""
    if figure.n_mature is None or figure.n_pending is None:
        return ""
    total = figure.n_mature + figure.n_pending
    if total == 0:
        return "no case in the window"
    if 0 < figure.n_mature < 11 or 0 < figure.n_pending < 11:
        return (
            f"labels nearly all pending ({total:,} cases)"
            if figure.n_mature < 11
            else (f"labels mature for nearly all of {total:,} cases")
        )
    share = 100 * figure.n_mature / total
    return f"labels mature for {figure.n_mature:,} of {total:,} cases ({share:.0f}%)"


@dataclass(frozen=True, slots=True)
class AreaView:
    """One area of one system: its verdict and the reasons worth reading."""

    area: Area
    name: str
    look: Look
    reason: str
    anchor: str


def area_view(status: AreaStatus, system: System) -> AreaView:
    """Return the area as text; reasons of suppressed figures give no numbers."""
    name = status.area.value
    return AreaView(
        area=status.area,
        name=name[0].upper() + name[1:],
        look=LOOKS[status.verdict],
        reason=area_reason(status, system),
        anchor=name.lower().replace(" ", "-"),
    )


def area_reason(status: AreaStatus, system: System) -> str:
    """Return why the area has its verdict; the gravest figure that may be shown speaks first."""
    if not status.figures:
        return "not evaluated this night"
    if status.verdict is Verdict.OK:
        judged = sum(figure.verdict is not Verdict.NOT_JUDGED for figure in status.figures)
        return f"all {judged} figures in order" if judged > 1 else "in order"
    deciding = [figure for figure in status.figures if figure.verdict is status.verdict]
    deciding.sort(key=lambda figure: (not figure.may_be_shown, figure.stratum != "all"))
    more = f" ({len(deciding) - 1} more like this)" if len(deciding) > 1 else ""
    return reason_text(deciding[0], system) + more


def main_figure(figures: Iterable[Figure]) -> Figure | None:
    """Return the figure that stands for a system's performance.

    A figure of all cases, measured before estimated; the gravest first, then one with a limit,
    then in the vocabulary's order. So a breach is never hidden behind a better-known metric.
    """
    order = list(METRICS)
    candidates = [
        figure for figure in figures if figure.stratum == "all" and figure.metric != NO_LIMIT
    ]
    return min(
        candidates,
        key=lambda figure: (
            figure.verdict not in {Verdict.WARN, Verdict.BREACH},
            -figure.verdict.gravity if figure.verdict.gravity > 1 else 0,
            figure.estimate is None,
            figure.estimand != "measured",
            figure.minimum is None and figure.maximum is None,
            order.index(figure.metric) if figure.metric in order else len(order),
            figure.window,
        ),
        default=None,
    )


@dataclass(frozen=True, slots=True)
class IncidentView:
    """One open incident with its clocks in words."""

    id: str
    system: str
    area: str
    summary: str
    severity: str
    status: str
    opened: str
    clocks: tuple[str, ...]
    overdue: bool
    new: bool
    href: str


def incident_views(
    incidents: Sequence[Incident], system: str, day: date, zone: ZoneInfo, links: Links
) -> tuple[IncidentView, ...]:
    """Return one system's open incidents as read on the morning after `day`, overdue ones first.

    Those that a person had ended, that came later, or that are history wait for nobody.
    """
    now = read_at(day, zone)
    own = [incident for incident in incidents if incident.system == system]
    views = [
        _incident_view(incident, now, zone, links)
        for incident in as_read(own, day, zone)
        if is_open(incident)
    ]
    return tuple(sorted(views, key=lambda view: (not view.overdue, view.severity, view.id)))


@dataclass(frozen=True, slots=True)
class RestrictionView:
    """A mitigation in force: what, since when, why."""

    kind: str
    text: str


def restriction_views(
    restrictions: Sequence[Restriction], system: str, day: date, zone: ZoneInfo
) -> tuple[RestrictionView, ...]:
    """Return what restricts one system on the morning after `day`, pauses first."""
    now = read_at(day, zone)
    own = [each for each in restrictions if each.system == system and each.since <= now]
    own.sort(key=lambda each: (each.kind != "pause", each.since))
    return tuple(
        RestrictionView(
            "paused" if each.kind == "pause" else each.kind,
            f"since {wording.day_text(each.since.astimezone(zone).date())} by {each.by} "
            f"({each.incident}): {each.reason}",
        )
        for each in own
    )


def is_open(incident: Incident) -> bool:
    """Return whether the incident still waits for somebody."""
    return incident.status not in ENDED and not incident.historical


def _incident_view(incident: Incident, now: datetime, zone: ZoneInfo, links: Links) -> IncidentView:
    clocks = [("resolve", incident.resolve_by)]
    if incident.status == "open":
        clocks.insert(0, ("acknowledge", incident.acknowledge_by))
    told = [_clock_text(name, end, now, zone) for name, end in clocks]
    if incident.recovered_on is not None:
        told.append(f"the check passes again since {wording.day_text(incident.recovered_on)}")
    return IncidentView(
        id=incident.id,
        system=incident.system,
        area=incident.area,
        summary=prose(incident.summary),
        severity=incident.severity,
        status=incident.status,
        opened=wording.day_text(incident.opened),
        clocks=tuple(told),
        overdue=any(end <= now for _, end in clocks),
        new=incident.opened >= now.date() - timedelta(days=1),
        href=links.told(incident.id, incident.system),
    )


def _clock_text(name: str, end: datetime, now: datetime, zone: ZoneInfo) -> str:
    left = end - now
    local = end.astimezone(zone)
    at = f"{local.day} {local:%b %H:%M}"
    span = duration_text(abs(left))
    if left <= timedelta(0):
        return f"{name} overdue by {span} (was due {at})"
    return f"{name} within {span} (by {at})"


def duration_text(span: timedelta) -> str:
    """Return a span in its two largest useful units: "3 h", "2 days 4 h", "40 min"."""
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    days, hours = divmod(hours, 24)
    if days:
        return wording.plural(days, "day") + (f" {hours} h" if hours else "")
    return f"{hours} h" + (f" {minutes} min" if minutes else "") if hours else f"{minutes} min"
