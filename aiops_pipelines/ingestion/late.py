"""Which past days late labels touch."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from aiops_pipelines.feeds import label_arrivals
from aiops_pipelines.ingestion.ingest import known_cases, land_labels
from aiops_pipelines.ingestion.intake import Intake
from aiops_pipelines.ingestion.labels import arrivals_of_cases, merge_labels
from aiops_pipelines.lake import as_of as known_as_of
from aiops_pipelines.portfolio import System


def days_with_new_labels(intake: Intake, system: System, as_of: date) -> list[date]:
    """Return the days whose cases have labels, received by `as_of`, that their counts lack.

    Lands what has arrived and has not landed. A day gathered as of a later day than the arrival
    has those labels; else the rows themselves are compared.
    """
    touched: set[date] = set()
    cases = known_cases(intake.lake, system, as_of)
    for arrival in label_arrivals(system, intake.feeds):
        if arrival > as_of:
            continue
        landed = land_labels(intake, system, arrival, cases, again=arrival == as_of)
        for case_day in set(landed["case_day"].to_pylist()) - touched - {None}:
            labels = intake.lake.find("labels", system.id, case_day)
            if labels is None or known_as_of(labels) > arrival:
                continue
            if merge_labels(labels, arrivals_of_cases(landed, case_day)).num_rows > labels.num_rows:
                touched.add(case_day)
    return sorted(touched)


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
