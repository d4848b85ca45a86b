"""Service clauses from service events: availability, turnaround, support response.

Availability is a count of minutes, not a sample: its bounds say what the minutes nobody watched
could make of it (all down, all up).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from aiops_pipelines.clocks import BusinessCalendar, Unit, elapsed
from aiops_pipelines.contracts.figures import contract_figure
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.judgement import Judgement
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import ServiceClause, System
from aiops_pipelines.schema import SERVICE_EVENTS, ServiceEvent
from aiops_pipelines.statistics import Estimate, percentile
from aiops_pipelines.verdict import Verdict

TABLE = "service_events"
LOOK_BACK_DAYS = 366
"""How far before a window the event is looked for that says in which state it began."""


@dataclass(frozen=True, slots=True)
class Uptime:
    """Minutes of a window: observed and wanted up, those of them down, planned, not observed."""

    owed: float
    down: float
    planned: float
    unobserved: float

    @property
    def estimate(self) -> Estimate:
        """Return the share of owed minutes up; the bounds take unobserved minutes down and up."""
        minutes, whole = round(self.owed), self.owed + self.unobserved
        if not self.owed:
            return Estimate.missing(0, None, "minutes counted")
        up = self.owed - self.down
        return Estimate(
            up / self.owed,
            up / whole,
            (up + self.unobserved) / whole,
            None,
            minutes,
            round(self.down),
            "minutes counted, bounds by those not observed",
        )


def service_figure(
    lake: Lake,
    system: System,
    clause: ServiceClause,
    calendar: BusinessCalendar,
    day: date,
    as_of: date,
) -> Figure:
    """Return the figure of a service clause over its window up to the end of `day`."""
    first = day - timedelta(days=clause.window_days - 1)
    days = dict(lake.read_days(TABLE, system.id, first, day))
    if clause.measure == "availability":
        reach, eve = first - timedelta(days=LOOK_BACK_DAYS), first - timedelta(days=1)
        before = [table for _, table in lake.read_days(TABLE, system.id, reach, eve)]
        found = uptime(days, first, day, calendar, before)
        estimate, judgement = _availability(clause, found)
    else:
        values = _values(clause, days, calendar, calendar.end_of(day))
        estimate = percentile(values, clause.percentile or 0.5)
        judgement = _of_percentile(clause, estimate)
    return contract_figure(
        system,
        day,
        as_of,
        clause=clause.id,
        metric=clause.measure.replace(" ", "_"),
        window=clause.window_days,
        estimate=estimate,
        minimum=clause.minimum,
        maximum=clause.maximum,
        judgement=judgement,
    )


def uptime(
    days: Mapping[date, pa.Table],
    first: date,
    last: date,
    calendar: BusinessCalendar,
    before: Iterable[pa.Table] = (),
) -> Uptime:
    """Return the minutes of the days from `first` to `last`; `before` are the tables before them.

    A day with a table was watched. A state lasts until the next event says otherwise, also over
    midnight and from before the window. What was down when a day went unwatched is not known to be
    up again, nor down, until the next event: those minutes count as not observed.
    """
    owed = down = planned = unobserved = 0.0
    state = _State()
    for table in before:
        for earlier, _ in _states(table):
            state = state.after(earlier)
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        start, end = calendar.start_of(day), calendar.start_of(day + timedelta(days=1))
        table = days.get(day)
        if table is None:
            unobserved += _minutes(start, end)
            state = replace(state, lost=state.down or state.maintenance)
            continue
        at = start
        for event, moment in [*_states(table), (None, end)]:
            until = min(max(moment.astimezone(UTC), start), end)
            minutes = _minutes(at, until)
            unobserved += minutes * state.lost
            planned += minutes * (state.maintenance and not state.lost)
            owed += minutes * (not state.maintenance and not state.lost)
            down += minutes * (state.down and not state.maintenance and not state.lost)
            at, state = until, state.after(event)
    return Uptime(owed, down, planned, unobserved)


@dataclass(frozen=True, slots=True)
class _State:
    """What the last events said: down, in planned maintenance, or lost sight of while either."""

    down: bool = False
    maintenance: bool = False
    lost: bool = False

    def after(self, event: ServiceEvent | None) -> "_State":
        """Return the state after an event; None says nothing new."""
        if event is None:
            return self
        down = event is ServiceEvent.DOWN or (self.down and event is not ServiceEvent.UP)
        maintenance = event is ServiceEvent.MAINTENANCE_BEGINS or (
            self.maintenance and event is not ServiceEvent.MAINTENANCE_ENDS
        )
        return _State(down, maintenance)


def response_hours(
    tables: Iterable[pa.Table], calendar: BusinessCalendar, now: datetime, limit: float
) -> list[float]:
    """Return business hours from each ticket's opening to its first answer.

    A ticket without an answer counts with the hours so far once these are beyond the limit: until
    then nobody knows how long it will take.
    """
    opened: dict[str, datetime] = {}
    answered: dict[str, datetime] = {}
    for table in tables:
        for row in table.to_pylist():
            if row["event"] == ServiceEvent.TICKET_OPENED:
                opened.setdefault(row["ticket"], row["at"])
            elif row["event"] == ServiceEvent.TICKET_ANSWERED:
                answered.setdefault(row["ticket"], row["at"])
    hours = []
    for ticket, at in opened.items():
        passed = elapsed(at, answered.get(ticket, now), Unit.BUSINESS_HOURS, calendar)
        if ticket in answered or passed > limit:
            hours.append(passed)
    return hours


def _values(
    clause: ServiceClause, days: dict[date, pa.Table], calendar: BusinessCalendar, now: datetime
) -> list[float]:
    if clause.measure == "support response":
        return response_hours(days.values(), calendar, now, clause.bound)
    rows = pa.concat_tables([SERVICE_EVENTS.empty_table(), *days.values()]).to_pylist()
    return [row["seconds"] for row in rows if row["event"] == ServiceEvent.LATENCY]


def _availability(clause: ServiceClause, found: Uptime) -> tuple[Estimate, Judgement]:
    estimate, limit = found.estimate, clause.bound
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate, Judgement(
            Verdict.INSUFFICIENT_DATA, "availability: no service event in the window"
        )
    stated = (
        f"availability {estimate.value:.4%} ({estimate.low:.2%} to {estimate.high:.2%}), "
        f"{found.down:,.0f} of {found.owed:,.0f} minutes down, {found.planned:,.0f} planned left "
        f"out, {found.unobserved:,.0f} not observed"
    )
    if estimate.high < limit:
        return estimate, Judgement(Verdict.BREACH, f"{stated}: below the limit of {limit:.2%}")
    if estimate.value < limit:
        return estimate, Judgement(
            Verdict.WARN, f"{stated}: below the limit of {limit:.2%} unless all else was up"
        )
    if estimate.low < limit:
        return estimate, Judgement(
            Verdict.INSUFFICIENT_DATA, f"{stated}: too little observed for {limit:.2%}"
        )
    return estimate, Judgement(Verdict.OK, f"{stated}: at least {limit:.2%}")


def _of_percentile(clause: ServiceClause, estimate: Estimate) -> Judgement:
    unit = "s" if clause.measure == "turnaround" else "business hours"
    name = f"{clause.measure}, {clause.percentile or 0.5:.0%} percentile"
    if estimate.value is None or estimate.n < clause.minimum_n:
        held = "fewer than 11" if estimate.n < 11 else f"{estimate.n:,}"
        return Judgement(
            Verdict.INSUFFICIENT_DATA, f"{name}: {held} of the {clause.minimum_n} needed"
        )
    low = "?" if estimate.low is None else f"{estimate.low:,.1f}"
    high = "?" if estimate.high is None else f"{estimate.high:,.1f}"
    limit = clause.bound
    stated = f"{name} {estimate.value:,.1f} {unit} ({low} to {high}), n={estimate.n:,}"
    if estimate.value <= limit:
        return Judgement(Verdict.OK, f"{stated}: at most {limit:g} {unit}")
    if estimate.low is not None and estimate.low > limit:
        return Judgement(Verdict.BREACH, f"{stated}: the whole interval above {limit:g} {unit}")
    return Judgement(Verdict.WARN, f"{stated}: above {limit:g} {unit}, not proven")


def _states(table: pa.Table) -> Iterator[tuple[ServiceEvent, datetime]]:
    told = set(ServiceEvent) - {
        ServiceEvent.LATENCY,
        ServiceEvent.TICKET_OPENED,
        ServiceEvent.TICKET_ANSWERED,
    }
    for event, at in zip(table["event"].to_pylist(), table["at"].to_pylist(), strict=True):
        if event in told:
            yield ServiceEvent(event), at


def _minutes(start: datetime, end: datetime) -> float:
    return (end - start) / timedelta(minutes=1)
