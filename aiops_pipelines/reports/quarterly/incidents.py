"""The section on incidents: by harm, how fast people took them up and ended them, and each one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from aiops_pipelines.incidents import Incident
from aiops_pipelines.reports import wording
from aiops_pipelines.reports.prose import prose
from aiops_pipelines.reports.quarterly.gather import Quarter
from aiops_pipelines.reports.quarterly.layout import Section, Table
from aiops_pipelines.reports.view import duration_text, is_open
from aiops_pipelines.statistics import median

NOT_STATED = "no report of harm"


def incidents_section(
    quarter: Quarter, incidents: Sequence[Incident], names: dict[str, str]
) -> Section:
    """Return the incidents of the quarter, and older ones that are still open."""
    known = [
        incident
        for incident in incidents
        if incident.opened <= quarter.last
        and (incident.opened >= quarter.start or is_open(incident))
    ]
    known.sort(key=lambda incident: (incident.severity, incident.id))
    return Section(
        id="incidents",
        title="Incidents",
        paragraphs=(
            f"By severity: {_tally(incident.severity for incident in known)}. Harm is what the "
            "reports of people say (AHRQ Common Formats); a failed check alone says nothing of it.",
        )
        if known
        else (),
        tables=(*((_speed(quarter, known),) if known else ()), _list(quarter, known, names)),
    )


def harm_of(incident: Incident) -> str:
    """Return the class of harm that people reported, in the words of AHRQ's Common Formats."""
    return str(incident.safety.get("ahrq_class") or NOT_STATED)


def _tally(words: Iterable[str]) -> str:
    counts = Counter(words)
    return wording.listed([f"{count} of {word}" for word, count in sorted(counts.items())])


def _speed(quarter: Quarter, known: Sequence[Incident]) -> Table:
    """Return counts by harm with the median times to acknowledge and to resolve."""
    rows = []
    for harm in sorted({harm_of(incident) for incident in known}):
        own = [incident for incident in known if harm_of(incident) == harm]
        rows.append(
            (
                harm,
                str(len(own)),
                _median([(each.detected_at, each.acknowledged_at) for each in own], quarter),
                _median([(each.detected_at, _ended(each)) for each in own], quarter),
                str(sum(_late(each, quarter) for each in own)),
            )
        )
    return Table(
        f"Incidents by harm, with median times from detection, {quarter.name}",
        ("Harm", "Incidents", "Time to acknowledge", "Time to resolve", "Past a deadline"),
        tuple(rows),
        frozenset({1, 4}),
        ("26%", "11%", "24%", "24%", "15%"),
    )


def _ended(incident: Incident) -> datetime | None:
    return incident.resolved_at or incident.closed_at


def _median(spans: Sequence[tuple[datetime, datetime | None]], quarter: Quarter) -> str:
    """Return the median of the finished spans with its interval, and how many are not finished."""
    done = [
        end - start for start, end in spans if end is not None and end.date() <= quarter.known_by
    ]
    waiting = len(spans) - len(done)
    if not done:
        return f"none of {len(spans)} yet"
    found = median([span.total_seconds() for span in done])
    middle, low, high = (
        "" if seconds is None else duration_text(timedelta(seconds=seconds))
        for seconds in (found.value, found.low, found.high)
    )
    interval = f"{low} to {high}, " if low and high else ""
    return f"{middle} ({interval}n {found.n}{f', {waiting} not yet' if waiting else ''})"


def _late(incident: Incident, quarter: Quarter) -> bool:
    """Return whether a deadline passed before its step, or has passed without it."""
    pairs = (
        (incident.acknowledge_by, incident.acknowledged_at),
        (incident.resolve_by, _ended(incident)),
    )
    return not incident.historical and any(
        (done is None and due.date() <= quarter.known_by) or (done is not None and done > due)
        for due, done in pairs
    )


def _list(quarter: Quarter, known: Sequence[Incident], names: dict[str, str]) -> Table:
    rows = tuple(
        (
            incident.id,
            f"{names.get(incident.system, incident.system)}: {incident.area}",
            f"{incident.severity}, {incident.status}",
            f"{incident.opened:%d %b}",
            f"{incident.recovered_on:%d %b}" if incident.recovered_on else "no",
            prose(incident.summary),
        )
        for incident in known
    )
    return Table(
        f"Incidents of {quarter.name}, and older ones still open, the gravest first",
        ("No.", "System and area", "State", "Opened", "Recovered", "What"),
        rows,
        widths=("15%", "21%", "13.5%", "8%", "10%", "32.5%"),
        empty="No incident is on record.",
    )
