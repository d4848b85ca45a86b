"""Service clauses from service events: availability, turnaround, support response.

Availability is a count of minutes, not a sample: its bounds say what the minutes nobody watched
could make of it (all down, all up). Percentiles have the interval of their order statistics (Hahn
& Meeker, 1991), which holds for any distribution.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa

from aiops_pipelines.clocks import BusinessCalendar, Unit, elapsed
from aiops_pipelines.contracts.figures import contract_figure
from aiops_pipelines.evaluation.figure import Figure
from aiops_pipelines.evaluation.judgement import Judgement
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import ServiceClause, System
from aiops_pipelines.schema import SERVICE_EVENTS, ServiceEvent
from aiops_pipelines.statistics import Estimate
from aiops_pipelines.statistics.tails import binomial_quantile
from aiops_pipelines.verdict import Verdict

TABLE = "service_events"


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
        estimate, judgement = _availability(clause, uptime(days, first, day, calendar))
    else:
        values = _values(clause, days, calendar, calendar.end_of(day))
        estimate = order_statistic(values, clause.percentile or 0.5)
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
    days: dict[date, pa.Table], first: date, last: date, calendar: BusinessCalendar
) -> Uptime:
    """Return the minutes of the days from `first` to `last`.

    A day with a table was watched; a state lasts until the next event says otherwise, within and
    over days that were watched, and a day after one that was not begins as up.
    """
    owed = down = planned = unobserved = 0.0
    is_down = in_maintenance = False
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        start, end = calendar.start_of(day), calendar.start_of(day + timedelta(days=1))
        table = days.get(day)
        if table is None:
            unobserved += _minutes(start, end)
            is_down = in_maintenance = False
            continue
        at = start
        for event, moment in [*_states(table, start, end), (None, end)]:
            minutes = _minutes(at, moment)
            planned += minutes * in_maintenance
            owed += minutes * (not in_maintenance)
            down += minutes * (is_down and not in_maintenance)
            at = moment
            is_down = event is ServiceEvent.DOWN or (is_down and event is not ServiceEvent.UP)
            in_maintenance = event is ServiceEvent.MAINTENANCE_BEGINS or (
                in_maintenance and event is not ServiceEvent.MAINTENANCE_ENDS
            )
    return Uptime(owed, down, planned, unobserved)


def order_statistic(values: Sequence[float], percentile: float, level: float = 0.95) -> Estimate:
    """Return a percentile with the distribution-free interval of its order statistics.

    Ranks l < u with P(l <= number below < u) >= level under the binomial. Where the sample is too
    small for an upper (or lower) rank that limit is None.
    """
    ordered, n = np.sort(np.asarray(values, dtype=np.float64)), len(values)
    name = "order statistics"
    if not n:
        return Estimate.missing(0, None, name)
    tail = (1 - level) / 2
    value = float(np.quantile(ordered, percentile, method="inverted_cdf"))
    lower = binomial_quantile(tail, n, percentile)
    upper = binomial_quantile(1 - tail, n, percentile) + 1
    low = float(ordered[lower - 1]) if lower >= 1 else None
    high = float(ordered[upper - 1]) if upper <= n else None
    return Estimate(value, low, high, None, n, None, name)


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


def _states(
    table: pa.Table, start: datetime, end: datetime
) -> Iterable[tuple[ServiceEvent | None, datetime]]:
    states = set(ServiceEvent) - {
        ServiceEvent.LATENCY,
        ServiceEvent.TICKET_OPENED,
        ServiceEvent.TICKET_ANSWERED,
    }
    for event, at in zip(table["event"].to_pylist(), table["at"].to_pylist(), strict=True):
        if event in states:
            yield ServiceEvent(event), min(max(at.astimezone(UTC), start), end)


def _minutes(start: datetime, end: datetime) -> float:
    return (end - start) / timedelta(minutes=1)
