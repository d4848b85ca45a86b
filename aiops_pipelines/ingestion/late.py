"""Which past days changed since they were counted: what came late, grew or was corrected.

A look costs the deliveries that are new or changed, not the history: the others are `Seen`. Each
day comes with a key of what changed: two requests for a day are the same only if their keys are.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa

from aiops_pipelines.feeds import deliveries
from aiops_pipelines.ingestion.ingest import known_cases, land_labels
from aiops_pipelines.ingestion.intake import Intake
from aiops_pipelines.ingestion.landing import came_from, case_days, gathered, is_recorded
from aiops_pipelines.ingestion.seen import Seen, state_of
from aiops_pipelines.lake import Lake
from aiops_pipelines.portfolio import SqlFeed, System


@dataclass(frozen=True, slots=True)
class Recount:
    """Days to count anew, from `start` to `end`, and a key of what changed.

    `predictions` tells that a day's predictions have changed; such a day stands alone, since what
    arrives is checked a day at a time.
    """

    start: date
    end: date
    predictions: bool
    key: str


def recounts(intake: Intake, system: System, as_of: date, last: date) -> Iterator[Recount]:
    """Yield what must be counted anew of the days up to `last`, given what arrived by `as_of`.

    Raises:
        FeedError, ConfigurationError: as reading the feeds does.
    """
    late = days_with_new_predictions(intake, system, as_of)
    labels = days_with_new_labels(intake, system, as_of)
    for day, key in late.items():
        if day <= last:
            yield Recount(day, day, True, _key([key, labels.get(day, "")]))
    for start, end in spans(day for day in labels if day <= last and day not in late):
        keys = (key for day, key in labels.items() if start <= day <= end)
        yield Recount(start, end, False, _key(keys))


def days_with_new_labels(intake: Intake, system: System, as_of: date) -> Mapping[date, str]:
    """Return the days whose cases have labels, received by `as_of`, that their counts lack.

    Lands what has arrived and has not landed, and lands again what has changed. Counts also lack
    a label that a corrected file says otherwise or no more.

    Raises:
        FeedError, ConfigurationError: as reading labels does.
    """
    seen, cases = Seen(intake.lake, system), known_cases(intake.lake, system, as_of)
    landed = intake.lake.stamps("label_arrivals", system.id)
    drops = deliveries(system, "labels", intake.feeds, intake.zone)
    first = next(iter(intake.lake.stamps("predictions", system.id)), as_of)
    changes: dict[date, list[str]] = {}
    for day in sorted({*drops, *landed}):
        found = drops.get(day, ())
        growing = day == as_of and isinstance(system.labels, SqlFeed)
        unchanged = seen.holds("labels", day, state_of(found, landed.get(day)))
        if not first <= day <= as_of or (unchanged and not growing):
            continue
        table = land_labels(intake, system, day, cases, found, again=growing)
        open_days = list(lacking(intake.lake, system, day, table))
        for case_day, key in open_days:
            changes.setdefault(case_day, []).append(key)
        if not open_days:
            stamp = intake.lake.stamp("label_arrivals", system.id, day)
            seen.add("labels", day, state_of(found, stamp))
    seen.save(as_of)
    return {day: _key(keys) for day, keys in sorted(changes.items())}


def days_with_new_predictions(intake: Intake, system: System, as_of: date) -> Mapping[date, str]:
    """Return the days that were counted from other files of predictions than are there now.

    A day that was never counted is not among them, nor one whose files were cleared away, nor one
    of which it is not on record what it was read from. Rows that a database adds to past days are
    not noticed.

    Raises:
        FeedError, ConfigurationError: as reading predictions does.
    """
    seen, changes = Seen(intake.lake, system), dict[date, str]()
    drops = deliveries(system, "predictions", intake.feeds, intake.zone)
    for day, stamp in intake.lake.stamps("predictions", system.id).items():
        found, state = drops.get(day, ()), state_of(drops.get(day, ()), stamp)
        if not found or day > as_of or seen.holds("predictions", day, state):
            continue
        held = intake.lake.read("predictions", system.id, day)
        if not is_recorded(held) or came_from(held, found, f"{system.id}: predictions"):
            seen.add("predictions", day, state)
        else:
            changes[day] = _key([state])
    seen.save(as_of)
    return changes


def lacking(
    lake: Lake, system: System, received: date, landed: pa.Table
) -> Iterator[tuple[date, str]]:
    """Yield the counted days whose labels are not those that landed on `received`, and a key."""
    for day, digest in case_days(landed).items():
        labels = lake.find("labels", system.id, day)
        held = None if labels is None else gathered(labels).get(received)
        if labels is not None and held != digest:
            yield day, f"{received} {held} {digest}"


def _key(changes: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(changes).encode()).hexdigest()[:16]


def spans(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Return the runs of consecutive days, each by its first and last."""
    ordered = sorted(days)
    start = previous = None
    for day in ordered:
        if previous is not None and start is not None and day - previous > timedelta(days=1):
            yield start, previous
            start = day
        start = start or day
        previous = day
    if start is not None and previous is not None:
        yield start, previous
